"""The report as a short table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .context import Constant, Result, _at, _constants, clean, vector
from .formulas import plain
from .point import at_point

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {"yes": "green", "no": "red", "undecided": "yellow"}


def terminal_table(result: Result, check_command: str = "dmfverify check certificate.json") -> Table:
    """Verdicts, constants, the witness or the reason, and how to check; no markup of the user's is read.

    >>> terminal_table({"identifiability": None}).row_count
    4
    """
    from rich.table import Table
    from rich.text import Text

    title = clean(_at(result, "case.title"), 100) or "dmfverify"
    table = Table(title=Text(title, style="bold"), show_header=False, title_justify="left", box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value, style in _rows(result, check_command):
        table.add_row(Text(name), Text(value, style=style))
    return table


def notebook_table(result: Result) -> str:
    """The same rows as an HTML table for a notebook, everything escaped.

    >>> notebook_table({"identifiability": None}).count("<tr>")
    4
    """
    from html import escape

    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value, _ in _rows(result, "dmfverify check certificate.json, in the folder it is saved to")
    )
    title = escape(clean(_at(result, "case.title"), 100) or "dmfverify")
    return f'<table><caption style="text-align:left"><b>{title}</b></caption><tbody>{rows}</tbody></table>'


def _rows(result: Result, check_command: str) -> Iterator[tuple[str, str, str]]:
    """(name, text, style) of each line."""
    said: set[str] = set()
    for key in ("uniform", "generic", "local"):
        yield _verdict_row(result, key, said)
    at = at_point(_at(result, "at"), "")
    if at:
        yield "at h", " ".join([f"{at.verdict}: {at.headline}", *at.facts]), COLOURS[at.verdict]
    for constant in _constants(result):
        if not constant.bracket.trivial:
            yield _constant_row(constant)
    if _at(result, "witness"):
        yield "witness", _witness(result), ""
    yield "check", clean(check_command), "dim"


def _verdict_row(result: Result, key: str, said: set[str]) -> tuple[str, str, str]:
    section = _at(result, f"identifiability.{key}") or {}
    verdict = _at(section, "verdict")
    verdict = verdict if verdict in COLOURS else "undecided"
    parts = [verdict]
    if key == "uniform" and _at(section, "over_C") in ("yes", "no") and section["over_C"] != verdict:
        parts.append(f"over the complex numbers {section['over_C']}")
    why = clean(_at(section, "reason"), 300)
    parts += [] if not why else ["for the same reason"] if why in said else [why]
    said.add(why)
    parts += [clean(c, 120) for c in (_at(section, "conditions") or [])[:3]]
    return key, "; ".join(parts), COLOURS[verdict]


def _constant_row(constant: Constant) -> tuple[str, str, str]:
    name = f"{constant.name} {plain(constant.symbol)}"
    text = constant.bracket.decimal
    return name, text if constant.bracket.exact and " … " not in text else f"[{text.replace(' … ', ', ')}]", ""


def _witness(result: Result) -> str:
    """The first factor in which h and g differ, or the reason."""
    h, g = _at(result, "witness.h") or [], _at(result, "witness.g") or []
    why = clean(_at(result, "witness.why"), 200)
    for k, (a, b) in enumerate(zip(h, g, strict=False)):
        if a != b:
            texts = [clean(vector([str(x) for x in v]), 120) for v in (a, b)]
            return f"h_{k + 1} = {texts[0]}, g_{k + 1} = {texts[1]}" + (f": {why}" if why else "")
    return why or "see result.json"
