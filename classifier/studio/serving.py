"""The model that a running service uses: the current one, and the next as soon as it is promoted."""

import logging
from pathlib import Path
from threading import Lock

from classifier.errors import ModelError
from classifier.tagging import bundle
from classifier.tagging.tagger import Tagger

_log = logging.getLogger("policytag")


class Serving:
    """Gives a tagger of the current model; looks for another one each time, which costs microseconds."""

    def __init__(self, models: Path | None = None) -> None:
        """Load the model. Raises `ModelError` where there is none to begin with."""
        self._models = models
        self._lock = Lock()
        self._place = bundle.locate(models)
        self._tagger = _tagger(self._place)
        self._refused: Path | None = None

    def tagger(self) -> Tagger:
        """Give the current model's tagger; where a new model cannot be used, the one before goes on."""
        with self._lock:
            try:
                place = bundle.locate(self._models)
            except ModelError:
                return self._tagger
            if place not in (self._place, self._refused):
                try:
                    self._tagger, self._place = _tagger(place), place
                    _log.info("model loaded", extra={"model": self._tagger.bundle.id})
                except ModelError as error:
                    self._refused = place
                    _log.error("model refused", extra={"model": self._tagger.bundle.id, "reason": str(error)})
            return self._tagger


def _tagger(place: Path) -> Tagger:
    return Tagger(bundle=bundle.load(place), all_scores=True)
