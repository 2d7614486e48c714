"""A labels folder → everything that training learns from."""

from dataclasses import dataclass
from pathlib import Path

from classifier import taxonomy as taxonomies
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`judgements` are all that were made, `examples` one a paragraph, merged."""

    taxonomy: Taxonomy
    cues: tuple[Cue, ...]
    judgements: tuple[Example, ...]
    examples: tuple[Example, ...]

    @property
    def learnt(self) -> tuple[tuple[Example, ...], Taxonomy, tuple[Cue, ...]]:
        """What models are made of, as training takes it."""
        return self.examples, self.taxonomy, self.cues

    def counted(self) -> str:
        """Say how much there is."""
        return f"{len(self.examples)} examples, {len(self.judgements)} judgements, {len(self.taxonomy.ids)} labels"


def corpus(labels: Path) -> Path:
    """Give where a labels folder has its label files: in corpus/, or in itself where it holds some and no corpus/."""
    inside = labels / "corpus"
    return labels if not inside.is_dir() and any(labels.glob("*.jsonl")) else inside


def load(labels: Path, taxonomy: Path | None = None) -> Material:
    """Read a labels folder; `taxonomy` without a name is taxonomy.toml in it. Raises `LabelsError`."""
    known = taxonomies.load(taxonomy or labels / "taxonomy.toml")
    cues = cue_files.load(labels / "cues.toml", known)
    judgements = label_files.load(corpus(labels), known)
    return Material(
        taxonomy=known, cues=tuple(cues), judgements=tuple(judgements), examples=tuple(label_files.merge(judgements))
    )
