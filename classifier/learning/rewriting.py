"""Taxonomy and cues as texts, rewritten for changed labels; comments and layout stay."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.errors import LabelsError, MissingExtra
from classifier.learning.relabelling import Change
from classifier.taxonomy import Label, Taxonomy

_TEXTS = ("definition", "counts", "excludes")


def taxonomy(text: str, change: Change, before: Taxonomy) -> str:
    """Rewrite the taxonomy; texts of labels that go stay as comments where a person will write the new ones."""
    kit = _tomlkit()
    document = kit.parse(text)
    tables = document["label"]
    known = {label.id: label for label in before.labels}
    for old, into in change.merged.items():
        del tables[_place(tables, old)]
        _comment(kit, tables[_place(tables, into)], known[old])
    for old, parts in change.split.items():
        at = _place(tables, old)
        del tables[at]
        for number, part in enumerate(parts):
            table = kit.table()
            fields = {"id": part.id, "name": part.name, "group": known[old].group, "instrument": known[old].instrument,
                      "hotkey": "" if number else known[old].hotkey}  # fmt: skip
            for key, value in fields.items():
                if value:
                    table.add(key, value)
            _comment(kit, table, known[old])
            tables.insert(at + number, table)
    for old, new in change.renamed.items():
        tables[_place(tables, old)]["id"] = new
    for table in tables:
        for key in _TEXTS:
            if key in table and (after := renamed(table[key], change.becomes)) != table[key]:
                table[key] = after
    if re.fullmatch(r"(\d+\.)*\d+", before.version):
        *first, last = before.version.split(".")
        document["version"] = ".".join([*first, str(int(last) + 1)])
    return str(kit.dumps(document))


def _comment(kit: Any, table: Any, label: Label) -> None:  # noqa: ANN401
    for key in _TEXTS:
        if text := getattr(label, key):
            table.add(kit.comment(f"{label.id} {key}: {' '.join(text.split())}"))
    table.add(kit.nl())


def _place(tables: Sequence[Mapping[str, Any]], id_: str) -> int:
    return next(number for number, table in enumerate(tables) if table["id"] == id_)


def cues(text: str, change: Change, where: str) -> str:
    """Rewrite the cues: a merged label's go to the one that takes it in, a split label's to each of its parts."""
    kit = _tomlkit()
    try:
        document = kit.parse(text)
    except kit.exceptions.TOMLKitError as error:
        raise LabelsError(f"{where} is no TOML: {error}", "mend it first") from error
    after = kit.document()
    for key, item in document.body:
        old = key.key if key is not None else ""
        if old in change.split:
            for part in change.split[old]:
                after.append(part.id, kit.parse(kit.dumps({part.id: item}))[part.id])
        elif old in change.merged and (change.merged[old] in document or change.merged[old] in after):
            continue  # joined below
        else:
            after.append(change.becomes.get(old, old) or None, item)
    for old, into in change.merged.items():
        if old in document and into in after:
            there = {term for terms in after[into].values() for term in terms}
            for strength, terms in document[old].items():
                after[into].setdefault(strength, []).extend(term for term in terms if term not in there)
    return str(kit.dumps(after))


def renamed(text: str, ids: Mapping[str, str]) -> str:
    """Replace ids in a text, none within a longer word."""
    for old, new in ids.items():
        text = re.sub(word(old), new, text)
    return text


def word(id_: str) -> str:
    """Give a pattern for an id that stands alone."""
    return rf"(?<![A-Za-z0-9_-]){re.escape(id_)}(?![A-Za-z0-9_-])"


def _tomlkit() -> Any:  # noqa: ANN401
    try:
        import tomlkit
    except ImportError as error:
        raise MissingExtra("tomlkit", "learn") from error
    return tomlkit
