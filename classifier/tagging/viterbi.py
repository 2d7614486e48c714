"""The cheapest path through states that change at every step, found for all steps at once.

Viterbi's recursion is a product of matrices in which + stands for × and min for +. That product is associative, so
neighbouring steps are multiplied in pairs, then the pairs in pairs, and so on: log n vectorised passes over n products
in all instead of n interpreted steps. Each pass remembers the best state in the middle of its pairs; going back, the
two ends of a pair then tell its middle.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def cheapest_path(costs: Floats, start: Floats, end: Floats) -> tuple[Ints, Ints]:
    """Give the state before and the state after each step on the path of lowest total cost.

    `costs` (states × states × steps) holds what each step costs from one state (row) to another (column); `start` and
    `end` what it costs to begin and to finish in each state.
    """
    states, _, steps = costs.shape
    nothing = np.where(np.eye(states, dtype=bool), 0.0, np.inf)[:, :, None]  # a step that changes nothing
    middles = []
    while costs.shape[2] > 1:
        if costs.shape[2] % 2:
            costs = np.concatenate([costs, nothing], axis=2)
        costs, middle = _product(costs[:, :, 0::2], costs[:, :, 1::2])
        middles.append(middle)
    ways = start[:, None] + costs[:, :, 0] + end
    ends = np.unravel_index(ways.argmin(), ways.shape)
    before, after = (np.array([state]) for state in ends)
    for middle in reversed(middles):
        pair = np.arange(middle.shape[2])
        before, after = before[: len(pair)], after[: len(pair)]  # without what filled the pass up
        between = middle[before, after, pair]
        before, after = np.stack([before, between], axis=1).ravel(), np.stack([between, after], axis=1).ravel()
    return before[:steps], after[:steps]


def _product(left: Floats, right: Floats) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Give the product of each pair of matrices, and the state between that makes each of its values."""
    total = left[:, 0, None] + right[None, 0]
    middle = np.zeros(total.shape, dtype=np.int8)
    for state in range(1, len(left)):
        ways = left[:, state, None] + right[None, state]
        np.maximum(middle, np.int8(state) * (ways < total), out=middle)
        np.minimum(total, ways, out=total)
    return total, middle
