"""What the command loads: tagging starts without a single package of the learning side."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"sklearn", "scipy", "pandas", "jieba", "joblib", "label_studio_sdk", "numba", "llvmlite"}
# runs the command in this process, then names on the last line of stderr every top-level package that was loaded
PROBE = """
import sys
from classifier.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(*arguments: str, cwd: Path) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=cwd, capture_output=True, encoding="utf-8", check=True
    )
    return set(run.stderr.splitlines()[-1].split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.txt").write_text("县里建成专利权质押登记窗口，办理质押贷款。\n", encoding="utf-8")
    return tmp_path


def test_the_learning_packages_are_installed_here_so_that_not_loading_them_means_something() -> None:
    code = "import sklearn, scipy, jieba, joblib"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["tag", "--help"]])
def test_help_loads_not_even_numpy(arguments: list[str], folder: Path) -> None:
    assert loaded(*arguments, cwd=folder) & (HEAVY | {"numpy"}) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["tag", "page.txt"],
        ["tag", "page.txt", "--evidence", "--all-scores", "--format", "csv"],
        ["tag", "page.txt", "--format", "table"],
        ["model", "verify"],
    ],
)
def test_tagging_loads_no_learning_package(arguments: list[str], folder: Path) -> None:
    found = loaded(*arguments, cwd=folder)
    assert "numpy" in found
    assert found & HEAVY == set()


def test_paragraphs_and_labels_load_no_learning_package(folder: Path) -> None:
    assert loaded("paragraphs", "page.txt", cwd=folder) & HEAVY == set()
    assert loaded("labels", cwd=folder) & (HEAVY | {"numpy"}) == set()


def test_evaluating_loads_no_learning_package(folder: Path) -> None:
    row = '{"text": "县里办理专利权质押贷款。", "labels": ["pledge_financing"]}\n'
    (folder / "gold.jsonl").write_text(row, encoding="utf-8")
    assert loaded("evaluate", "gold.jsonl", "--json", cwd=folder) & HEAVY == set()


def test_a_python_without_the_learning_packages_can_import_every_module() -> None:
    code = f"""
import importlib, pkgutil, sys
for name in {sorted(HEAVY)!r}:
    sys.modules[name] = None
import classifier
for module in pkgutil.walk_packages(classifier.__path__, "classifier."):
    if not module.name.endswith(("__main__", "numba_engine")):
        importlib.import_module(module.name)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert run.stderr == ""
