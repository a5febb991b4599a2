"""Pictures of a result, as matplotlib figures: each a function that takes a `Result`.

Main definitions
    `architecture`        the factors and their supports
    `shifts_on_a_circle`  which shift each choice of taps reaches, on the circle, coloured by path
    `singular_values`     the spectrum of the lifting
    `bracket_over_time`   how the bracket of gamma closed, method by method
    `pairs_of_supports`   the least singular value of each pair of a small family

A function answers None where its picture would say nothing.  All but the first two are drawn from estimates, which
result.json holds beside what is certain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import one_line
from ..problem.forms import Statement
from .decimals import value_of
from .names import Names
from .pictures import ACCENT, INK, QUIET, WIDTH, _style, figures, show
from .small import TooBig, choices

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CHOICES = 400
COLOURS = ("#23558c", "#a0522d", "#2e7d4f", "#7b4b94", "#b8860b", "#3f6b74", "#8b3a4a", "#5a6b2d")
"""One a path; further paths begin again."""


class Seen(Protocol):
    """What a picture is drawn from: a `Result`, or anything with these three."""

    @property
    def json(self) -> dict[str, Any]:
        """The object of result.json."""

    @property
    def question(self) -> Statement:
        """The exact question."""

    @property
    def names(self) -> Names:
        """The user's names."""


def architecture(result: Seen) -> Figure:
    """The factors of the problem, with their support structure below."""
    return show(result.question, result.names)


def shifts_on_a_circle(result: Seen) -> Figure | None:
    """Where the choices of one tap on each edge of a path end on the circle: one dot each, collisions stacked outwards.

    For circular networks of one dimension with stride one and at most `MOST_CHOICES` choices.
    """
    statement, names = result.question, result.names
    first = statement.forms[0]
    if getattr(first, "boundary", "") != "circular" or len(getattr(first, "grid", ())) != 1:
        return None
    try:
        found = choices(statement, MOST_CHOICES)
    except TooBig:
        return None
    paths = [tuple(names.edge(k, i) for k, i in enumerate(chosen)) for chosen, _, _ in found]
    order = {path: n for n, path in enumerate(dict.fromkeys(paths))}
    figure, axes = _square()
    _circle(axes, first.grid[0])  # type: ignore[union-attr]
    height: dict[tuple[int, int], int] = {}
    leaves = 1 + max(leaf for _, leaf, _ in found)
    for path, (_, leaf, (shift,)) in zip(paths, found, strict=True):
        level = height[leaf, shift] = height.get((leaf, shift), 0) + 1
        angle = 2 * math.pi * shift / first.grid[0]  # type: ignore[union-attr]
        radius = 1 - 0.18 * leaf / leaves * 3 + 0.09 * (level - 1)
        colour = COLOURS[order[path] % len(COLOURS)]
        axes.plot(radius * math.sin(angle), radius * math.cos(angle), "o", ms=5, color=colour)
    _legend(axes, order)
    return figure


def _square() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.add_axes((0.02, 0.02, 0.56, 0.96))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure, axes


def _circle(axes: Axes, N: int) -> None:
    turn = [2 * math.pi * t / 200 for t in range(201)]
    axes.plot([math.sin(a) for a in turn], [math.cos(a) for a in turn], color=QUIET, lw=0.6, zorder=0)
    step = max(1, N // 16)
    for s in range(0, N, step):
        angle = 2 * math.pi * s / N
        at = (1.35 * math.sin(angle), 1.35 * math.cos(angle))
        axes.text(*at, str(s), fontsize=7, color=QUIET, ha="center", va="center")
    axes.set_xlim(-1.7, 1.7)
    axes.set_ylim(-1.7, 1.7)


def _legend(axes: Axes, order: dict[tuple[str, ...], int]) -> None:
    named = [(" · ".join(path), n) for path, n in order.items() if any(path)][: len(COLOURS)]
    for text, n in named:
        axes.plot([], [], "o", ms=5, color=COLOURS[n % len(COLOURS)], label=one_line(text, 48).replace("$", r"\$"))
    if named:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7.5, frameon=False, labelcolor=INK)


def singular_values(result: Seen) -> Figure | None:
    """The singular values of the lifting in decreasing order (estimates), with the certified least and greatest."""
    lifting = result.json.get("lifting") or {}
    values = lifting.get("singular_values_estimate")
    if not values or max(values) == min(values):
        return None
    figure, axes = _axes(2.6)
    axes.semilogy(range(1, len(values) + 1), values, "o", ms=3, color=ACCENT)
    for key in ("sigma_min", "sigma_max"):
        ends = [value_of(end) for end in lifting.get(key) or ()]
        if ends and ends[0] > 0 and ends[1] < math.inf:
            axes.axhspan(float(ends[0]), float(ends[1]), color=QUIET, lw=0.8, alpha=0.8)
    axes.set_xlabel("number", fontsize=8, color=QUIET)
    axes.set_ylabel("singular value", fontsize=8, color=QUIET)
    return figure


def bracket_over_time(result: Seen) -> Figure | None:
    """The bracket of gamma after each method that narrowed it, with the seconds of the search that had passed."""
    rows = list(_history(result.json))
    if len(rows) < 2:
        return None
    figure, axes = _axes(0.9 + 0.34 * len(rows))
    finite = [end for _, _, lo, hi in rows for end in (lo, hi) if end is not None]
    reach = 1.15 * max(finite) + 0.1
    for y, (_, _, lo, hi) in enumerate(rows):
        axes.plot([lo, reach if hi is None else hi], [y, y], color=ACCENT, lw=2.5, solid_capstyle="butt")
        axes.plot([lo], [y], "|", ms=9, color=ACCENT)
        axes.plot([reach if hi is None else hi], [y], ">" if hi is None else "|", ms=9 if hi else 6, color=ACCENT)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    labels = [f"{one_line(name, 40)}, {seconds:.3g} s".replace("$", r"\$") for name, seconds, _, _ in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.set_position((0.3, 0.42 / (0.9 + 0.34 * len(rows)), 0.67, 1 - 0.5 / (0.9 + 0.34 * len(rows))))
    axes.set_xlabel("null space constant γ; an arrow means no upper end", fontsize=8, color=QUIET)
    return figure


def _history(body: dict[str, Any]) -> Iterator[tuple[str, float, float, float | None]]:
    """(method, seconds since the start, lo, hi or None for infinity) whenever the bracket changed."""
    elapsed, before = 0.0, [1.0, None]
    for row in body.get("methods") or []:
        elapsed += row.get("seconds") or 0.0
        pair = row.get("gamma_estimate")
        if pair and pair[0] is not None and pair != before:  # an infinite constant has no place on an axis
            yield row["name"], elapsed, pair[0], pair[1]
            before = pair


def pairs_of_supports(result: Seen) -> Figure | None:
    """The least singular value on the union of two boxes, for each pair of supports of a small family (estimates)."""
    table = (result.json.get("sparse_dnsp") or {}).get("pairs_estimate")
    if not table or len(table) < 3:
        return None
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.add_axes((0.1, 0.12, 0.62, 0.82))
    image = axes.imshow(table, cmap="cividis", origin="upper", interpolation="nearest")
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.set_label("least singular value (estimate)", fontsize=8, color=QUIET)
    bar.ax.tick_params(labelsize=8, colors=QUIET)
    axes.set_xlabel("support of g", fontsize=8, color=QUIET)
    axes.set_ylabel("support of h", fontsize=8, color=QUIET)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    _style(axes)
    return figure


def _axes(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.11, 0.2, 0.86, 0.76))
    _style(axes)
    axes.tick_params(which="minor", labelsize=7, colors=QUIET, length=1)
    axes.grid(color=QUIET, alpha=0.2, linewidth=0.6)
    return figure, axes


PICTURES: dict[str, tuple[str, Callable[[Seen], Figure | None]]] = {
    "spectrum": ("Singular values of the lifting, in decreasing order: estimates; the certified least and greatest as "
                  "lines.", singular_values),
    "bracket": ("The bracket of the null space constant γ, as the methods closed it.", bracket_over_time),
    "shifts": ("Where the choices of one tap on each edge end on the circle, one dot each; choices that share a shift "
               "stand above each other.", shifts_on_a_circle),
    "pairs": ("The least singular value on the union of two boxes, for each pair of supports (estimates).",
              pairs_of_supports),
}  # fmt: skip
"""Caption and function of the pictures that a report shows beside the architecture."""


@dataclass(frozen=True)
class _Page:
    """What a page has of a result."""

    json: dict[str, Any]
    question: Statement
    names: Names


def all_figures(body: Mapping[str, Any], statement: Statement, names: Names) -> Iterator[tuple[str, Figure]]:
    """(caption, figure) of the architecture's pictures and of those that say something about this result."""
    yield from figures(statement, names)
    for caption, draw in PICTURES.values():
        figure = draw(_Page(dict(body), statement, names))
        if figure is not None:
            yield caption, figure
