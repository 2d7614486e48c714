"""The benchmark runs: its short form from end to end, without peers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SECTIONS = [
    "Engines: 2,000 paragraphs", "A single paragraph, and growth", "Share of reading and writing",
    "One page, the whole process", "Memory, streamed", "Paragraphs restored from wrapped lines", "Served over HTTP",
]  # fmt: skip


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `--quick` prints, and where it would have written a file."""
    target = tmp_path_factory.mktemp("docs") / "performance.md"
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "benchmark.py", "--quick", "-o", target],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout, target


def test_the_short_form_measures_everything_but_peers(quick: tuple[str, Path]) -> None:
    report, _ = quick
    heads = [line.removeprefix("## ") for line in report.splitlines() if line.startswith("## ")]
    assert len(heads) == len(SECTIONS)
    assert all(head.startswith(section) for head, section in zip(heads, SECTIONS, strict=True))
    assert "policytag, NumPy" in report
    assert "fastText, characters" not in report


def test_every_measured_number_is_one(quick: tuple[str, Path]) -> None:
    rows = [line.strip("| ").split("|")[1:] for line in quick[0].splitlines() if re.match(r"\| *\w", line)]
    cells = [cell.strip() for row in rows for cell in row if any(char.isdigit() for char in cell)]
    assert len(cells) > 25
    assert all(float(cell.replace(",", "")) >= 0 for cell in cells)


def test_the_short_form_writes_no_file(quick: tuple[str, Path]) -> None:
    assert not quick[1].exists()


def test_the_committed_report_is_of_a_full_run_with_all_contestants() -> None:
    report = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    for section in SECTIONS[1:]:
        assert f"## {section}" in report
    for name in ("policytag, NumPy", "policytag, Numba", "scikit-learn, jieba", "fastText, jieba"):
        assert f"| {name} " in report
