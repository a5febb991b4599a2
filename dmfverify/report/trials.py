"""Pictures of trials: errors against noise with both bounds, how near the bound they come, what is recovered where.

Main definitions
    `error_against_noise`   every trial as a dot in log-log, both certified bounds as lines
    `tightness_histogram`   distance / bound over the noisy trials, by kind of noise
    `phase_transition`      the share that is recovered over two sizes, as a grid
    `trials_page`           the first two with the numbers, as one HTML page

They take the rows of recovery.csv (mappings of text or numbers) and return matplotlib figures without global state.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import one_line
from .pictures import ACCENT, INK, QUIET, WIDTH, inline_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
SHADES = {
    "none": INK,
    "random": "#8a9199",
    "structured": "#b58b3c",
    "adversarial": "#a33b3b",
    "pair": ACCENT,
    "far": "#5d8f5a",
}
LEAST = 1e-17
"""Where an error of zero is drawn."""
BINS = 30


def error_against_noise(rows: Sequence[Row]) -> Figure:
    """Distances of noisy trials against delta + eta, log-log, with the bounds.

    Parameters
    ----------
    rows
        Of recovery.csv: ``kind``, ``delta``, ``eta``, ``distance``, ``bound``, ``lifted_distance``, ``lifted_bound``.

    Returns
    -------
    Figure
        Left the distance of classes, right path products.  Where the bound depends on the planted h, the line is the
        largest bound of the trials; each trial is compared with its own.
    """
    figure, rows = _figure(3.3), [row for row in rows if _number(row["delta"]) > 0]
    for place, (distance, bound, name) in enumerate(
        (("distance", "bound", "distance of the classes"), ("lifted_distance", "lifted_bound", "path products"))
    ):
        axes = figure.add_subplot(1, 2, place + 1)
        _dots(axes, rows, distance)
        _line(axes, rows, bound)
        axes.set(xscale="log", yscale="log", xlabel="δ + η", ylabel=name)
    if rows:
        figure.axes[0].legend(fontsize=7, frameon=False)
    return figure


def _dots(axes: Axes, rows: Sequence[Row], column: str) -> None:
    for kind in _kinds(rows):
        part = [row for row in rows if row["kind"] == kind]
        x = [max(_noise(row), LEAST) for row in part]
        y = [max(_number(row[column]), LEAST) for row in part]
        axes.scatter(x, y, s=7, color=SHADES.get(kind, QUIET), label=kind, linewidths=0, alpha=0.7)


def _line(axes: Axes, rows: Sequence[Row], column: str) -> None:
    slopes = [_number(row[column]) / _noise(row) for row in rows if _noise(row) > 0 and _number(row[column]) > 0]
    finite = [slope for slope in slopes if math.isfinite(slope)]
    if finite:
        noises = [max(_noise(row), LEAST) for row in rows]
        ends = [min(noises), max(noises)]
        axes.plot(ends, [max(finite) * x for x in ends], color=INK, linewidth=1, label="certified bound")


def tightness_histogram(rows: Sequence[Row]) -> Figure:
    """Distance / bound over the noisy trials, stacked by kind of noise; left the classes, right path products."""
    figure = _figure(2.6)
    for place, (column, name) in enumerate(
        (("tightness", "distance / bound"), ("lifted_tightness", "path products / bound"))
    ):
        axes = figure.add_subplot(1, 2, place + 1)
        kinds = [kind for kind in _kinds(rows) if kind != "none"]
        values = [
            [v for row in rows if row["kind"] == kind and 0 <= (v := _number(row[column])) < math.inf] for kind in kinds
        ]
        shades = [SHADES.get(kind, QUIET) for kind in kinds]
        if any(values):
            axes.hist(values, bins=BINS, range=(0, 1), stacked=True, color=shades, label=kinds)
        axes.set(xlim=(0, 1.02), xlabel=name, ylabel="trials")
        axes.axvline(1, color=INK, linewidth=1)
    if figure.axes[1].has_data() and figure.axes[1].patches:
        figure.axes[1].legend(fontsize=7, frameon=False)
    return figure


def phase_transition(rows: Sequence[Row], x: str = "m", y: str = "S", value: str = "success_rate") -> Figure:
    """The share of trials that are recovered over two sizes: dark is all, white none, crossed where nothing ran.

    Parameters
    ----------
    rows
        Mappings with the columns `x`, `y` (numbers) and `value` (between 0 and 1).
    """
    across, up = (sorted({_number(row[name]) for row in rows}) for name in (x, y))
    grid = [[math.nan] * len(across) for _ in up]
    for row in rows:
        grid[up.index(_number(row[y]))][across.index(_number(row[x]))] = _number(row[value])
    figure = _figure(3.3)
    axes = figure.add_subplot(1, 1, 1)
    axes.set_facecolor("#e6e2d8")
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel=x, ylabel=y, xticks=range(len(across)), yticks=range(len(up)))
    axes.set_xticklabels([f"{v:g}" for v in across])
    axes.set_yticklabels([f"{v:g}" for v in up])
    figure.colorbar(image, ax=axes, label="recovered")
    return figure


PICTURES = (
    ("Error against noise, with the certified bounds.", error_against_noise),
    ("How near the trials come to the bounds.", tightness_histogram),
)
MOST_TRIALS = 3_000
"""Rows that a picture of a report shows."""


def trial_figures(rows: Sequence[Row]) -> list[tuple[str, Figure]]:
    """(caption, figure) of the pictures of trials; none where there are no trials."""
    return [(caption, draw(rows)) for caption, draw in PICTURES] if rows else []


def trials_beside(folder: Path, statement_sha256: object) -> list[dict[str, str]]:
    """The rows of recovery.csv in a folder, when recovery.json there is about trials of this statement; else none."""
    try:
        body = json.loads((folder / "recovery.json").read_text(encoding="utf-8"))
        if body["statement_sha256"] != statement_sha256 or not body["trials"]:
            return []
        with (folder / "recovery.csv").open(newline="", encoding="utf-8") as file:
            rows = list(itertools.islice(csv.DictReader(file), MOST_TRIALS))
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return []
    return rows if all(COLUMNS <= set(row) for row in rows) else []


COLUMNS = {
    "kind", "delta", "eta", "distance", "bound", "tightness", "lifted_distance", "lifted_bound", "lifted_tightness",
}  # fmt: skip


def trials_page(body: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """A page with both pictures and the numbers of recovery.json; every word of the case is escaped."""
    title = escape(one_line(str(body.get("title") or "trials"), 200))
    facts = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in _facts(body))
    drawn = "".join(
        f"<figure>{inline_svg(draw(rows), caption, f't{n}')}<figcaption>{caption}</figcaption></figure>"
        for n, (caption, draw) in enumerate(PICTURES)
    )
    return PAGE.format(title=title, facts=facts, pictures=drawn if rows else "")


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Trials: {title}</title>
<style>
:root {{ color-scheme: light dark; --quiet: #555c64; --panel: #f4f1ea; --accent: #23558c; }}
@media (prefers-color-scheme: dark) {{ :root {{ --quiet: #aab1b8; --panel: #2a2d31; --accent: #8ab6e8; }} }}
body {{ font: 16px/1.5 Georgia, serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }}
th {{ text-align: left; font-weight: normal; padding-right: 2rem; color: var(--quiet); }}
figure {{ margin: 2rem 0; }} svg {{ width: 100%; height: auto; }} figcaption {{ color: var(--quiet); }}
</style></head><body>
<h1>{title}</h1>
<p>Parameters were planted and recovered from noisy products; a trial whose error exceeds its certified bound is a
violation. The rows stand in recovery.csv.</p>
<table>{facts}</table>
{pictures}
</body></html>
"""


def _facts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    rate = body.get("success_rate")
    found = [("trials", str(body.get("trials"))), ("violations", str(body.get("violations")))]
    found.append(("recovered to 1e-8 without noise", "none without noise" if rate is None else f"{rate:.0%}"))
    for key, name in (("tightness", "distance / bound"), ("lifted_tightness", "path products / bound")):
        part = body.get(key)
        found.append(
            (name, f"median {part['median']:.3g}, largest {part['max']:.3g}" if part else "no certified bound")
        )
    return found


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained")


def _kinds(rows: Sequence[Row]) -> list[str]:
    found = {str(row["kind"]) for row in rows}
    return [kind for kind in SHADES if kind in found] + sorted(found - set(SHADES))


def _noise(row: Row) -> float:
    return _number(row["delta"]) + _number(row["eta"])


def _number(value: Any) -> float:
    """A number of a CSV file; nan where there is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
