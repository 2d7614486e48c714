"""What scripts/benchmark.py runs against one another, each in a process of its own, in the environment it needs.

`python contestants.py NAME CORPUS TEXTS` trains on CORPUS (JSON lines with text and labels), reads TEXTS, and then
answers each line on standard input with one pass over them: a JSON object with the CPU seconds that it took.
"""

import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Texts = Sequence[str]
Examples = list[dict[str, Any]]
Pass = Callable[[Texts], object]  # from texts to a number for every label
BATCH = 1024  # of the others, who do not mind


def policytag(engine: str) -> Callable[[Examples], Pass]:
    """Give policytag's promoted model; it is not trained here."""

    def ready(_: Examples) -> Pass:
        from classifier.tagging import bundle
        from classifier.tagging import tagger as engines

        tagger = engines.Tagger(bundle=bundle.load(), engine=engine)  # type: ignore[arg-type]
        return lambda texts: [tagger.probabilities(batch) for batch in batches(texts, engines.BATCH)]

    return ready


def scikit_learn(**vectorizer: object) -> Callable[[Examples], Pass]:
    """Give what most would write: tf-idf, and a linear support vector machine for each label."""

    def ready(examples: Examples) -> Pass:
        pipeline = train_pipeline(examples, **vectorizer)
        return lambda texts: [pipeline.decision_function(batch) for batch in batches(texts, BATCH)]

    return ready


def train_pipeline(examples: Examples, **vectorizer: object) -> Any:  # noqa: ANN401  # scikit-learn has no types
    """Fit scikit-learn's pipeline."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MultiLabelBinarizer
    from sklearn.svm import LinearSVC

    wanted = MultiLabelBinarizer().fit_transform([example["labels"] for example in examples])
    pipeline = make_pipeline(TfidfVectorizer(**vectorizer), OneVsRestClassifier(LinearSVC()))
    return pipeline.fit([example["text"] for example in examples], wanted)


def fasttext(words: Callable[[str], Sequence[str]]) -> Callable[[Examples], Pass]:
    """Give fastText with one output a label (`ova`), on the words that `words` gives."""

    def line(text: str) -> str:
        return " ".join(words(" ".join(text.split())))

    def ready(examples: Examples) -> Pass:
        import fasttext as library  # type: ignore[import-not-found]

        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
            for example in examples:
                print(
                    *(f"__label__{label}" for label in example["labels"] or ["none"]), line(example["text"]), file=file
                )
            file.flush()
            model = library.train_supervised(
                file.name, loss="ova", epoch=25, lr=0.5, wordNgrams=2, dim=100, thread=1, verbose=0
            )
        return lambda texts: [
            model.predict([line(text) for text in batch], k=-1, threshold=0.5) for batch in batches(texts, BATCH)
        ]

    return ready


def jieba_words(text: str) -> list[str]:
    """Cut a text by jieba, as `jieba.lcut`."""
    import jieba

    words: list[str] = jieba.lcut(text)
    return words


def rjieba_words(text: str) -> list[str]:
    """Cut a text by the same method in Rust."""
    import rjieba  # type: ignore[import-not-found]

    words: list[str] = rjieba.cut(text)
    return words


CONTESTANTS: dict[str, Callable[[Examples], Pass]] = {
    "policytag, NumPy": policytag("numpy"),
    "policytag, Numba": policytag("numba"),
    "scikit-learn, jieba": scikit_learn(analyzer=jieba_words),
    "scikit-learn, rjieba": scikit_learn(analyzer=rjieba_words),
    "scikit-learn, characters 1-2": scikit_learn(analyzer="char", ngram_range=(1, 2)),
    "fastText, jieba": fasttext(jieba_words),
    "fastText, characters": fasttext(list),
}


def batches(texts: Texts, size: int) -> list[Texts]:
    """Cut a sequence into pieces of `size`."""
    return [texts[i : i + size] for i in range(0, len(texts), size)]


def read(path: str) -> Examples:
    """Read JSON lines."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Train, then run a pass for each line of standard input."""
    logging.disable(logging.INFO)  # jieba's greetings
    name, corpus, texts_file = sys.argv[1:]
    examples, texts = read(corpus), [row["text"] for row in read(texts_file)]
    begun = time.process_time()
    run = CONTESTANTS[name](examples)
    run(texts[:300])  # what is made on first use is no part of a pass
    print(json.dumps({"ready": time.process_time() - begun}), flush=True)
    for _ in sys.stdin:
        begun = time.process_time()
        run(texts)
        print(json.dumps({"cpu": time.process_time() - begun}), flush=True)


if __name__ == "__main__":
    main()
