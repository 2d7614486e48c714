"""Which paragraphs to judge next: where the model is least sure, rare labels first, and never two near-copies."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from classifier.records import Paragraph, Tagged
from classifier.tagging.bundle import Bundle

_COPY = 0.5  # share of common character 3-grams (Jaccard) from which two texts teach the model the same
_SPREAD = 2.0  # a rare label's doubt counts up to so many times a usual one's


def most_useful(
    tagged: Iterable[Tagged], count: int, rarity: Mapping[str, float], known: Iterable[str] = ()
) -> list[Paragraph]:
    """Give the `count` most useful paragraphs, most useful first; near-copies of them and of `known` are passed by."""
    index = _Copies()
    for text in known:
        index.add(text)
    chosen: list[Paragraph] = []
    for item in sorted(tagged, key=lambda item: (-doubt(item, rarity), item.paragraph.id)):
        if len(chosen) == count:
            break
        if index.add(item.paragraph.text):
            chosen.append(item.paragraph)
    return chosen


def doubt(tagged: Tagged, rarity: Mapping[str, float]) -> float:
    """Give the expected number of wrong decisions on a paragraph, each weighted by how rare its label is."""
    given = {tag.label for tag in tagged.tags}
    return sum((1 - p if label in given else p) * rarity.get(label, 1.0) for label, p in (tagged.scores or {}).items())


def rarity(bundle: Bundle) -> dict[str, float]:
    """Give each label's weight: the fewer examples it was trained on, the more another one is worth."""
    measured = bundle.report["out_of_fold"]["labels"]
    positives = {label: max(int(measured[label]["positives"]), 1) for label in bundle.labels if label in measured}
    middle = sorted(positives.values())[len(positives) // 2] if positives else 1
    return {label: min(max((middle / n) ** 0.5, 1 / _SPREAD), _SPREAD) for label, n in positives.items()}


class _Copies:
    """Texts that were seen, found again by the 3-grams that they share."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._holders: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, text: str) -> bool:
        """Take a text in, unless a near-copy is there; tell which."""
        grams = _grams(text)
        shared = Counter(holder for gram in grams for holder in self._holders[gram])
        if any(n >= _COPY * (len(grams) + self._sizes[holder] - n) for holder, n in shared.items()):
            return False
        for gram in grams:
            self._holders[gram].append(len(self._sizes))
        self._sizes.append(len(grams))
        return True


def _grams(text: str) -> Sequence[str]:
    """The 3-grams of a text without white space; a number is any number."""
    bare = "".join("0" if c.isdigit() else c for c in "".join(text.split()))
    return sorted({bare[i : i + 3] for i in range(max(len(bare) - 2, 1))})
