"""The report as typst source, and as PDF by the typst compiler, which needs no TeX installation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import MissingExtra
from ..problem.forms import Statement
from . import document as d
from . import formulas
from .context import Result, page
from .widths import broken, weights

HEAD = """#set page(paper: "a4", margin: 25mm, numbering: "1")
#set text(size: 10.5pt, lang: "en")
#set par(justify: false)
#set heading(numbering: none)
#show figure.caption: set align(left)
#show figure: set block(breakable: true)
"""
SIZES = {"small": "9.5pt", "footnotesize": "8.5pt", "scriptsize": "7.5pt"}


def render_typst(
    result: Result, statement: Statement, *, pictures: Mapping[str, str] | None = None, **options: Any
) -> str:
    """The report on `result` in typst; options as for `page`.

    Parameters
    ----------
    pictures
        The files of the pictures, by caption.
    """
    pictures = pictures or {}
    files = list(pictures.values())
    content = page(result, statement, **options)
    title = f"#set document(title: {_string(content.title)})"
    lines = [line for part in d.parts(content, tuple(pictures)) for line in _lines(part, files)]
    return "\n".join([HEAD + title, *lines]) + "\n"


def render_pdf(result: Result, statement: Statement, **options: Any) -> bytes:
    """The report on `result` as a PDF document; options as for `page`.

    Raises
    ------
    MissingExtra
        When the typst compiler is not installed.
    """
    try:
        import typst
    except ImportError:
        raise MissingExtra("typst", "a PDF report") from None
    from .names import Names
    from .pictures import save
    from .plots import all_figures

    with tempfile.TemporaryDirectory() as folder:
        pictures = {}
        for number, (caption, figure) in enumerate(all_figures(result, statement, options.get("names") or Names())):
            save(figure, Path(folder) / f"{number}.svg")
            pictures[caption] = f"{number}.svg"
        source = Path(folder) / "report.typ"
        source.write_text(render_typst(result, statement, pictures=pictures, **options), encoding="utf-8")
        return bytes(typst.compile(str(source), root=folder))


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def escape(text: str) -> str:
    """Text in which nothing is markup: a string literal, printed as it is.

    >>> escape("#x *y*")
    '#text("#x *y*")'
    """
    return f"#text({_string(broken(text))})"


def _lines(part: d.Part, files: list[str]) -> Iterator[str]:
    if isinstance(part, d.Heading):
        yield f"#heading(level: {part.level})[{escape(part.text)}]"
    elif isinstance(part, d.Paragraph):
        yield (f"#strong[{escape(part.lead)}] " if part.lead else "") + escape(part.text)
    elif isinstance(part, d.Items):
        yield from (f"- {escape(text)}" for text in part.texts)
    elif isinstance(part, d.Display):
        yield f"$ {formulas.typst(part.expression)} $"
    elif isinstance(part, d.Theorem):
        bar = "inset: (left: 8pt), stroke: (left: 1pt + gray)"
        yield f"#block({bar})[#strong[{escape(part.name)}.] {escape(part.text)}]"
    elif isinstance(part, d.Command):
        yield f"#raw({_string(part.text)}, block: true)"
    elif isinstance(part, d.Picture):
        image = f"image({_string(files[part.number])}, width: 100%)"
        yield f"#figure({image}, caption: [{escape(part.caption)}], numbering: none)"
    elif isinstance(part, d.Table):
        yield from _table(part)
    yield ""


def _table(table: d.Table) -> Iterator[str]:
    size, shares = weights(table)
    columns = ", ".join(f"{share:.3f}fr" for share in shares)
    yield f'#block(sticky: true)[#text(size: 9.5pt, style: "italic")[{escape(table.caption)}]]'
    yield f"#text(size: {SIZES[size]})[#table(columns: ({columns},), inset: (x: 3pt, y: 4pt),"
    yield "stroke: (x, y) => (bottom: 0.4pt + gray),"
    yield "table.header(" + ", ".join(f"[#strong[{escape(h)}]]" for h in table.head) + "),"
    yield from (", ".join(f"[{_cell(cell)}]" for cell in row) + "," for row in table.rows)
    yield ")]"


def _cell(cell: d.Cell) -> str:
    return f"${formulas.typst(cell.expression)}$" if isinstance(cell, d.Math) else escape(cell)
