"""The report as a LaTeX document, for XeLaTeX or LuaLaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..problem.forms import Statement
from . import formulas
from .context import Page, Result, page

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}", "-": "{-}",
    "…": r"\dots{}", "−": "$-$", "×": r"$\times$", "∞": r"$\infty$", "‖": r"$\|$", "⊗": r"$\otimes$", "√": r"$\surd$",
    "γ": r"$\gamma$", "κ": r"$\kappa$", "ρ": r"$\rho$", "σ": r"$\sigma$", "δ": r"$\delta$", "η": r"$\eta$",
    "≤": r"$\le$", "≥": r"$\ge$", "\N{NARROW NO-BREAK SPACE}": r"\,", "·": r"$\cdot$",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))

HEAD = r"""\documentclass[11pt]{article}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath,amssymb,longtable,textcomp,array}
\usepackage[T1]{fontenc}
\setlength{\parindent}{0pt}\setlength{\parskip}{6pt}
\begin{document}
"""


def render_tex(result: Result, statement: Statement, **options: Any) -> str:
    """The report on `result` as a complete LaTeX document; options as for `page`."""
    return HEAD + "\n".join(_lines(page(result, statement, **options))) + "\n\\end{document}\n"


def escape(text: str) -> str:
    r"""Text in which nothing is a command.

    >>> escape(r"\input{x} 50%")
    '\\textbackslash{}input\\{x\\} 50\\%'
    """
    special = "".join(_SPECIAL.get(c, c) for c in text)
    return re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: f"$^{{{''.join(_SUPERSCRIPTS[c] for c in m[0])}}}$", special)


def _table(columns: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield rf"\begin{{longtable}}{{{columns}}}"
    yield " & ".join(rf"\textbf{{{h}}}" for h in head) + r" \\ \hline \endhead"
    for row in rows:
        yield " & ".join(row) + r" \\"
    yield r"\end{longtable}"


def _lines(p: Page) -> Iterator[str]:
    yield from (rf"\section*{{{escape(p.title)}}}", escape(p.asked), "")
    yield r"\subsection*{Verdict}"
    for a in p.answers:
        yield rf"\textbf{{{escape(a.question)} {a.verdict.capitalize()}.}} {escape(a.headline)} {escape(a.reason)}"
        yield from (escape(fact) for fact in (*a.facts, *a.conditions))
        yield ""
    yield from (f"Over the complex numbers: {p.over_C}. {escape(p.stability)}", "")
    if p.witness:
        yield from (r"\subsection*{The counterexample}", escape(f"{p.witness.intro} {p.witness.why}"))
        rows = ((w.factor, escape(w.h), escape(w.g)) for w in p.witness.rows)
        yield from _table(r"lp{0.4\textwidth}p{0.4\textwidth}", ("factor", "$h$", "$g$"), rows)
    yield r"\subsection*{Constants}"
    constants = ((f"${formulas.tex(c.symbol)}$", escape(c.name), escape(c.bracket.decimal)) for c in p.constants)
    yield from _table(r"lp{0.35\textwidth}p{0.45\textwidth}", ("constant", "meaning", "lies in"), constants)
    if p.estimates:
        estimates = ((escape(n), escape(v)) for n, v in p.estimates)
        yield from _table("ll", ("measured, not proved", "estimate"), estimates)
    yield r"\subsection*{Why this is true}"
    for theorem in p.theorems:
        keys = "".join(f" [{k}]" for k in theorem.sources)
        yield from (rf"\textbf{{{escape(theorem.name)}.}} {escape(theorem.text + keys)}", "")
    yield from (r"\subsection*{What was asked}", rf"\[{formulas.tex(p.product)}\]", escape(f"{p.model} {p.data}"), "")
    yield from (rf"\textbf{{{escape(p.equivalence.title.capitalize())}.}} {escape(p.equivalence.means)}", "")
    factors = (map(escape, (f"{f.number} {f.label}", f.shape, f.parameters, f.means)) for f in p.factors)
    yield from _table(r"lllp{0.5\textwidth}", ("factor", "size", "parameters", "operator"), factors)
    yield r"\subsection*{What was tried}"
    methods = ((escape(m.name), escape(m.seconds), escape(m.outcome)) for m in p.methods)
    yield from _table(r"p{0.25\textwidth}lp{0.5\textwidth}", ("method", "time", "outcome"), methods)
    yield from (r"\subsection*{Check it yourself}", rf"\texttt{{{escape(p.command)}}}", "")
    for name, what, sha in p.files:
        yield rf"{escape(name)}: {escape(what)}. \texttt{{\small {escape(sha)}}}\\"
    yield from (rf"\par [{k}] {escape(text)}" for k, text in p.sources)
