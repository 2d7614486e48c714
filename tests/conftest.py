"""What several test modules share: a small taxonomy with its own examples, and a model trained on them once."""

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from classifier import taxonomy as taxonomies
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning import training
from classifier.learning.cues import Cue
from classifier.records import Example, Kind, Paragraph
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.tagging.outputs import FORMATS
from classifier.taxonomy import Taxonomy

ROOT = Path(__file__).parents[1]
SMALL = Path(__file__).parent / "cases" / "small"
NEWS = ROOT / "labels/corpus/news.jsonl"
COMMAND = Path(sys.executable).parent / "policytag"

Run = Callable[..., subprocess.CompletedProcess[str]]

# no claim about time is made here, and the same examples come each time, so that a failure can be looked into
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


def written(form: str, *records: Mapping[str, object]) -> bytes:
    """Give the bytes that an output format makes of records."""
    file = io.BytesIO()
    writer = FORMATS[form](file)
    for record in records:
        writer.write(record)
    writer.finish()
    return file.getvalue()


def row(document: str, number: int, id_: str, text: str, columns: Mapping[str, object]) -> Paragraph:
    """Give the paragraph that a table row is."""
    return Paragraph(id_, document, number, Kind.BODY, text, ((0, len(text)),), columns=columns)


@pytest.fixture(scope="session")
def small_taxonomy() -> Taxonomy:
    return taxonomies.load(SMALL / "taxonomy.toml")


@pytest.fixture(scope="session")
def small_cues(small_taxonomy: Taxonomy) -> tuple[Cue, ...]:
    return cue_files.load(SMALL / "cues.toml", small_taxonomy)


@pytest.fixture(scope="session")
def small_examples(small_taxonomy: Taxonomy) -> list[Example]:
    return label_files.merge(label_files.load(SMALL / "corpus", small_taxonomy))


@pytest.fixture(scope="session")
def small(small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]) -> Bundle:
    """A model of three labels, as training gives it."""
    return training.train(small_examples, small_taxonomy, small_cues)


@pytest.fixture(scope="session")
def small_models(small: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with the small one as the current one. Tests that change it take `own_models`."""
    models = tmp_path_factory.mktemp("models")
    bundle.save(small, models)
    (models / "CURRENT").write_text(small.id + "\n", encoding="utf-8")
    return models


@pytest.fixture
def own_models(small_models: Path, tmp_path: Path) -> Path:
    """A copy of the folder of models that a test may spoil."""
    return Path(shutil.copytree(small_models, tmp_path / "models"))


@pytest.fixture(scope="session")
def committed() -> Bundle:
    """The promoted model of the repository."""
    return bundle.load(ROOT / "models")


@pytest.fixture
def policytag() -> Run:
    """Run the installed command; output is decoded as UTF-8."""

    def run(*arguments: str | Path, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments], cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", check=False
        )

    return run
