"""Documents that share text are measured together, and no group is ever split."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.learning import folds
from classifier.records import Example, Kind

LONG = "全乡今年改造灌渠四十公里，安装闸门三百座，农户按方交费，省下的水可以转让给邻村使用，渠首装有量水堰。"
OTHER = "养护站在雨季之前清淤边沟，修补塌肩的路段，桥梁每季检查一次，发现裂缝当天封住，材料由县里统一采购。"


def example(document: str, text: str, number: int = 1) -> Example:
    return Example(
        id=f"{document}/{number}", document=document, paragraph=number, genre="", kind=Kind.BODY, text=text,
        labels=frozenset(), annotator="a", origin="",
    )  # fmt: skip


def test_documents_with_nothing_in_common_are_families_of_their_own() -> None:
    assert folds.families([example("b", LONG), example("a", OTHER)]) == ["b", "a"]


def test_documents_that_share_a_paragraph_are_one_family_named_after_the_first() -> None:
    rows = [example("c", OTHER), example("b", LONG), example("a", LONG)]
    assert folds.families(rows) == ["c", "a", "a"]


def test_a_family_is_joined_through_a_document_in_between() -> None:
    rows = [example("a", LONG), example("b", LONG), example("b", OTHER, 2), example("c", OTHER)]
    assert folds.families(rows) == ["a", "a", "a", "a"]


def test_other_numbers_and_punctuation_hide_no_copy() -> None:
    copy = LONG.replace("，", "；").replace("四十", "四十") + "2024"
    assert folds.families([example("a", LONG + "1999"), example("b", copy)]) == ["a", "a"]


def test_a_stock_phrase_makes_no_family() -> None:
    rows = [example("a", "会议由县长主持。" + LONG), example("b", "会议由县长主持。" + OTHER)]
    assert folds.families(rows) == ["a", "b"]


def test_many_copies_of_one_text_are_one_family() -> None:
    # a text in every fold would be measured by memory, however many copies there are
    assert set(folds.families([example(f"d{i}", LONG) for i in range(12)])) == {"d0"}


def test_every_paragraph_of_a_document_is_in_its_family(small_examples: list[Example]) -> None:
    groups = folds.families(small_examples)
    by_document = {e.document: g for e, g in zip(small_examples, groups, strict=True)}
    assert [by_document[e.document] for e in small_examples] == groups


def test_the_order_of_examples_does_not_change_families(small_examples: list[Example]) -> None:
    rows = [*small_examples, *(replace(e, document=f"copy of {e.document}") for e in small_examples[:12])]
    forwards = dict(zip([e.document for e in rows], folds.families(rows), strict=True))
    backwards = dict(zip([e.document for e in rows[::-1]], folds.families(rows[::-1]), strict=True))
    assert forwards == backwards


@given(st.lists(st.sampled_from([f"g{i}" for i in range(20)]), min_size=1), st.integers(2, 8), st.integers(0, 5))
def test_groups_are_never_split_and_dealt_evenly(groups: list[str], number: int, seed: int) -> None:
    fold = folds.assign(groups, number, seed)
    of_group = {}
    for group, k in zip(groups, fold.tolist(), strict=True):
        assert of_group.setdefault(group, k) == k
        assert 0 <= k < number
    sizes = np.bincount(list(of_group.values()), minlength=number)
    assert sizes.max() - sizes.min() <= 1


def test_the_same_seed_gives_the_same_folds_and_another_gives_others() -> None:
    groups = [f"g{i}" for i in range(40)]
    assert np.array_equal(folds.assign(groups, 5, 1), folds.assign(groups, 5, 1))
    assert not np.array_equal(folds.assign(groups, 5, 1), folds.assign(groups, 5, 2))


def test_as_many_folds_as_groups_leave_none_empty() -> None:
    assert sorted(folds.assign(list("abcde"), 5).tolist()) == [0, 1, 2, 3, 4]
