"""The table of a sweep, as CSV and as a page; from rows alone, so that it is the same after any interruption."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..exact import parse
from ..output import write_files
from ..report import decimal_down, decimal_up

BRACKETS = ("gamma", "kappa", "sigma_min", "sparse_gamma", "lower_rip")
PLAIN = ("case", "status", "title", "K", "columns", "rank", "uniform", "over_C", "generic", "local")
LAST = ("method", "statement_sha256")

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>dmfverify sweep</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem }
div { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .7rem; text-align: left; border-bottom: 1px solid #8886; white-space: nowrap }
</style></head><body><main><h1>Sweep</h1><div tabindex="0" role="region" aria-label="Results"><table>
"""


def write_tables(
    rows: Iterable[dict[str, Any]], folder: Path, others: Mapping[str, bytes] = MappingProxyType({})
) -> Path:
    """Write table.csv (exact values) and table.html (decimals rounded outwards) into `folder`, with `others`."""
    rows = list(rows)
    tables = {"table.csv": as_csv(rows).encode(), "table.html": as_html(rows).encode()}
    return write_files(folder, {**tables, **others})


def as_csv(rows: list[dict[str, Any]]) -> str:
    """One line a case; both ends of each bracket as exact rationals."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    ends = [f"{name}_{end}" for name in BRACKETS for end in ("lo", "hi")]
    writer.writerow([*PLAIN, *ends, *LAST])
    for row in rows:
        pairs = [end for name in BRACKETS for end in row.get(name) or ("", "")]
        writer.writerow([row.get(name, "") for name in PLAIN] + pairs + [row.get(name, "") for name in LAST])
    return out.getvalue()


def as_html(rows: list[dict[str, Any]]) -> str:
    """The same as a page, without the hashes."""
    names = (*PLAIN, *BRACKETS, "method")
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(_cells(row, names))}</tr>\n" for row in rows)
    caption = f"<caption>{len(rows)} cases; brackets are certain, rounded outwards</caption>"
    return f"{HEAD}{caption}<thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div></main></body></html>\n"


def _cells(row: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = row.get(name, "")
        shown = interval(value) if name in BRACKETS else str("" if value is None else value)
        yield f"<td>{html.escape(shown)}</td>"


def interval(pair: Any) -> str:
    """A pair of value strings in decimals, rounded outwards."""
    if not pair:
        return ""
    low, high = (parse(x) for x in pair)
    down, up = decimal_down(low, 7), decimal_up(high, 7)
    return down if low == high and down == up else f"[{down}, {up}]"
