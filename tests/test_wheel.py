"""The built wheel: what is in it, and that it tags from another folder in an empty environment."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

PAGE = "全县办理专利权质押登记四十六件，企业凭此取得贷款二亿三千万元。"


def run(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place, cwd=ROOT)
    [found] = place.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as content:
        return [name for name in content.namelist() if not name.endswith("/")]


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of an environment that holds the wheel and what it requires."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=True)
    run(place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=place)
    return place / "bin"


def test_the_wheel_holds_one_package_and_its_metadata(names: list[str], wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    assert {name.split("/")[0] for name in names} == {"classifier", f"policytag-{version}.dist-info"}


def test_the_package_holds_its_modules_and_its_data_only(names: list[str]) -> None:
    expected = {p.relative_to(ROOT).as_posix() for p in (ROOT / "classifier").rglob("*.py")}
    code = {name for name in names if name.startswith("classifier/") and name.endswith(".py")}
    assert code == expected
    rest = {name for name in names if name.startswith("classifier/")} - code
    templates = {
        f"classifier/report/{name}" for name in ("base.html", "card.html", "page.html", "bars.html", "base.css")
    }
    other = {name for name in rest if not name.startswith("classifier/data/")}
    assert other == {"classifier/tagging/cohesion.npz", *templates}


def test_taxonomy_and_promoted_model_are_inside(names: list[str], wheel: Path) -> None:
    current = (ROOT / "models" / "CURRENT").read_text(encoding="utf-8").strip()
    wanted = {"labels/taxonomy.toml", "models/CURRENT"} | {
        f"models/{current}/{file}" for file in ("manifest.json", "vocabulary.txt", "arrays.npz", "report.json")
    }
    assert {f"classifier/data/{name}" for name in wanted} <= set(names)
    with zipfile.ZipFile(wheel) as content:
        for name in wanted:
            assert content.read(f"classifier/data/{name}") == (ROOT / name).read_bytes(), name


def test_corpus_tests_and_scripts_are_not_inside(names: list[str]) -> None:
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {"corpus", "tests", "scripts", "cues.toml", "__pycache__"}
    assert [name for name in names if name.endswith((".jsonl", ".pyc"))] == ["classifier/data/models/history.jsonl"]


def test_it_tags_from_another_folder(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    [row] = map(json.loads, run(environment / "policytag", "tag", "page.txt", cwd=tmp_path).splitlines())
    assert "pledge_financing" in {tag["label"] for tag in row["tags"]}
    assert row["model"] == (ROOT / "models" / "CURRENT").read_text(encoding="utf-8").strip()


def test_the_installed_command_reads_its_own_data(environment: Path, tmp_path: Path) -> None:
    assert str(environment.parent) in run(environment / "policytag", "model", "verify", cwd=tmp_path)
    assert "pledge_financing" in run(environment / "policytag", "labels", cwd=tmp_path)


def test_the_installed_command_evaluates_and_prints_tables(environment: Path, tmp_path: Path) -> None:
    row = json.dumps({"text": PAGE, "labels": ["pledge_financing"]}, ensure_ascii=False)
    (tmp_path / "gold.jsonl").write_text(row + "\n", encoding="utf-8")
    (tmp_path / "page.md").write_text(f"# 标题\n\n{PAGE}\n", encoding="utf-8")
    assert "质押融资" in run(environment / "policytag", "evaluate", "gold.jsonl", cwd=tmp_path)
    assert "质押融资" in run(environment / "policytag", "tag", "page.md", "--format", "table", cwd=tmp_path)


def test_the_environment_holds_no_learning_package(environment: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u; print(*filter(u.find_spec, ['sklearn', 'scipy', 'jieba', 'pandas']))"
    assert run(environment / "python", "-c", code, cwd=tmp_path).split() == []


def test_training_without_the_learning_packages_says_what_to_install(environment: Path, tmp_path: Path) -> None:
    labels = ROOT / "tests" / "cases" / "small"
    command = [environment / "python", ROOT / "scripts" / "retrain.py", "--labels", labels, "--models", tmp_path / "m"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 3
    assert 'scikit-learn is not installed\n  install it with: pip install "policytag[learn]"' in done.stderr
