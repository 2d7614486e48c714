"""labels/taxonomy.toml → Taxonomy: the labels, in order, with what a reader needs to know of each."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from classifier.errors import LabelsError

_TEXTS = ("id", "name", "group", "instrument", "definition", "counts", "excludes", "hotkey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One measure type. Only `id` and `name` must be given."""

    id: str
    name: str
    group: str = ""
    instrument: str = ""
    definition: str = ""
    counts: str = ""
    excludes: str = ""
    hotkey: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """The labels of a project. Any two or more will do."""

    version: str
    labels: tuple[Label, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The label ids in the order of the file, which is the order of every column of scores."""
        return tuple(label.id for label in self.labels)

    @property
    def names(self) -> dict[str, str]:
        """The names for people, by id."""
        return {label.id: label.name for label in self.labels}


def data_file(*parts: str) -> Path:
    """Give the path of a file that the wheel carries, or of its original in a source tree."""
    inside = Path(str(files("classifier"))) / "data"
    root = inside if inside.is_dir() else Path(__file__).parents[1]
    return root.joinpath(*parts)


def load(path: Path | None = None) -> Taxonomy:
    """Read a taxonomy, the packaged one without `path`. Raises `LabelsError` saying what is wrong where."""
    import tomllib  # tagging asks this module for the place of its model only

    path = path or data_file("labels", "taxonomy.toml")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror}", "name a taxonomy file that exists") from error
    except (UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise LabelsError(f"{path} is no TOML: {error}", "see labels/taxonomy.toml for the form") from error
    return parse(content, str(path))


def parse(content: dict[str, object], where: str) -> Taxonomy:
    """Check what a taxonomy file holds and give it as records."""
    tables = content.get("label")
    if not isinstance(tables, list) or len(tables) < 2:
        raise LabelsError(f"{where}: fewer than two [[label]] tables", "a taxonomy needs at least two labels")
    labels = tuple(_label(table, f"{where}, label {number}") for number, table in enumerate(tables, 1))
    ids = [label.id for label in labels]
    if doubled := sorted({i for i in ids if ids.count(i) > 1}):
        raise LabelsError(f"{where}: label id given twice: {', '.join(doubled)}", "ids must be unique")
    return Taxonomy(version=str(content.get("version", "")), labels=labels)


def _label(table: object, where: str) -> Label:
    if not isinstance(table, dict):
        raise LabelsError(f"{where}: not a table", "write [[label]] with id and name")
    fields = {name: table[name] for name in _TEXTS if name in table}
    if wrong := [name for name, value in fields.items() if not isinstance(value, str)]:
        raise LabelsError(f"{where}: '{wrong[0]}' is not a text", "put it in quotes")
    for name in ("id", "name"):
        if not str(fields.get(name, "")).strip():
            raise LabelsError(f"{where}: '{name}' is missing", "every label needs an id and a name")
    return Label(**fields)
