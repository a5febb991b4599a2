"""Pages, pictures and tables.  Computes nothing: what it says stands in ``result.json``.

| what | where |
|---|---|
| `render_html` | the page, self-contained |
| `render_markdown`, `render_tex`, `render_tex_section`, `render_typst`, `render_pdf` | the same text in other forms |
| `terminal_table`, `notebook_table` | the short table for a terminal, and for a notebook |
| `show`, `save` | pictures of an architecture |
| `error_against_noise`, `tightness_histogram`, `phase_transition` | pictures of trials |
| `Names` | the user's names for factors, parameters, nodes and edges |
| `decimal_down`, `decimal_up`, `interval_text` | decimals rounded outwards, by integers |
"""

from __future__ import annotations

from .decimals import decimal_down, decimal_up, interval_text
from .html import render_html
from .markdown import render_markdown
from .names import Names
from .pictures import save, show
from .table import notebook_table, terminal_table
from .tex import render_tex, render_tex_section
from .trials import error_against_noise, phase_transition, tightness_histogram
from .typst import render_pdf, render_typst

__all__ = [
    "Names",
    "decimal_down",
    "decimal_up",
    "error_against_noise",
    "interval_text",
    "notebook_table",
    "phase_transition",
    "render_html",
    "render_markdown",
    "render_pdf",
    "render_tex",
    "render_tex_section",
    "render_typst",
    "save",
    "show",
    "terminal_table",
    "tightness_histogram",
]
