"""scripts/retrain.py, called as one calls it."""

import subprocess
import sys
from pathlib import Path

from conftest import ROOT

from classifier.tagging import bundle

SCRIPT = ROOT / "scripts" / "retrain.py"


def retrain(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)


def current(models: Path) -> str:
    """CURRENT, which must be the id of a model that is there and whole."""
    name = (models / "CURRENT").read_text(encoding="utf-8").strip()
    assert bundle.load(models / name).id == name
    return name
