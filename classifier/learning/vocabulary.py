"""Which terms the model knows: character n-grams, the words jieba finds among them, and the cues."""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from classifier.errors import MissingExtra
from classifier.learning.cues import Cue
from classifier.tagging.features import Cues

_LONGEST = 10  # characters of a word


def terms(
    texts: Sequence[str], cues: Sequence[Cue], *, ngram: int, min_df: int, max_df: int, words: bool
) -> tuple[str, ...]:
    """Give the sorted vocabulary of normalised `texts`.

    n-grams of 1 to `ngram` characters and words that occur in at least `min_df` texts, and every cue and decoy. Single
    characters in more than `max_df` are left out: those beside them say more.
    """
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError as error:
        raise MissingExtra("scikit-learn", "learn") from error
    grams = CountVectorizer(analyzer="char", ngram_range=(1, ngram), min_df=min_df, lowercase=False)
    known = set(grams.fit(texts).get_feature_names_out())
    characters = Counter(chain.from_iterable(map(set, texts)))
    known.difference_update(char for char, documents in characters.items() if documents > max_df)
    if words:
        spread = Counter(word for found in _words(texts, cues) for word in found if len(word) > ngram)
        known.update(word for word, documents in spread.items() if documents >= min_df)
    known.update(cue.term for cue in cues)
    return tuple(
        sorted(
            term
            for term in known
            if not any(char.isspace() or ord(char) > 0xFFFF or 0xD800 <= ord(char) < 0xE000 for char in term)
        )
    )


def cue_table(vocabulary: Sequence[str], cues: Sequence[Cue], labels: Sequence[str]) -> Cues:
    """Give the cues as numbers: which terms are cues of which labels (those not among `labels` are left out)."""
    number, column = {term: i for i, term in enumerate(vocabulary)}, {label: i for i, label in enumerate(labels)}
    entries = sorted((number[c.term], column[c.label], c.strength) for c in cues if c.label in column)
    table = np.array(entries, dtype=np.int32).reshape(-1, 3)
    first = np.searchsorted(table[:, 0], np.arange(len(vocabulary) + 1)).astype(np.int32)
    return Cues(first, table[:, 1].astype(np.int32), table[:, 2].astype(np.int8))


def _words(texts: Sequence[str], cues: Sequence[Cue]) -> Iterator[set[str]]:
    """Give the distinct words that jieba's full mode proposes in each text, cues being words to it."""
    try:
        import jieba
    except ImportError as error:
        raise MissingExtra("jieba", "learn") from error
    jieba.setLogLevel(logging.CRITICAL)  # a cache that cannot be kept is no matter
    with tempfile.TemporaryDirectory() as private:
        # jieba unmarshals a cache file from the temporary folder unchecked: let it be one of our own
        tokenizer = jieba.Tokenizer()
        tokenizer.tmp_dir = private
        for term in sorted({cue.term for cue in cues}):
            tokenizer.add_word(term)
        for text in texts:
            words = set(tokenizer.cut(text, cut_all=True))
            yield {w for w in words if len(w) <= _LONGEST and any("\u4e00" <= c <= "\u9fff" for c in w)}
