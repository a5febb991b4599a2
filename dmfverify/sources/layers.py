"""A graph of linear operations, cut into layers: each operation lies in one, branches are carried on beside it.

Main definitions
    `Value`   what flows: the input, the output of an operation, or a joint (a sum, a concatenation)
    `Group`   a value at a level: nodes of the network, coordinates between two factors
    `Link`    what leads from a group to a group of the next level: an operation, or the identity
    `layers`  the links, layer by layer, from the input to the output

An operation lies in the layer after the value that it reads, so as early as it can.  Where its output goes nowhere
but into a joint of the same level, it ends in the joint's own nodes; everything else reaches a joint through the
identity, at the cost of one layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .operations import Cell, Operation


@dataclass(frozen=True, eq=False)
class Value:
    """A signal of `shape` (channels, then the grid; or features alone).

    `operation` reads `source` in the shape `seen`; a joint has `parts` instead, each with the coordinate at which
    it starts; the input has neither.
    """

    name: str
    shape: Cell
    operation: Operation | None = None
    source: Value | None = None
    seen: Cell = ()
    parts: tuple[tuple[Value, int], ...] = ()

    @property
    def read(self) -> tuple[Value, ...]:
        """The values that this one is made of."""
        return (self.source,) if self.source else tuple(value for value, _ in self.parts)


@dataclass(frozen=True)
class Group:
    """A value at a level: its own, or a later one to which it is carried on."""

    value: Value
    level: int

    @property
    def shape(self) -> Cell:
        """Channels, then the grid."""
        return self.value.shape


@dataclass(frozen=True)
class Link:
    """An operation, or the identity (`made` is None), into `target` from coordinate `offset` on."""

    made: Value | None
    source: Group
    target: Group
    offset: int = 0

    @property
    def operation(self) -> Operation | None:
        """What it does; None: nothing."""
        return self.made.operation if self.made else None

    @property
    def free(self) -> int:
        """The number of its parameters."""
        return 0 if self.operation is None or self.operation.value is not None else self.operation.weights


@dataclass
class _Cut:
    """The state of the cut: levels of values, links by layer, what is carried already."""

    values: list[Value]
    uses: Counter[Value]
    joined: set[Value]
    level: dict[Value, int] = field(default_factory=dict)
    merged: dict[Value, Value] = field(default_factory=dict)
    links: dict[int, list[Link]] = field(default_factory=dict)
    carried: set[Group] = field(default_factory=set)

    def place(self) -> None:
        """Give every value that has nodes of its own a level, and merge operations into joints."""
        for value in self.values:
            if value.parts and not self.melts(value):
                self.level[value] = 1 + max(self.level[part] - self.alone(part) for part, _ in self.expanded(value))
                self.merged |= {
                    part: value
                    for part, _ in self.expanded(value)
                    if self.alone(part) and self.level[part] == self.level[value]
                }
            elif not value.parts:
                self.level[value] = 1 + self.level[value.source] if value.source else 0

    def melts(self, value: Value) -> bool:
        """Whether a joint only goes into another joint, once."""
        return bool(value.parts) and self.uses[value] == 1 and value in self.joined

    def alone(self, value: Value) -> bool:
        """Whether a part of a joint is an operation whose output goes nowhere else."""
        return value.operation is not None and self.uses[value] == 1

    def expanded(self, joint: Value) -> Iterator[tuple[Value, int]]:
        """The parts of a joint, with those of the joints that melt into it."""
        for part, offset in joint.parts:
            if self.melts(part):
                yield from ((inner, offset + at) for inner, at in self.expanded(part))
            else:
                yield part, offset

    def carry(self, value: Value, level: int) -> Group:
        """The value at a level, carried on from its own."""
        for later in range(self.level[value] + 1, level + 1):
            group = Group(value, later)
            if group not in self.carried:
                self.carried.add(group)
                self.add(Link(None, Group(value, later - 1), group))
        return Group(value, level)

    def add(self, link: Link) -> None:
        self.links.setdefault(link.target.level, []).append(link)

    def link(self, value: Value) -> None:
        """The links into the nodes of a value."""
        if value.parts:
            for part, offset in self.expanded(value):
                if self.merged.get(part) is value:
                    self.operate(part, value, offset)
                else:
                    target = Group(value, self.level[value])
                    self.add(Link(None, self.carry(part, target.level - 1), target, offset))
        elif value.source and value not in self.merged:
            self.operate(value, value, 0)

    def operate(self, made: Value, target: Value, offset: int) -> None:
        level = self.level[target]
        assert made.source is not None
        self.add(Link(made, self.carry(made.source, level - 1), Group(target, level), offset))


def layers(values: Sequence[Value], output: Value) -> list[list[Link]]:
    """The links by layer, from the input to the output; in a layer operations come first, in the order of `values`.

    Parameters
    ----------
    values
        All values, each after those that it is made of.
    output
        The last one; what does not lead to it is left out.
    """
    wanted = {output}
    for value in reversed(values):
        if value in wanted:
            wanted.update(value.read)
    kept = [value for value in values if value in wanted]
    joined = {read for value in kept if value.parts for read in value.read}
    cut = _Cut(kept, Counter(read for value in kept for read in value.read), joined)
    cut.uses[output] += 1
    cut.place()
    for value in kept:
        if not cut.melts(value):
            cut.link(value)
    order = {value: n for n, value in enumerate(kept)}
    return [
        sorted(cut.links[level], key=lambda link: order[link.made] if link.made else len(order))
        for level in sorted(cut.links)
    ]


def groups(level: Sequence[Link]) -> tuple[list[Group], list[Group]]:
    """The groups into which and from which the links of a layer lead, each in order of first appearance."""
    return list(dict.fromkeys(k.target for k in level)), list(dict.fromkeys(k.source for k in level))
