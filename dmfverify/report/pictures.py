"""Pictures of an architecture and of its supports, as matplotlib figures without global state.

Main definitions
    `show`       one figure: the architecture above, its supports below
    `figures`    the same as separate figures with captions, for a page
    `save`       a figure as svg, png or pdf, reproducible byte by byte
    `inline_svg` a figure as an ``<svg>`` that follows the colours of the page around it

A network is drawn as its graph, small patterns as neurons, everything else as a chain of boxes;
what is too large is counted in words.  All text is drawn as it is: no mathematics is read into
names.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, one_line
from ..problem.forms import Form, Known, Pattern, Statement, Taps, Terms
from .decimals import count
from .names import Names
from .words import listed, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.2
"""Inches, the width of a page's text."""
INK, QUIET, NODE, ACCENT = "#1e2226", "#555c64", "#f4f1ea", "#23558c"
CSS = {INK: "currentColor", QUIET: "var(--quiet)", NODE: "var(--panel)", ACCENT: "var(--accent)"}
"""What a page puts in place of our colours, so that a picture follows light and dark."""
MOST_NODES = 12
"""Nodes of a level that are drawn one by one."""
MOST_NEURONS, MOST_EDGES = 16, 160
MOST_ARROWS = 30
"""Edges of a layer that are drawn as arrows; more become plain lines."""
PER_ROW = 5
"""Boxes in a row of a chain."""
MOST_BOXES = 25
MOST_SPY = 8
CELLS = 64
"""Side of the grid to which a large support is reduced."""
MOST_ENTRIES = 400_000


@dataclass(frozen=True)
class Panel:
    """One picture: its caption, its height in inches, and what draws it into axes of WIDTH inches."""

    caption: str
    height: float
    draw: Callable[[Axes], None]


def show(case: Any, names: Names | None = None) -> Figure:
    """The architecture of a case or a statement, with its support structure below.

    Parameters
    ----------
    case
        A `Statement`, or an object whose ``statement`` attribute is one or returns one.
    names
        The user's names.
    """
    panels = _panels(_statement(case), names or Names())
    return _stack(panels)


def figures(statement: Statement, names: Names | None = None) -> Iterator[tuple[str, Figure]]:
    """(caption, figure) of every picture of a statement."""
    for panel in _panels(statement, names or Names()):
        yield panel.caption, _stack([panel], captions=False)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; the same figure gives the same bytes.

    Raises
    ------
    BadInput
        If the name ends in neither .svg, .png nor .pdf.
    """
    from matplotlib import rc_context

    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("svg", "png", "pdf"):
        raise BadInput(f"got the ending {path.suffix!r}, expected .svg, .png or .pdf", where=str(path))
    dateless = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[kind]
    with rc_context({"svg.hashsalt": "dmfverify", "svg.fonttype": "path"}), _quiet():
        figure.savefig(path, format=kind, dpi=200, metadata=dateless, facecolor="white")


def inline_svg(figure: Figure, title: str, prefix: str = "f") -> str:
    """The figure as an ``<svg role="img">`` element with its own ids, without date, script or outside reference."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "dmfverify", "svg.fonttype": "none"}), _quiet():
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return _inline(buffer.getvalue(), title, prefix)


def _inline(svg: str, title: str, prefix: str) -> str:
    body = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="([^"]*)"', body)
    body = body[body.index(">") + 1 :]
    for pattern in (r"<metadata>.*?</metadata>", r"<!--.*?-->", r"<style[^>]*>.*?</style>", r"<script.*?</script>"):
        body = re.sub(pattern, "", body, flags=re.DOTALL)
    body = re.sub(r' id="', f' id="{prefix}-', body)
    body = re.sub(r'href="#', f'href="#{prefix}-', body)
    body = body.replace("url(#", f"url(#{prefix}-").replace("xlink:href", "href")
    for colour, css in CSS.items():
        body = body.replace(colour, css)
    label = escape(one_line(title), quote=True)
    head = f'<svg role="img" aria-label="{label}" viewBox="{box[1] if box else ""}" stroke-linejoin="round"'
    return f"{head} stroke-linecap=\"butt\"><title>{label}</title>{_compact(body)}"


def _compact(body: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", body).strip()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of glyphs that a font lacks: names may be in any script."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _statement(case: Any) -> Statement:
    if isinstance(case, Statement):
        return case
    inner = getattr(case, "statement", None)
    inner = inner() if callable(inner) else inner
    if not isinstance(inner, Statement):
        raise TypeError(f"got {type(case).__name__}, expected a Statement or a case that has one")
    return inner


def _stack(panels: Sequence[Panel], *, captions: bool = True) -> Figure:
    """Panels below each other, with their captions as headings."""
    from matplotlib.figure import Figure

    gap = 0.42 if captions else 0.0
    total = sum(p.height + gap for p in panels)
    figure = Figure(figsize=(WIDTH, total))
    top = total
    for panel in panels:
        if captions:
            _text(figure, 0.02, (top - 0.28) / total, panel.caption, size=10, color=QUIET, ha="left", wide=110)
        top -= gap + panel.height
        axes = figure.add_axes((0, top / total, 1, panel.height / total))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(0, panel.height)
        panel.draw(axes)
    return figure


def _text(target: Any, x: float, y: float, text: str, *, size: float = 9, wide: int = 40, **style: Any) -> Any:
    """Text as it is: printable, short, no mathematics read into it."""
    style = {"ha": "center", "va": "center", "color": INK, **style}
    return target.text(x, y, one_line(text, wide), fontsize=size, parse_math=False, **style)


# Which pictures


def _panels(statement: Statement, names: Names) -> list[Panel]:
    forms = statement.forms
    if all(isinstance(f, Taps) for f in forms):
        first = _graph(statement, names) if _is_graph(forms) else _chain(statement, names)
        return [first, _tap_positions(statement, names)]
    panels = [_chain(statement, names)]
    if all(isinstance(f, Pattern) for f in forms) and _small(forms):
        panels.append(_neurons(statement, names))
    if any(_entries(f) <= MOST_ENTRIES for f in forms):
        panels.append(_spies(statement, names))
    return panels


def _is_graph(forms: Sequence[Form]) -> bool:
    """Whether the layers are worth drawing as a graph: some level or pair has several nodes or edges, none too many."""
    layers = [f for f in forms if isinstance(f, Taps)]
    levels = [layers[0].nodes[0], *(f.nodes[1] for f in layers)]
    short_path = max(levels) == 1 and len(layers) <= 6
    return (max(levels) > 1 or short_path) and max(levels) <= MOST_NODES and len(layers) <= 12


def _small(forms: Sequence[Form]) -> bool:
    sizes = [f.shape[0] for f in forms] + [forms[-1].shape[1]]
    return max(sizes) <= MOST_NEURONS and sum(f.parameters for f in forms) <= MOST_EDGES and len(forms) <= 12


def _entries(form: Form) -> int:
    """About how many entries the support of a factor has, without listing them."""
    if isinstance(form, Taps):
        return (len(form.taps) + len(form.fixed)) * math.prod(form.grid)
    return len(form.terms) if isinstance(form, Terms) else len(form.entries)


# A network as its graph


def _graph(statement: Statement, names: Names) -> Panel:
    layers = [f for f in statement.forms if isinstance(f, Taps)]
    levels = [layers[0].nodes[0], *(f.nodes[1] for f in layers)]
    tall = max(levels)
    height = max(1.5, 0.62 * tall + 0.75)
    size = " × ".join(count(n) for n in layers[-1].grid)
    paths = plural(len(layers), "layer")
    caption = f"The network: {paths}, signals of size {size}, inputs on the left, output on the right."
    return Panel(caption, height, lambda axes: _draw_graph(axes, layers, levels, height, names))


def _draw_graph(axes: Axes, layers: list[Taps], levels: list[int], height: float, names: Names) -> None:
    """Level k (0 is the output) stands k steps from the right."""
    order = _orders(layers, levels)
    step = (WIDTH - 1.3) / len(layers)
    free = height - 0.45

    def place(level: int, node: int) -> tuple[float, float]:
        rank = order[level].index(node)
        return WIDTH - 0.65 - level * step, 0.45 + free * (1 - (rank + 0.5) / levels[level])

    number = 0
    labelled = sum(len({t[:2] for t in layer.taps}) for layer in layers) <= 40
    for k, layer in enumerate(layers):
        _draw_layer(axes, layer, k, number, place, names, labelled, step)
        number += bool(layer.taps)
        heading = f"factor {number}" if layer.taps else "known"
        _text(axes, WIDTH - 0.65 - (k + 0.5) * step, 0.16, heading, size=8, color=QUIET)
    for level, size in enumerate(levels):
        for node in range(size):
            _node(axes, *place(level, node), names.node(level, node) or _node_name(level, node, levels))


def _node_name(level: int, node: int, levels: list[int]) -> str:
    if level == 0:
        return "y" if levels[0] == 1 else f"y{node}"
    if level == len(levels) - 1:
        return "x" if levels[-1] == 1 else f"x{node}"
    return ""


def _orders(layers: list[Taps], levels: list[int]) -> list[list[int]]:
    """The order of the nodes of each level from the top, by barycentres, so that few edges cross."""
    order = [list(range(n)) for n in levels]
    for k, layer in enumerate(layers):
        above = {node: place for place, node in enumerate(order[k])}
        reached: dict[int, list[int]] = {}
        for to, source in [t[:2] for t in layer.taps] + [f[:2] for f in layer.fixed]:
            reached.setdefault(source, []).append(above[to])
        order[k + 1].sort(key=lambda n, r=reached: sum(r.get(n, [0])) / len(r.get(n, [0])))  # type: ignore[misc]
    return order


def _draw_layer(
    axes: Axes, layer: Taps, k: int, number: int, place: Any, names: Names, labelled: bool, step: float
) -> None:
    edges = _edges(layer, number, names)
    if len(edges) > MOST_ARROWS:
        return _draw_lines(axes, {(place(k + 1, source), place(k, to)) for (to, source, _), _, _ in edges})
    parallel: dict[tuple[int, int], int] = {}
    for n, ((to, source, name), taps, fixed) in enumerate(edges):
        nth = parallel[to, source] = parallel.get((to, source), -1) + 1
        bend = (0, 0.25, -0.25, 0.45, -0.45)[nth % 5]
        start, end = place(k + 1, source), place(k, to)
        _arrow(axes, start, end, bend, dashed=fixed)
        if labelled:
            at = 0.5 if len(edges) == 1 else (0.34, 0.5, 0.66)[n % 3]
            bow = bend * math.dist(start, end) * 2 * at * (1 - at)
            wide = max(8, int(step * 12))
            label = f"{name} {listed(taps, 6)}" if name else listed(taps, 6)
            _tag(axes, _along(start, end, at, bow), label.strip(), wide)


def _draw_lines(axes: Axes, lines: set[tuple[tuple[float, float], tuple[float, float]]]) -> None:
    from matplotlib.collections import LineCollection

    axes.add_collection(LineCollection(sorted(lines), colors=QUIET, linewidths=0.6, zorder=1))


def _edges(layer: Taps, number: int, names: Names) -> list[tuple[tuple[int, int, str], list[str], bool]]:
    """((to, from, name), taps, whether known) for each edge, in the order of the parameters."""
    found: dict[tuple[int, int, str], list[str]] = {}
    for i, (to, source, shift) in enumerate(layer.taps):
        found.setdefault((to, source, names.edge(number, i)), []).append(_shift(shift))
    known: dict[tuple[int, int, str], list[str]] = {}
    for to, source, shift, value in layer.fixed:
        known.setdefault((to, source, ""), []).append(f"{_shift(shift)}: {one_line(str(value), 8)}")
    return [(e, t, False) for e, t in found.items()] + [(e, t, True) for e, t in known.items()]


def _shift(shift: tuple[int, ...]) -> str:
    return str(shift[0]) if len(shift) == 1 else f"({','.join(map(str, shift))})"


def _along(start: tuple[float, float], end: tuple[float, float], at: float, bow: float) -> tuple[float, float]:
    (x, y), (u, v) = start, end
    length = math.dist(start, end) or 1.0
    return x + at * (u - x) + bow * (v - y) / length, y + at * (v - y) - bow * (u - x) / length


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], bend: float, *, dashed: bool) -> None:
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(
        FancyArrowPatch(
            start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=9, shrinkA=11, shrinkB=11,
            color=QUIET, linewidth=1, linestyle="--" if dashed else "-", zorder=1,
        )
    )  # fmt: skip


def _node(axes: Axes, x: float, y: float, name: str) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle((x, y), 0.14, facecolor=NODE, edgecolor=INK, linewidth=1.1, zorder=3))
    inside = len(name) <= 2
    _text(axes, x, y if inside else y + 0.25, name, size=9 if inside else 8, wide=14, zorder=4)


def _tag(axes: Axes, at: tuple[float, float], label: str, wide: int) -> None:
    box = {"facecolor": NODE, "edgecolor": "none", "pad": 1.6}
    _text(axes, *at, label, size=8, wide=wide, color=ACCENT, bbox=box, zorder=2)


# A chain of boxes


def _chain(statement: Statement, names: Names) -> Panel:
    boxes = _boxes(statement, names)
    rows = -(-len(boxes) // PER_ROW)
    height = 1.02 * rows + 0.1
    rows_, cols = statement.product_shape
    caption = f"The product X ({count(rows_)} × {count(cols)}), {plural(statement.K, 'factor')} in product order."
    return Panel(caption, height, lambda axes: _draw_chain(axes, boxes, height))


def _boxes(statement: Statement, names: Names) -> list[tuple[str, str, str, bool]]:
    """(heading, first line, second line, known) of each box; the middle of a long chain is counted."""
    boxes, number = [], 0
    for place, form in enumerate(statement.forms):
        number += bool(form.parameters)
        heading = names.factor(place) or (f"factor {number}" if form.parameters else "known")
        size = f"{count(form.shape[0])} × {count(form.shape[1])}"
        boxes.append((heading, size, _kind(form), not form.parameters))
    if len(boxes) > MOST_BOXES:
        half = (MOST_BOXES - 1) // 2
        between = ("…", plural(len(boxes) - 2 * half, "more factor"), "", True)
        boxes = [*boxes[:half], between, *boxes[-half:]]
    return boxes


def _kind(form: Form) -> str:
    """A few words for a box."""
    if isinstance(form, Known):
        return "no parameter"
    if isinstance(form, Taps) and form.nodes == (1, 1) and len(form.taps) <= 3:
        return "taps " + listed([_shift(t[2]) for t in form.taps])
    return plural(form.parameters, "parameter")


def _draw_chain(axes: Axes, boxes: list[tuple[str, str, str, bool]], height: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    step = WIDTH / PER_ROW
    wide, tall = step - 0.22, 0.8
    for n, (heading, first, second, known) in enumerate(boxes):
        x, y = (n % PER_ROW) * step + 0.11, height - 0.1 - tall - (n // PER_ROW) * 1.02
        shape = FancyBboxPatch(
            (x, y), wide, tall, boxstyle="round,pad=0,rounding_size=0.06", facecolor=NODE,
            edgecolor=QUIET if known else INK, linewidth=1, linestyle="--" if known else "-",
        )  # fmt: skip
        axes.add_patch(shape)
        for line, (text, size, colour) in enumerate(((heading, 9, INK), (first, 8, QUIET), (second, 8, ACCENT))):
            _text(axes, x + wide / 2, y + tall - 0.18 - 0.22 * line, text, size=size, color=colour, wide=22)
        if n + 1 < len(boxes) and (n + 1) % PER_ROW:
            _text(axes, x + wide + 0.11, y + tall / 2, "·", size=14)


# Neurons


def _neurons(statement: Statement, names: Names) -> Panel:
    forms = [f for f in statement.forms if isinstance(f, Pattern)]
    levels = [f.shape[0] for f in forms] + [forms[-1].shape[1]]
    height = max(1.4, 0.3 * max(levels) + 0.5)
    caption = "The factors as layers of neurons, a line for each parameter; rows of X left, columns right."
    return Panel(caption, height, lambda axes: _draw_neurons(axes, forms, levels, height))


def _draw_neurons(axes: Axes, forms: list[Pattern], levels: list[int], height: float) -> None:
    from matplotlib.collections import LineCollection

    step = (WIDTH - 1.0) / len(forms)

    def place(level: int, node: int) -> tuple[float, float]:
        return 0.5 + level * step, 0.35 + (height - 0.45) * (1 - (node + 0.5) / levels[level])

    for k, form in enumerate(forms):
        lines = [(place(k, row), place(k + 1, col)) for row, col in form.entries]
        axes.add_collection(LineCollection(lines, colors=ACCENT, linewidths=0.9, zorder=1))
        _text(axes, 0.5 + (k + 0.5) * step, 0.14, f"factor {k + 1}", size=8, color=QUIET)
    points = [place(level, node) for level, size in enumerate(levels) for node in range(size)]
    xs, ys = zip(*points, strict=True)
    axes.scatter(xs, ys, s=42, facecolor=NODE, edgecolor=INK, linewidth=1, zorder=2)


# Supports


def _tap_positions(statement: Statement, names: Names) -> Panel:
    layers = [f for f in statement.forms if isinstance(f, Taps)]
    shown = min(len(layers), MOST_BOXES)
    height = 0.26 * shown + 0.75
    more = f" (the first {shown} layers)" if shown < len(layers) else ""
    caption = f"Support structure: the shifts of the taps, a row for each factor{more}."
    return Panel(caption, height, lambda axes: _draw_taps(axes, layers[:shown], height))


def _draw_taps(axes: Axes, layers: list[Taps], height: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    inner = axes.inset_axes((1.1, 0.5, WIDTH - 1.4, height - 0.6), transform=axes.transData)
    greatest = 0
    number = 0
    labels = []
    for k, layer in enumerate(layers):
        number += bool(layer.taps)
        labels.append(f"factor {number}" if layer.taps else "known")
        grid = layer.grid
        for taps, colour in ((layer.taps, ACCENT), (layer.fixed, QUIET)):
            flat = sorted({_flat(t[2], grid) for t in taps})
            flat = flat[:: max(1, len(flat) // 500)]
            greatest = max([greatest, *flat])
            inner.scatter(flat, [k] * len(flat), s=22, marker="s" if colour == ACCENT else "x", color=colour, zorder=2)
    if greatest > 128:
        inner.set_xscale("symlog", base=2, linthresh=1)
        inner.set_xlim(-0.5, greatest * 1.5)
        powers = [2**e for e in range(0, greatest.bit_length() + 1, max(1, greatest.bit_length() // 8))]
        inner.set_xticks([0, *powers])
    else:
        inner.set_xlim(-0.5, greatest + 0.5)
        inner.xaxis.set_major_locator(MaxNLocator(integer=True))
    inner.xaxis.set_major_formatter(FuncFormatter(lambda x, _: count(int(x))))
    inner.xaxis.minorticks_off()
    inner.set_ylim(len(layers) - 0.4, -0.6)
    inner.set_yticks(range(len(layers)), labels)
    unit = "shift" if len(layers[0].grid) == 1 else "shift, row by row of the grid"
    inner.set_xlabel(unit, fontsize=8, color=QUIET)
    _style(inner)
    inner.grid(axis="x", color=QUIET, alpha=0.25, linewidth=0.6)


def _flat(shift: tuple[int, ...], grid: tuple[int, ...]) -> int:
    """Row-major position; also for shifts beyond the grid (zero-padded layers)."""
    position = 0
    for s, n in zip(shift, grid, strict=True):
        position = position * n + s
    return position


def _style(axes: Axes) -> None:
    axes.tick_params(labelsize=8, colors=QUIET, length=2)
    axes.patch.set_alpha(0)
    for spine in axes.spines.values():
        spine.set_color(QUIET)
        spine.set_linewidth(0.8)


def _spies(statement: Statement, names: Names) -> Panel:
    forms = list(statement.forms[:MOST_SPY])
    columns = 4
    rows = -(-len(forms) // columns)
    height = 2.05 * rows
    more = f" (the first {MOST_SPY} factors)" if len(statement.forms) > MOST_SPY else ""
    caption = f"Support structure: the entries of each factor that can be non-zero{more}."
    return Panel(caption, height, lambda axes: _draw_spies(axes, forms, columns, height, names))


def _draw_spies(axes: Axes, forms: list[Form], columns: int, height: float, names: Names) -> None:
    side = WIDTH / columns
    for n, form in enumerate(forms):
        x, y = (n % columns) * side, height - (n // columns + 1) * 2.05
        heading = names.factor(n) or f"{count(form.shape[0])} × {count(form.shape[1])}"
        _text(axes, x + side / 2, y + 1.92, heading, size=8, color=QUIET, wide=24)
        if _entries(form) > MOST_ENTRIES:
            _text(axes, x + side / 2, y + 0.95, "too large to draw", size=8, color=QUIET)
        else:
            _spy(axes.inset_axes((x + 0.12, y + 0.12, side - 0.24, 1.66), transform=axes.transData), form)


def _spy(axes: Axes, form: Form) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    rows, cols = form.shape
    high, wide = min(rows, CELLS), min(cols, CELLS)
    cells = {(r * high // rows, c * wide // cols) for r, c in _positions(form)}
    colour = ACCENT if form.parameters else QUIET
    squares = [Rectangle((c, high - 1 - r), width, 1) for r, c, width in _runs(cells)]
    axes.add_collection(PatchCollection(squares, facecolor=colour, edgecolor="none"))
    axes.set_xlim(0, wide)
    axes.set_ylim(0, high)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    _style(axes)


def _runs(cells: set[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """(row, first column, length) of the horizontal runs of a set of cells: few rectangles for dense supports."""
    for row, col in sorted(cells):
        if (row, col - 1) not in cells:
            end = col
            while (row, end) in cells:
                end += 1
            yield row, col, end - col


def _positions(form: Form) -> Iterator[tuple[int, int]]:
    """The entries of a factor that can be non-zero."""
    if isinstance(form, Taps):
        for i in range(form.parameters):
            yield from ((r, c) for r, c, _ in form.basis(i))
        yield from ((r, c) for r, c, _ in form.known())
    elif isinstance(form, Terms):
        yield from ((r, c) for _, r, c, _ in form.terms)
    else:
        yield from ((e[0], e[1]) for e in form.entries)
