"""The exception tree. Every class carries the exit code; every message ends in what to do next.

    PolicytagError              3  could not run
    ├── UsageError              2  the call itself is wrong
    ├── LabelsError             3  taxonomy, cues or examples are wrong
    ├── ModelError              3  a model cannot be used
    │   ├── ModelNotFound
    │   ├── ModelDamaged           a file is missing or is not the one that was written
    │   └── ModelTooNew            written by a newer policytag
    ├── OutputError             3  the result cannot be written
    ├── StudioError             3  a Label Studio server or project cannot be used (studio/errors.py)
    └── MissingExtra            3  an optional package is not installed

An input that cannot be read is no exception: it is a `Skipped` record, and the rest goes on.
"""

from typing import ClassVar


class PolicytagError(Exception):
    """A failure with a sentence for the user and, in `hint`, the next step to take."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message}\n  {self.hint}" if self.hint else message


class UsageError(PolicytagError):
    """The command line does not make sense."""

    exit_code: ClassVar[int] = 2


class LabelsError(PolicytagError):
    """The taxonomy, the cues or an example file holds something that cannot be right."""


class ModelError(PolicytagError):
    """A model directory cannot be used."""


class ModelNotFound(ModelError):
    """There is no model where one was looked for."""


class ModelDamaged(ModelError):
    """A model file is missing or differs from what its manifest says."""


class ModelTooNew(ModelError):
    """The model was written in a format that this version does not know."""


class OutputError(PolicytagError):
    """The result cannot be written."""


class MissingExtra(PolicytagError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed", f'install it with: pip install "policytag[{extra}]"')
