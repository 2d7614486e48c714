"""The path found side by side is as cheap as the one found step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.tagging.viterbi import cheapest_path


def plain_total(costs, start, end):
    """Give the lowest total by the textbook recursion."""
    total = start
    for step in np.moveaxis(costs, 2, 0):
        total = (total[:, None] + step).min(axis=0)
    return (total + end).min()


@given(st.integers(1, 60), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_path_is_connected_and_its_total_is_the_lowest(steps, states, seed):
    random = np.random.default_rng(seed)
    costs = random.integers(-5, 9, (states, states, steps)).astype(float)
    start, end = random.integers(0, 5, states).astype(float), random.integers(0, 5, states).astype(float)
    before, after = cheapest_path(costs, start, end)
    assert (before[1:] == after[:-1]).all()
    total = start[before[0]] + costs[before, after, np.arange(steps)].sum() + end[after[-1]]
    assert total == plain_total(costs, start, end)


def test_a_forbidden_way_is_not_taken():
    costs = np.full((2, 2, 9), 1.0)
    costs[:, 1, 4] = np.inf
    _, after = cheapest_path(costs, np.zeros(2), np.zeros(2))
    assert after[4] == 0


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 15, 16, 17])
def test_every_step_has_its_states(steps):
    before, after = cheapest_path(np.zeros((3, 3, steps)), np.zeros(3), np.zeros(3))
    assert len(before) == len(after) == steps
