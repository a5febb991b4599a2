"""Which multi-indices are coordinates: all of them, or those that follow a path.

Main definition
    `Alive`  the layered graph whose paths are the alive multi-indices: parameter i of factor k
             enters at the label ``left[k][i]``, leaves at ``right[k][i]``, and may be followed by
             j of the next factor when ``left[k+1][j]`` is in ``joins[k][right[k][i]]``

Labels are rows and columns (neuron-scale), nodes of the network (path-scale), or a single 0
(scale, where everything is alive).  Counting, ranking and listing are dynamic programs over the
layers: nothing is enumerated unless it is asked for (docs/certificate-format.md, "Coordinates").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..problem.forms import Pattern, Statement, Support, Taps
from .limits import COORDINATES, require

MultiIndex = tuple[int, ...]
Labels = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Alive:
    """The layered graph of alive multi-indices, perhaps restricted to a box.

    Examples
    --------
    >>> alive = Alive(((0, 0), (0, 1)), ((0, 1), (0, 0)), ({0: frozenset({0}), 1: frozenset({1})},))
    >>> alive.count, list(alive), alive.position((1, 1))
    (2, [(0, 0), (1, 1)], 1)
    """

    left: Labels
    right: Labels
    joins: tuple[dict[int, frozenset[int]], ...]
    box: Support | None = None

    @property
    def K(self) -> int:
        """Factors with parameters."""
        return len(self.left)

    @cached_property
    def allowed(self) -> Support:
        """For each factor the indices of the box, sorted."""
        return self.box or tuple(tuple(range(len(labels))) for labels in self.left)

    def inside(self, box: Support) -> Alive:
        """The same graph with the indices of `box` only."""
        kept = [sorted(set(a) & set(b)) for a, b in zip(self.allowed, box, strict=True)]
        return Alive(self.left, self.right, self.joins, tuple(tuple(s) for s in kept))

    @cached_property
    def tails(self) -> list[dict[int, int]]:
        """For each factor and index, how many alive ways lead on to the last factor."""
        found: list[dict[int, int]] = [{i: 1 for i in self.allowed[-1]}]
        for k in range(self.K - 2, -1, -1):
            entering: dict[int, int] = {}
            for i, ways in found[0].items():
                entering[self.left[k + 1][i]] = entering.get(self.left[k + 1][i], 0) + ways
            leaving = {label: sum(entering.get(t, 0) for t in into) for label, into in self.joins[k].items()}
            found.insert(0, {i: leaving.get(self.right[k][i], 0) for i in self.allowed[k]})
        return found

    @cached_property
    def count(self) -> int:
        """The number of alive multi-indices, exactly."""
        return sum(self.tails[0].values())

    @cached_property
    def next_indices(self) -> list[dict[int, list[int]]]:
        """For each factor k: label -> sorted indices that may follow it and lead on to the end.

        Factor 0 has the one label -1.
        """
        found = [{-1: [i for i, ways in self.tails[0].items() if ways]}]
        for k in range(1, self.K):
            by_label: dict[int, list[int]] = {}
            for i, ways in self.tails[k].items():
                if ways:
                    by_label.setdefault(self.left[k][i], []).append(i)
            merged = {
                label: sorted(i for t in into for i in by_label.get(t, ())) for label, into in self.joins[k - 1].items()
            }
            found.append(merged)
        return found

    def __contains__(self, index: MultiIndex) -> bool:
        if len(index) != self.K or any(i not in self.tails[k] for k, i in enumerate(index)):
            return False
        pairs = zip(range(self.K - 1), index[:-1], index[1:], strict=True)
        return all(self.left[k + 1][j] in self.joins[k].get(self.right[k][i], ()) for k, i, j in pairs)

    def position(self, index: MultiIndex) -> int:
        """The place of an alive `index` in lexicographic order (KeyError when it is not alive)."""
        if index not in self:
            raise KeyError(f"{index} is not an alive multi-index")
        place, label = 0, -1
        for k, i in enumerate(index):
            place += sum(self.tails[k][j] for j in self.next_indices[k][label] if j < i)
            label = self.right[k][i]
        return place

    def at(self, place: int) -> MultiIndex:
        """The multi-index at `place`: the inverse of `position`."""
        if not 0 <= place < self.count:
            raise IndexError(f"{place} is not in 0..{self.count - 1}")
        index, label = [], -1
        for k in range(self.K):
            for i in self.next_indices[k][label]:
                if place < self.tails[k][i]:
                    break
                place -= self.tails[k][i]
            index.append(i)
            label = self.right[k][i]
        return tuple(index)

    @cached_property
    def array(self) -> np.ndarray:
        """All alive multi-indices as rows, in lexicographic order."""
        require("listing the coordinates", self.count, COORDINATES)
        rows = np.zeros((1, 0), dtype=np.int64)
        labels = np.full(1, -1)
        for k in range(self.K):
            step = self.step(k)
            parent, i = step.children(labels)
            rows = np.hstack([rows[parent], i[:, None]])
            labels = np.array(self.right[k], dtype=np.int64)[i]
        return rows

    def __iter__(self) -> Iterator[MultiIndex]:
        return (tuple(row) for row in self.array.tolist())

    def step(self, k: int) -> Step:
        """Factor k as a table from labels to next indices."""
        table = self.next_indices[k]
        return Step.of(table, len(self.left[k]))


@dataclass(frozen=True)
class Step:
    """Label -> next indices, as arrays: what appending factor k does to a list of prefixes."""

    labels: np.ndarray
    start: np.ndarray
    indices: np.ndarray
    keys: np.ndarray
    size: int

    @classmethod
    def of(cls, table: dict[int, list[int]], size: int) -> Step:
        """From a table label -> sorted indices below `size`."""
        labels = sorted(table)
        lengths = np.array([len(table[label]) for label in labels], dtype=np.int64)
        indices = np.array([i for label in labels for i in table[label]], dtype=np.int64)
        rank = np.repeat(np.arange(len(labels)), lengths)
        return cls(
            np.array(labels, dtype=np.int64),
            np.concatenate([[0], np.cumsum(lengths)]),
            indices,
            rank * size + indices,
            size,
        )

    def slots(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each prefix its label's slot and its number of children."""
        slot = np.searchsorted(self.labels, labels)
        slot = np.minimum(slot, max(0, len(self.labels) - 1))
        known = self.labels[slot] == labels if len(self.labels) else np.zeros(len(labels), dtype=bool)
        return slot, np.where(known, self.start[slot + 1] - self.start[slot], 0)

    def children(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Parents and appended indices of all children, in lexicographic order."""
        slot, counts = self.slots(labels)
        parent, offset = spread(counts)
        return parent, self.indices[self.start[slot][parent] + offset]

    def child(self, labels: np.ndarray, parent: np.ndarray, i: np.ndarray) -> np.ndarray:
        """The places of the children (parent, i), -1 where i may not follow."""
        slot, counts = self.slots(labels)
        first = np.concatenate([[0], np.cumsum(counts)])
        key = slot[parent] * self.size + i
        at = np.minimum(np.searchsorted(self.keys, key), max(0, len(self.keys) - 1))
        found = (self.keys[at] == key) & (counts[parent] > 0) if len(self.keys) else np.zeros(len(key), dtype=bool)
        return np.where(found, first[parent] + at - self.start[slot[parent]], -1)


def spread(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For counts c_0, c_1, ...: the owners 0 (c_0 times), 1 (c_1 times), ... and 0..c-1 within each.

    >>> spread(np.array([2, 0, 1]))
    (array([0, 0, 2]), array([0, 1, 0]))
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - first[owner]


def alive(statement: Statement) -> Alive:
    """The alive multi-indices of a statement."""
    if statement.equivalence == "scale":
        zeros = tuple((0,) * s for s in statement.sizes)
        return Alive(zeros, zeros, tuple({0: frozenset({0})} for _ in zeros[1:]))
    ends = [_ends(factor) for factor in statement.factors]
    return Alive(tuple(e[0] for e in ends), tuple(e[1] for e in ends), tuple(_joins(statement)))


def _ends(factor: object) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Left and right labels of the parameters of a factor."""
    if isinstance(factor, Pattern):
        return tuple(r for r, _ in factor.entries), tuple(c for _, c in factor.entries)
    if isinstance(factor, Taps):
        return tuple(t[0] for t in factor.taps), tuple(t[1] for t in factor.taps)
    raise TypeError("path-scale needs taps factors, neuron-scale needs pattern factors")


def _joins(statement: Statement) -> Iterator[dict[int, frozenset[int]]]:
    """Between neighbouring factors with parameters: which label leads to which, through fixed taps."""
    forms = list(statement.forms)
    places = [p for p, form in enumerate(forms) if form.parameters]
    for p, q in zip(places[:-1], places[1:], strict=True):
        starts = sorted(set(_ends(forms[p])[1]))
        yield {label: _through(label, forms[p + 1 : q]) for label in starts}


def _through(label: int, layers: Sequence[object]) -> frozenset[int]:
    reached = {label}
    for layer in layers:
        if not isinstance(layer, Taps):
            raise TypeError("path-scale needs taps factors only")
        reached = {source for to, source, *_ in layer.fixed if to in reached}
    return frozenset(reached)
