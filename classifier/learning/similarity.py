"""How alike texts are: the cosine of their tf-idf rows, in the vocabulary of a model."""

from collections.abc import Sequence
from typing import Any

from classifier.errors import MissingExtra
from classifier.tagging import features
from classifier.tagging.bundle import Bundle

_BATCH = 512  # rows compared at once, which bounds memory


def rows(texts: Sequence[str], bundle: Bundle) -> Any:  # noqa: ANN401  # SciPy has no types
    """Give a SciPy CSR matrix, a row of length 1 each text (of length 0 where no term of the model occurs)."""
    try:
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise MissingExtra("scipy", "learn") from error
    counts = features.count(texts, bundle.trie, bundle.cues, len(bundle.labels))
    values = features.weigh(counts, bundle.weights.idf, bundle.weights.power)
    return csr_matrix((values, counts.terms, counts.start), shape=(len(texts), len(bundle.vocabulary)))


def cosines(some: Any, others: Any) -> Any:  # noqa: ANN401
    """Give dense batches: the first row numbers of `some` and their cosines with all of `others`."""
    for first in range(0, some.shape[0], _BATCH):
        yield first, (some[first : first + _BATCH] @ others.T).toarray()
