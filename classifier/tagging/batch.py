"""Many inputs → results, one after another in constant memory, with counts that must add up."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from classifier.records import Document, Paragraph, Row, Skipped
from classifier.tagging.documents import Source, read
from classifier.tagging.paragraphs import paragraphs, row_paragraph


@dataclass(slots=True)
class Tally:
    """What became of the inputs. A document or a table row counts as one."""

    given: int = 0
    done: int = 0
    paragraphs: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Whether every input was either done or skipped."""
        return self.given == self.done + len(self.skipped)


def split(sources: Iterable[Source], tally: Tally, skip: Callable[[Skipped], None]) -> Iterator[Paragraph]:
    """Give the paragraphs of all inputs in order; `skip` is told of each input that could not be read."""
    for source in sources:
        for item in read(source):
            tally.given += 1
            match item:
                case Skipped():
                    tally.skipped.append(item)
                    skip(item)
                    continue
                case Row():
                    found = [row_paragraph(item)]
                case Document():
                    found = paragraphs(item)
            tally.done += 1
            tally.paragraphs += len(found)
            yield from found
