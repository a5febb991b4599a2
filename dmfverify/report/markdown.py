"""The report as Markdown, for a repository or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..problem.forms import Statement
from . import document as d
from . import formulas
from .context import Result, page


def render_markdown(result: Result, statement: Statement, **options: Any) -> str:
    """The report on `result` as Markdown with tables; options as for `page`."""
    lines = (line for part in d.parts(page(result, statement, **options)) for line in _lines(part))
    return "\n".join(lines).rstrip() + "\n"


def escape(text: str) -> str:
    r"""Text in which nothing is Markdown or HTML.

    >>> escape("<b>*x*|y")
    '&lt;b&gt;\\*x\\*\\|y'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", plain)


def _cell(cell: d.Cell) -> str:
    return f"${formulas.tex(cell.expression)}$".replace("|", r"\vert ") if isinstance(cell, d.Math) else escape(cell)


def _lines(part: d.Part) -> Iterator[str]:
    if isinstance(part, d.Heading):
        yield f"{'#' * part.level} {escape(part.text)}"
    elif isinstance(part, d.Paragraph):
        yield (f"**{escape(part.lead)}** " if part.lead else "") + escape(part.text)
    elif isinstance(part, d.Items):
        yield from (f"- {escape(text)}" for text in part.texts)
    elif isinstance(part, d.Display):
        yield f"$$ {formulas.tex(part.expression)} $$"
    elif isinstance(part, d.Theorem):
        yield f"**{escape(part.name)}.** {escape(part.text)}"
    elif isinstance(part, d.Command):
        yield f"    {part.text}"
    elif isinstance(part, d.Table):
        yield from (f"*{escape(part.caption)}*", "")
        yield "| " + " | ".join(map(escape, part.head)) + " |"
        yield "|" + " --- |" * len(part.head)
        yield from ("| " + " | ".join(map(_cell, row)) + " |" for row in part.rows)
    yield ""
