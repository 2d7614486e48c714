"""Imports go down only, heavy packages stay where they belong, and only the command line prints or exits."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "classifier"
MODULES = sorted(PACKAGE.rglob("*.py"))
# a module may import from layers of lower numbers and from its own folder
LAYERS = {
    "records": 0, "errors": 0, "taxonomy": 1, "tagging": 2, "learning": 3, "studio": 4, "report": 4, "cli": 5,
    "__main__": 6, "__init__": 0,
}  # fmt: skip
SKLEARN = {"learning/problem.py", "learning/vocabulary.py", "learning/calibration.py"}


def layer(name: str) -> str:
    """`classifier.tagging.text` and classifier/tagging/text.py are both of layer `tagging`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, with what it takes from packages."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_name(path: Path) -> str:
    return ".".join(["classifier", *path.relative_to(PACKAGE).with_suffix("").parts])


def violations(name: str, imported: list[str]) -> list[str]:
    """The imports of module `name` that go up or sideways."""
    mine = layer(name)
    theirs = [(other, layer(other)) for other in imported if other.split(".")[0] == "classifier"]
    return [other for other, its in theirs if its != mine and LAYERS[its] >= LAYERS[mine]]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_down_only(path: Path) -> None:
    assert violations(own_name(path), list(imports(path))) == []


@pytest.mark.parametrize(
    ("name", "imported"),
    [
        ("classifier.tagging.bundle", "classifier.learning.training"),
        ("classifier.tagging.tagger", "classifier.learning"),
        ("classifier.records", "classifier.errors.PolicytagError"),
        ("classifier.taxonomy", "classifier.tagging"),
        ("classifier.learning.training", "classifier.cli.main"),
        ("classifier.report.page", "classifier.studio.tasks"),
    ],
)
def test_an_import_that_goes_up_is_seen(name: str, imported: str) -> None:
    assert violations(name, ["numpy", imported]) == [imported]


def test_scikit_learn_is_imported_in_three_modules_of_learning_only() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(name.split(".")[0] == "sklearn" for name in imports(path))
    }
    assert users == SKLEARN


def test_learning_packages_are_imported_in_learning_only() -> None:
    heavy = {"sklearn", "scipy", "jieba", "pandas"}
    users = {layer(own_name(path)) for path in MODULES if heavy & {name.split(".")[0] for name in imports(path)}}
    assert users == {"learning"}


def test_only_the_command_line_prints_or_exits() -> None:
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            raised = ast.unparse(node.exc) if isinstance(node, ast.Raise) and node.exc else ""
            if called in ("print", "sys.exit", "exit", "quit", "os._exit") or raised.startswith("SystemExit"):
                found.append(path.relative_to(PACKAGE).as_posix())
    assert {name.split("/")[0] for name in found} == {"cli"}


def test_nothing_reads_pickle_or_runs_text() -> None:
    forbidden = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    for path in MODULES:
        assert not forbidden & {name.split(".")[0] for name in imports(path)}, path
        calls = [ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        assert not {"eval", "exec", "joblib.load", "joblib.dump"} & set(calls), path


def test_data_folders_hold_no_code() -> None:
    assert [path for folder in ("labels", "models") for path in (ROOT / folder).rglob("*.py")] == []
