"""What becomes of labels: some renamed, some merged into others, some split."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from classifier.errors import UsageError
from classifier.taxonomy import Label, Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of label ids: of renamed and merged ones another, of split ones several new ones."""

    renamed: Mapping[str, str]
    merged: Mapping[str, str]
    split: Mapping[str, tuple[Label, ...]]

    @property
    def becomes(self) -> dict[str, str]:
        """The labels that are decided: old id → new id."""
        return {**self.renamed, **self.merged}

    def labels(self, given: Iterable[str]) -> list[str]:
        """Give labels as they are afterwards, each once; split ones stay what they were."""
        return list(dict.fromkeys(self.becomes.get(label, label) for label in given))


def change(taxonomy: Taxonomy, rename: Sequence[str], merge: Sequence[str], split: Sequence[str]) -> Change:
    """Read OLD=NEW, OLD,OLD=LABEL and OLD=NEW:NAME,NEW:NAME. Raises `UsageError` where they make no sense."""
    renamed = dict(map(_sides, rename))
    merged = {old: into for olds, into in map(_sides, merge) for old in olds.split(",")}
    parts = {old: tuple(_part(part) for part in news.split(",")) for old, news in map(_sides, split)}
    olds = [*renamed, *merged, *parts]
    fresh = [*renamed.values(), *(label.id for labels in parts.values() for label in labels)]
    for old in [*olds, *merged.values()]:
        if old not in taxonomy.ids:
            near = get_close_matches(old, taxonomy.ids, n=1, cutoff=0)[0]
            raise UsageError(f"no label '{old}'", f"did you mean '{near}'?")
    given = [old for sides in (rename, split) for old, _ in map(_sides, sides)]
    given += [old for olds_, _ in map(_sides, merge) for old in olds_.split(",")]
    if twice := [old for old, times in Counter(given).items() if times > 1]:
        raise UsageError(f"'{twice[0]}' is to become two things", "migrate in two steps")
    for new in fresh:
        if new in taxonomy.ids or fresh.count(new) > 1:
            hint = "to join labels: --merge; what a label meant before a split and after needs two ids"
            raise UsageError(f"'{new}' is the id of another label", hint)
        if not re.fullmatch(r"[\w-]+", new):
            raise UsageError(f"'{new}' is no id for a label", "letters, digits, _ and - only")
    for into in merged.values():
        if into in olds:
            raise UsageError(f"'{into}' is to take labels in and to go itself", "migrate in two steps")
    if few := [old for old, labels in parts.items() if len(labels) < 2]:
        raise UsageError(f"'{few[0]}' is split into one", "name two or more parts, or use --rename")
    return Change(renamed=renamed, merged=merged, split=parts)


def _sides(text: str) -> tuple[str, str]:
    old, _, new = (side.strip() for side in text.partition("="))
    if not old or not new:
        raise UsageError(f"'{text}' is no change", "write it like old_id=new_id")
    return old, new


def _part(text: str) -> Label:
    id_, _, name = (side.strip() for side in text.partition(":"))
    if not id_ or not name:
        raise UsageError(f"'{text}' is no label", "write a part like new_id:名称")
    return Label(id=id_, name=name)
