"""labels/cues.toml → cue terms per label. A taxonomy may come without cues, or with cues for some labels only."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from classifier.errors import LabelsError
from classifier.tagging.features import DECOY, STRONG, WEAK
from classifier.tagging.text import normalise
from classifier.taxonomy import Taxonomy

_STRENGTHS = {"strong": STRONG, "weak": WEAK, "decoy": DECOY}


@dataclass(frozen=True, slots=True)
class Cue:
    """A normalised term that speaks for a label (or, a decoy, keeps a shorter cue from doing so)."""

    term: str
    label: str
    strength: int


def load(path: Path, taxonomy: Taxonomy) -> tuple[Cue, ...]:
    """Read the cues; a file that is not there gives none. Raises `LabelsError` saying what is wrong where."""
    if not path.exists():
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabelsError(f"{path} cannot be read: {error}", "see labels/cues.toml for the form") from error
    cues: dict[tuple[str, str], Cue] = {}
    for label, lists in content.items():
        if label not in taxonomy.ids:
            near = get_close_matches(label, taxonomy.ids, n=1, cutoff=0)[0]
            raise LabelsError(f"{path}: unknown label '{label}'", f"did you mean '{near}'?")
        if not isinstance(lists, Mapping) or not set(lists) <= set(_STRENGTHS):
            raise LabelsError(f"{path}, [{label}]: something else than strong, weak and decoy", "mend the table")
        for name, strength in _STRENGTHS.items():
            terms = lists.get(name, [])
            if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
                raise LabelsError(f"{path}, [{label}]: '{name}' is no list of terms", f'write {name} = ["…", "…"]')
            for term in terms:
                if plain := normalise(term):
                    cues.setdefault((label, plain), Cue(plain, label, strength))
    return tuple(cues.values())
