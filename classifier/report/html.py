"""The templates beside this module, with everything that they are given escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.errors import MissingExtra

if TYPE_CHECKING:
    from jinja2 import Template


def template(name: str) -> Template:
    """Give a template of this folder; a value that is missing in it is an error, not an empty place."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtra("Jinja2", "report") from error
    environment = Environment(
        loader=PackageLoader("classifier.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: f"{100 * share:.0f} %"
    environment.filters["figure"] = lambda value: "–" if value is None else f"{value:.3f}"
    return environment.get_template(name)
