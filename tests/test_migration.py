"""Labels renamed, merged and split: nothing is lost, nothing is guessed, nothing is written unasked."""

import json
import shutil
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, SMALL, Run
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import taxonomy as taxonomies
from classifier.errors import LabelsError, UsageError
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning import migration, training
from classifier.learning.relabelling import change
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

IDS = ("water_saving", "tree_planting", "road_repair")
SPLIT = "water_saving=drip:滴灌,reuse:中水回用"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """The small labels, and a second annotator's line on a paragraph of a/2 that has another judgement."""
    place = Path(shutil.copytree(SMALL, tmp_path / "labels"))
    line = json.loads((place / "corpus/a.jsonl").read_text(encoding="utf-8").split("\n")[1])
    other = {**line, "annotator": "second", "labels": ["tree_planting", "road_repair"]}
    text = json.dumps(other, ensure_ascii=False, separators=(",", ":")) + "\n"
    (place / "corpus/z.jsonl").write_text(text, encoding="utf-8")
    return place


def migrate(
    labels: Path, rename: list[str] | None = None, merge: list[str] | None = None, split: list[str] | None = None
) -> migration.Plan:
    path = labels / "taxonomy.toml"
    wanted = change(taxonomies.load(path), rename or [], merge or [], split or [])
    planned = migration.plan(labels, path, wanted)
    migration.carry_out(planned)
    return planned


def contents(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def judgements(place: Path, *folders: str) -> list[dict]:
    return [
        json.loads(line)
        for folder in folders
        for path in sorted((place / folder).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_a_renamed_label_trains_the_same_model_under_its_new_name(labels: Path, small: Bundle) -> None:
    (labels / "corpus/z.jsonl").unlink()
    migrate(labels, rename=["tree_planting=forestation"])
    taxonomy = taxonomies.load(labels / "taxonomy.toml")
    assert taxonomy.ids == ("water_saving", "forestation", "road_repair")
    assert (taxonomy.names["forestation"], taxonomy.version) == ("植树造林", "0.2")
    cues = cue_files.load(labels / "cues.toml", taxonomy)
    model = training.train(label_files.merge(label_files.load(labels / "corpus", taxonomy)), taxonomy, cues)
    assert model.vocabulary == small.vocabulary
    assert np.array_equal(model.weights.coef, small.weights.coef)
    assert list(model.labels) == list(taxonomy.ids)


def test_lines_that_a_change_does_not_touch_stay_byte_for_byte(labels: Path) -> None:
    before = contents(labels)
    migrate(labels, rename=["road_repair=roads"])
    after = contents(labels)
    for name in before:
        for old, new in zip(before[name].splitlines(), after[name].splitlines(), strict=True):
            assert old == new or (b"road_repair" in old and b"roads" in new) or old.startswith(b"version")
    assert after["corpus/z.jsonl"].count(b'"labels":["tree_planting","roads"]') == 1


def test_merging_all_labels_into_one_is_refused(labels: Path) -> None:
    before = contents(labels)
    with pytest.raises(LabelsError, match="fewer than two"):
        migrate(labels, merge=["water_saving,tree_planting=road_repair"])
    assert contents(labels) == before


def test_a_merge_gives_the_label_once_with_the_cues_of_both_and_keeps_the_definition(labels: Path) -> None:
    migrate(labels, merge=["water_saving=tree_planting"])
    taxonomy = taxonomies.load(labels / "taxonomy.toml")
    assert taxonomy.ids == ("tree_planting", "road_repair")
    assert "# water_saving definition: 少用水或重复用水的措施。" in (labels / "taxonomy.toml").read_text(
        encoding="utf-8"
    )
    loaded = label_files.load(labels / "corpus", taxonomy)
    assert {e.annotator: e.labels for e in loaded if e.id == "a/2"} == {
        "first": {"tree_planting"}, "second": {"tree_planting", "road_repair"}
    }  # fmt: skip
    assert all(len(row["labels"]) == len(set(row["labels"])) for row in judgements(labels, "corpus"))
    cues = tomllib.loads((labels / "cues.toml").read_text(encoding="utf-8"))
    assert cues["tree_planting"] == {
        "strong": ["造林", "植树", "补植", "节水", "滴灌", "中水回用"], "weak": ["苗木", "林地", "水价", "灌溉"],
        "decoy": ["节水中学"],
    }  # fmt: skip
    cue_files.load(labels / "cues.toml", taxonomy)


def test_what_was_judged_to_be_a_split_label_leaves_the_corpus_whole(labels: Path) -> None:
    held = {row["id"] for row in judgements(labels, "corpus") if "water_saving" in row["labels"]}
    before = judgements(labels, "corpus")
    planned = migrate(labels, split=[SPLIT])
    taxonomy = taxonomies.load(labels / "taxonomy.toml")
    assert taxonomy.ids == ("drip", "reuse", "tree_planting", "road_repair")
    assert planned.paragraphs == {"water_saving": len(held)}
    rest, review = judgements(labels, "corpus"), judgements(labels, "review")
    assert {row["id"] for row in review} == held  # a/2 by the second annotator too, who did not give the label
    assert not held & {row["id"] for row in rest}
    assert sorted(map(json.dumps, rest + review)) == sorted(map(json.dumps, before))
    label_files.load(labels / "corpus", taxonomy)
    cues = tomllib.loads((labels / "cues.toml").read_text(encoding="utf-8"))
    assert cues["drip"] == cues["reuse"] == {
        "strong": ["节水", "滴灌", "中水回用"], "weak": ["水价", "灌溉"], "decoy": ["节水中学"]
    }  # fmt: skip


def test_later_changes_reach_what_waits_for_review(labels: Path) -> None:
    migrate(labels, split=[SPLIT])
    migrate(labels, rename=["road_repair=roads"])
    assert "roads" in {label for row in judgements(labels, "review") for label in row["labels"]}
    migrate(labels, split=["tree_planting=planting:栽植,tending:抚育"])
    assert {path.name for path in (labels / "review").iterdir()} == {"water_saving.jsonl", "tree_planting.jsonl"}


@pytest.mark.parametrize("when", range(1, 20))
def test_an_interrupted_migration_done_again_is_as_if_it_had_not_been(
    labels: Path, when: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path(shutil.copytree(labels, labels.parent / "other"))
    wanted = {"rename": ["road_repair=roads"], "merge": [], "split": [SPLIT]}
    migrate(other, **wanted)
    whole, written = migration.opened, []

    def failing(path: str, standard: object):
        written.append(path)
        if len(written) == when:
            raise KeyboardInterrupt
        return whole(path, standard)

    with monkeypatch.context() as patch:
        patch.setattr(migration, "opened", failing)
        try:
            migrate(labels, **wanted)
        except KeyboardInterrupt:
            assert taxonomies.load(labels / "taxonomy.toml").ids == IDS
    if taxonomies.load(labels / "taxonomy.toml").ids == IDS:
        migrate(labels, **wanted)
    assert contents(labels) == contents(other)


LINES = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["first", "second", "adjudicator"]), st.sets(st.sampled_from(IDS))),
    max_size=10, unique_by=lambda line: line[:2],
)  # fmt: skip


@settings(max_examples=60)
@given(LINES, st.permutations(IDS), st.sampled_from(["rename", "merge", "split"]))
def test_no_judgement_is_lost_and_each_label_is_what_it_became(lines: list, order: list[str], kind: str) -> None:
    one, into, _ = order
    what = {"rename": f"{one}=new", "merge": f"{one}={into}", "split": f"{one}=new:新,other:别的"}[kind]
    with tempfile.TemporaryDirectory() as folder:
        labels = Path(shutil.copytree(SMALL, Path(folder) / "labels", ignore=shutil.ignore_patterns("corpus")))
        (labels / "corpus").mkdir()
        rows = [
            {"id": f"p{n}", "document": "d", "paragraph": n, "genre": "news", "kind": "body", "text": f"文{n}",
             "labels": sorted(given), "annotator": who, "origin": ""}
            for n, who, given in lines
        ]  # fmt: skip
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (labels / "corpus/all.jsonl").write_text(text, encoding="utf-8")
        migrate(labels, **{kind: [what]})
        after = {(row["id"], row["annotator"]): set(row["labels"]) for row in judgements(labels, "corpus", "review")}
        became = {"rename": "new", "merge": into, "split": one}[kind]
        assert after == {
            (f"p{n}", who): {became if label == one else label for label in given} for n, who, given in lines
        }
        trained = {row["id"] for row in judgements(labels, "corpus")}
        undecided = {f"p{n}" for n, _, given in lines if one in given} if kind == "split" else set()
        assert trained == {f"p{n}" for n, _, _ in lines} - undecided


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("rename", "water=new", "no label 'water'"),
        ("rename", "water_saving", "is no change"),
        ("rename", "water_saving=tree_planting", "'tree_planting' is the id of another label"),
        ("rename", "water_saving=a b", "'a b' is no id for a label"),
        ("merge", "water_saving=new", "no label 'new'"),
        ("merge", "water_saving=water_saving", "to take labels in and to go itself"),
        ("merge", "water_saving,water_saving=road_repair", "is to become two things"),
        ("split", "water_saving=drip:滴灌", "is split into one"),
        ("split", "water_saving=drip,reuse", "'drip' is no label"),
        ("split", "water_saving=water_saving:节水,reuse:回用", "is the id of another label"),
        ("split", "water_saving=a:甲,a:乙", "is the id of another label"),
    ],
)
def test_a_change_that_makes_no_sense_is_named(option: str, text: str, said: str, small_taxonomy: Taxonomy) -> None:
    options = {"rename": [], "merge": [], "split": [], option: [text]}
    with pytest.raises(UsageError, match=said):
        change(small_taxonomy, **options)


def test_two_changes_of_a_label_are_refused(small_taxonomy: Taxonomy) -> None:
    with pytest.raises(UsageError, match="'water_saving' is to become two things"):
        change(small_taxonomy, ["water_saving=new"], ["water_saving=road_repair"], [])


@pytest.mark.parametrize("damage", [b"{", b"\xff\xfe\x00\x00\xff", b'{"id": "x"}'])
def test_labels_that_cannot_be_read_are_named_before_anything_is_written(labels: Path, damage: bytes) -> None:
    (labels / "corpus/y.jsonl").write_bytes(damage)
    before = contents(labels)
    with pytest.raises(LabelsError, match=r"y\.jsonl"):
        migrate(labels, rename=["road_repair=roads"])
    assert contents(labels) == before


def test_the_committed_labels_can_be_migrated_whole(tmp_path: Path) -> None:
    labels = Path(shutil.copytree(ROOT / "labels", tmp_path / "labels"))
    before = Counter((row["id"], row["annotator"]) for row in judgements(labels, "corpus"))
    planned = migrate(
        labels, ["ip_operation=ip_use"], ["joint_research=university_transfer"],
        ["tech_finance=ip_insurance:知识产权保险,venture_capital:创业投资"],
    )  # fmt: skip
    assert Counter((row["id"], row["annotator"]) for row in judgements(labels, "corpus", "review")) == before
    taxonomy = taxonomies.load(labels / "taxonomy.toml")
    assert taxonomy.version != taxonomies.load().version
    gone = {"ip_operation", "joint_research", "tech_finance"}
    assert not gone & {label for e in label_files.load(labels / "corpus", taxonomy) for label in e.labels}
    kept = {cue.term for cue in cue_files.load(labels / "cues.toml", taxonomy)}
    assert kept == {cue.term for cue in cue_files.load(ROOT / "labels/cues.toml", taxonomies.load())}
    assert "`ip_use`" in (labels / "README.md").read_text(encoding="utf-8")
    assert any("still names tech_finance" in line for line in planned.by_hand)


# the command


def test_without_apply_nothing_is_written_and_all_is_said(labels: Path, policytag: Run) -> None:
    before = contents(labels.parent)
    run = policytag("labels", "migrate", "--labels", labels, "--merge", "tree_planting=road_repair", "--split", SPLIT)
    assert run.returncode == 0
    assert "tree_planting → road_repair: " in run.stdout
    assert "water_saving → drip | reuse: " in run.stdout and "review/water_saving.jsonl" in run.stdout
    assert f"to write: {labels / 'cues.toml'}" in run.stdout
    assert "by hand: write definition, counts and excludes of drip, reuse" in run.stdout
    assert run.stderr == "nothing was written; --apply does it\n"
    assert contents(labels.parent) == before


def test_apply_does_what_was_said_and_the_page_follows(labels: Path, policytag: Run) -> None:
    shown = policytag("studio", "page", "--taxonomy", labels / "taxonomy.toml").stdout
    (labels / "interface.xml").write_text(shown, encoding="utf-8")
    run = policytag("labels", "migrate", "--labels", labels, "--rename", "road_repair=roads", "--apply")
    assert (run.returncode, run.stderr) == (0, "")
    assert 'alias="roads"' in (labels / "interface.xml").read_text(encoding="utf-8")
    label_files.load(labels / "corpus", taxonomies.load(labels / "taxonomy.toml"))


def test_judgements_of_a_project_that_is_not_named_are_warned_of(labels: Path, policytag: Run) -> None:
    (labels / "corpus/z.jsonl").rename(labels / "corpus/studio-7.jsonl")
    run = policytag("labels", "migrate", "--labels", labels, "--rename", "road_repair=roads")
    assert "add --project 7, or its next pull holds these labels back" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "nothing to migrate\n  say what with --rename, --merge or --split"),
        (["--rename", "roads=x"], 2, "no label 'roads'\n  did you mean 'road_repair'?"),
        (["--rename", "road_repair=x", "--taxonomy", "gone.toml"], 3, "gone.toml cannot be read"),
    ],
)
def test_a_wrong_call_is_named(arguments: list[str], code: int, said: str, labels: Path, policytag: Run) -> None:
    run = policytag("labels", "migrate", "--labels", labels, *arguments)
    assert (run.returncode, run.stdout) == (code, "")
    assert said in run.stderr and "Traceback" not in run.stderr
