"""The report as one HTML page: no script, no request to anywhere, readable by eye, by ear and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..problem.forms import Statement
from . import formulas
from .context import Page, Result, page
from .names import Names

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_BYTES = 2_000_000
"""No report is larger."""
MOST_PICTURE = 500_000
"""Characters of one inline picture; a larger one is left out and named."""
MARKS = {"yes": "✓", "no": "✗", "undecided": "?"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dmfverify.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["math"] = _math
    return environment


def _math(expression: formulas.Expression, display: bool = False) -> Markup:
    from markupsafe import Markup

    return Markup(formulas.mathml(expression, display=display))


def render_html(
    result: Result,
    statement: Statement,
    *,
    names: Names | None = None,
    certificate_bytes: int = 0,
    check_command: str = "dmfverify check certificate.json",
    claims: Sequence[Mapping[str, Any]] = (),
    trials: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The self-contained page on `result`; arguments as for `page`, under 2 MB whatever they are.

    `trials` are rows of recovery.csv about the same statement; their pictures are shown with the others.
    """
    content = page(
        result,
        statement,
        names=names,
        certificate_bytes=certificate_bytes,
        check_command=check_command,
        claims=claims,
    )
    text = _render(content, _pictures(result, statement, names or Names(), trials))
    return text if len(text.encode()) < MOST_BYTES else _render(content, [])


def _render(content: Page, pictures: list[tuple[str, Markup]]) -> str:
    template = _environment().get_template("report.html")
    return template.render(page=content, pictures=pictures, marks=MARKS)


def _pictures(
    result: Result, statement: Statement, names: Names, trials: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Markup]]:
    """(caption, inline svg) of the pictures that are small enough."""
    from markupsafe import Markup

    from .pictures import inline_svg
    from .plots import all_figures
    from .trials import trial_figures

    drawn = []
    figures = (*all_figures(result, statement, names), *trial_figures(trials))
    for number, (caption, figure) in enumerate(figures):
        svg = inline_svg(figure, caption, prefix=f"f{number}")
        if len(svg) <= MOST_PICTURE:
            drawn.append((caption, Markup(svg)))
    return drawn
