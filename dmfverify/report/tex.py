"""The report in LaTeX: an article of its own, or a section for `\\input`.

Every LaTeX compiles it; the section needs the packages that `PACKAGES` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..problem.forms import Statement
from . import document as d
from . import formulas
from .context import Result, page
from .widths import broken, weights

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "[": "{[}", "]": "{]}",
    '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}", "-": "{-}",
    "…": r"\dots{}", "−": "$-$", "×": r"$\times$", "∞": r"$\infty$", "‖": r"$\|$", "⊗": r"$\otimes$", "√": r"$\surd$",
    "γ": r"$\gamma$", "κ": r"$\kappa$", "ρ": r"$\rho$", "σ": r"$\sigma$", "δ": r"$\delta$", "η": r"$\eta$",
    "λ": r"$\lambda$", "μ": r"$\mu$", "α": r"$\alpha$", "ε": r"$\varepsilon$", "Σ": r"$\Sigma$", "Δ": r"$\Delta$",
    "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "∈": r"$\in$", "∪": r"$\cup$", "∩": r"$\cap$", "±": r"$\pm$",
    "\N{NARROW NO-BREAK SPACE}": r"\,", "·": r"$\cdot$", "⋯": r"$\cdots$", "ᵀ": r"$^{T}$", "′": r"$'$", "²": r"$^2$",
    "“": "``", "”": "''", "’": "'", "–": "--", "✓": r"$\surd$", "→": r"$\to$", "𝓜": r"$\mathcal{M}$",
    "\N{ZERO WIDTH SPACE}": r"\allowbreak{}",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))

PACKAGES = "amsmath,amssymb,amsthm,longtable,textcomp,array,graphicx"
HEAD = rf"""\documentclass[11pt]{{article}}
\usepackage{{iftex}}
\ifPDFTeX\usepackage[utf8]{{inputenc}}\usepackage[T1]{{fontenc}}\usepackage{{lmodern}}\else\usepackage{{fontspec}}\fi
\usepackage[a4paper,margin=25mm]{{geometry}}
\usepackage{{{PACKAGES}}}
\setlength{{\parindent}}{{0pt}}\setlength{{\parskip}}{{6pt}}\sloppy
\begin{{document}}
"""
SECTION = rf"""% A section for \input; the preamble needs \usepackage{{{PACKAGES}}}
"""
THEOREM = r"\ifcsname dmfverifytheorem\endcsname\else\newtheorem{dmfverifytheorem}{Theorem}\fi"


def render_tex(result: Result, statement: Statement, **options: Any) -> str:
    """The report on `result` as a complete article; options as for `page`."""
    return HEAD + _body(result, statement, **options) + "\n\\end{document}\n"


def render_tex_section(result: Result, statement: Statement, **options: Any) -> str:
    r"""The same as a section for ``\input``, with a theorem environment of its own name."""
    return SECTION + _body(result, statement, **options) + "\n"


def _body(result: Result, statement: Statement, **options: Any) -> str:
    lines = [line for part in d.parts(page(result, statement, **options)) for line in _lines(part)]
    return "\n".join([THEOREM, *lines])


def escape(text: str) -> str:
    r"""Text in which nothing is a command; what no Latin font has is given by its code point.

    >>> escape(r"\input{x} 50%"), escape("\N{CJK UNIFIED IDEOGRAPH-4E2D}")
    ('\\textbackslash{}input\\{x\\} 50\\%', '\\texttt{U+4E2D}')
    """
    special = "".join(_SPECIAL.get(c) or _latin(c) for c in broken(text))
    return re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: f"$^{{{''.join(_SUPERSCRIPTS[c] for c in m[0])}}}$", special)


def _latin(c: str) -> str:
    return c if ord(c) < 0x180 or c in _SUPERSCRIPTS else rf"\texttt{{U+{ord(c):04X}}}"


def _lines(part: d.Part) -> Iterator[str]:
    if isinstance(part, d.Heading):
        name = {1: "section*", 2: "subsection*", 3: "subsubsection*"}[part.level]
        yield rf"\{name}{{{escape(part.text)}}}"
    elif isinstance(part, d.Paragraph):
        yield (rf"\textbf{{{escape(part.lead)}}} " if part.lead else "") + escape(part.text)
    elif isinstance(part, d.Items):
        yield r"\begin{itemize}"
        yield from (rf"\item {escape(text)}" for text in part.texts)
        yield r"\end{itemize}"
    elif isinstance(part, d.Display):
        yield rf"\[{formulas.tex(part.expression)}\]"
    elif isinstance(part, d.Theorem):
        yield rf"\begin{{dmfverifytheorem}}[{escape(part.name)}]{escape(part.text)}\end{{dmfverifytheorem}}"
    elif isinstance(part, d.Command):
        yield rf"\begin{{quote}}\texttt{{{escape(part.text)}}}\end{{quote}}"
    elif isinstance(part, d.Table):
        yield from _table(part)
    yield ""


def _table(table: d.Table) -> Iterator[str]:
    size, shares = weights(table)
    # two column separations stand beside each column
    columns = "".join(rf"p{{\dimexpr {share:.3f}\linewidth-2\tabcolsep\relax}}" for share in shares)
    yield rf"\begingroup\{size}\raggedright"
    yield rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}"
    yield rf"\multicolumn{{{len(shares)}}}{{@{{}}l}}{{\emph{{{escape(table.caption)}}}}} \\[2pt]"
    yield " & ".join(rf"\textbf{{{escape(h)}}}" for h in table.head) + r" \\ \hline \endhead"
    yield from (" & ".join(map(_cell, row)) + r" \\" for row in table.rows)
    yield from (r"\end{longtable}", r"\endgroup")


def _cell(cell: d.Cell) -> str:
    return (
        f"${formulas.tex(cell.expression)}$"
        if isinstance(cell, d.Math)
        else rf"\raggedright\arraybackslash {escape(cell)}"
    )
