"""The report as Markdown, for a repository or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..problem.forms import Statement
from . import formulas
from .context import Page, Result, page


def render_markdown(result: Result, statement: Statement, **options: Any) -> str:
    """The report on `result` as Markdown with tables; options as for `page`."""
    return "\n".join(_lines(page(result, statement, **options))) + "\n"


def escape(text: str) -> str:
    r"""Text in which nothing is Markdown or HTML.

    >>> escape("<b>*x*|y")
    '&lt;b&gt;\\*x\\*\\|y'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", plain)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = list(head)
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _lines(p: Page) -> Iterator[str]:
    yield from (f"# {escape(p.title)}", "", escape(p.asked), "")
    yield from ("## Verdict", "")
    for answer in p.answers:
        yield from (f"**{escape(answer.question)}** **{answer.verdict.capitalize()}.** {escape(answer.headline)}", "")
        yield from (f"- {escape(t)}" for t in (answer.reason, *answer.facts, *answer.conditions) if t)
        yield ""
    yield from (f"Over the complex numbers: {p.over_C}. {escape(p.stability)}", "")
    if p.witness:
        yield from ("## The counterexample", "", escape(f"{p.witness.intro} {p.witness.why}"), "")
        yield from _table(("factor", "h", "g"), ((w.factor, escape(w.h), escape(w.g)) for w in p.witness.rows))
    yield from ("## Constants", "")
    yield from _table(
        ("constant", "meaning", "lies in", "exact ends"),
        ((f"${formulas.tex(c.symbol)}$", escape(c.name), escape(c.bracket.decimal),
          escape(" to ".join(brief for _, brief in c.bracket.ends))) for c in p.constants),
    )  # fmt: skip
    if p.estimates:
        yield from _table(("measured, not proved", "estimate"), ((escape(n), escape(v)) for n, v in p.estimates))
    yield from ("## Why this is true", "")
    for theorem in p.theorems:
        keys = "".join(f" [{k}]" for k in theorem.sources)
        yield from (f"**{escape(theorem.name)}.** {escape(theorem.text + keys)}", "")
    yield from ("## What was asked", "", f"$${formulas.tex(p.product)}$$", "")
    yield from (escape(f"{p.model} {p.data}".strip()), "")
    yield from (f"{escape(p.equivalence.title.capitalize())}: {escape(p.equivalence.means)}", "")
    yield from _table(
        ("factor", "size", "parameters", "operator"),
        ((escape(f"{f.number} {f.label}".strip()), f.shape, f.parameters, escape(f.means)) for f in p.factors),
    )
    yield from ("## What was tried", "")
    methods = ((escape(m.name), m.seconds, escape(m.outcome)) for m in p.methods)
    yield from _table(("method", "time", "outcome"), methods)
    yield from ("## Check it yourself", "", f"    {p.command}", "")
    yield from _table(("file", "what it is", "SHA-256"), ((escape(a), escape(b), escape(c)) for a, b, c in p.files))
    yield from (f"- [{k}] {escape(text)}" for k, text in p.sources)
