"""What the equivalence leaves free at given parameters: the parameters on a path, and the directions of the scalings.

Main definitions
    `Chart`   parameters on a path of a support, and the tangents of the scalings there
    `chart`   of a statement
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..problem.forms import Statement, Support
from .graph import layered


@dataclass(frozen=True)
class Chart:
    """Parameters `numbers[k]` of factor k lie on a path; a joint scales `ups` and divides `downs`.

    Attributes
    ----------
    numbers
        Over the factors, sorted.
    joints
        One pair of lists of (factor, parameter) for each free scalar.
    """

    numbers: tuple[tuple[int, ...], ...]
    joints: tuple[tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]], ...]

    @property
    def order(self) -> list[tuple[int, int]]:
        """All parameters on a path as (factor, parameter)."""
        return [(k, i) for k, part in enumerate(self.numbers) for i in part]

    def tangents(self, values: Sequence[Sequence[int]]) -> list[dict[int, int]]:
        """For each joint what it does to `values`, as {place in `order`: integer}."""
        place = {key: n for n, key in enumerate(self.order)}
        found = []
        for ups, downs in self.joints:
            vector = {place[k, i]: values[k][i] for k, i in ups if values[k][i]}
            vector.update({place[k, i]: -values[k][i] for k, i in downs if values[k][i]})
            found.append(vector)
        return found


def chart(statement: Statement, support: Support) -> Chart:
    """The chart of a support.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> found = chart(Statement("neuron-scale", (full, full)), ((0, 1, 2, 3),) * 2)
    >>> found.joints[0]
    (((0, 0), (0, 2)), ((1, 0), (1, 1)))
    """
    if statement.equivalence == "scale":
        parts = [tuple((k, i) for i in part) for k, part in enumerate(support)]
        return Chart(tuple(map(tuple, support)), tuple(zip(parts[:-1], parts[1:], strict=True)))
    graph = layered(statement, support)
    kept = [part[mask].tolist() for part, mask in zip(graph.kept, graph.alive, strict=True)]
    left = [part[mask].tolist() for part, mask in zip(graph.left, graph.alive, strict=True)]
    right = [part[mask].tolist() for part, mask in zip(graph.right, graph.alive, strict=True)]
    joints = []
    for k, hubs in enumerate(graph.hubs):
        owner = {label: n for n, hub in enumerate(hubs) for label in hub}
        onward = {b: n for n, hub in enumerate(hubs) for b in graph.follow(k, hub)}
        ups: list[list] = [[] for _ in hubs]
        downs: list[list] = [[] for _ in hubs]
        for i, label in zip(kept[k], right[k], strict=True):
            ups[owner[label]].append((k, i))
        for i, label in zip(kept[k + 1], left[k + 1], strict=True):
            downs[onward[label]].append((k + 1, i))
        joints += [(tuple(u), tuple(d)) for u, d in zip(ups, downs, strict=True)]
    return Chart(tuple(tuple(sorted(part)) for part in kept), tuple(joints))
