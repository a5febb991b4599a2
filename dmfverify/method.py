"""What a method is: one small file with the theorem that it implements at its head.

A method reads a `Lifting` (the statement with what is known of A) and the facts that the checker
has proved so far, and returns claims or the reason why it has none.  It may be floating point,
clever or wrong: only what the checker accepts is ever said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .certificate import Claim, Nothing
from .exact import parse

if TYPE_CHECKING:
    from .lifting import Lifting

Proved = Mapping[str, Any]
"""What the checker has proved so far: paths of result.json to strings, integers or pairs."""

PRIMES = (1_048_573, 1_048_571, 1_048_559)
"""The greatest primes below 2^20: what the slots of the checker's elimination hold."""


@dataclass(frozen=True)
class Budget:
    """Seconds, the seed, and how many threads of linear algebra a search may use."""

    seconds: float = float("inf")
    seed: int = 0
    jobs: int = 1
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until the budget is spent."""
        return self.seconds - (time.monotonic() - self.started)

    @property
    def spent(self) -> bool:
        """Whether no time is left."""
        return self.left <= 0


@dataclass(frozen=True)
class Method:
    """One way to decide or bound.

    Attributes
    ----------
    name
        As it stands in ``result.json`` under ``methods``.
    theorem
        One line: the statement that makes it sound, with its source.
    closes
        Paths of result.json that it may prove; a chooser skips it once all of them are closed.
    cost
        Rank in the order of attempts: cheapest first.
    later
        None, or ``later(lifting)``: the rank to wait for where the problem says that others will be quicker.
    accepts
        ``accepts(lifting, proved)`` is "" when the method applies, otherwise the reason why not.
    search
        ``search(lifting, proved, budget)`` returns claims, or `Nothing` with a reason; or an iterator over lists of
        claims, each told as soon as it is there, so that an interrupted search leaves the last of them.
    """

    name: str
    theorem: str
    closes: tuple[str, ...]
    cost: int
    accepts: Callable[[Lifting, Proved], str]
    search: Callable[[Lifting, Proved, Budget], Sequence[Claim] | Iterator[Sequence[Claim]] | Nothing]
    later: Callable[[Lifting], int] | None = None


def closed(path: str, proved: Proved) -> bool:
    """Whether nothing better can be said about `path`: a verdict, an integer, or an end to twelve digits of the other.

    >>> closed("dnsp.gamma", {"dnsp.gamma": ["1", "inf"]}), closed("dnsp.gamma", {"dnsp.gamma": ["1", "1"]})
    (False, True)
    """
    value = proved.get(path)
    if isinstance(value, list):
        return value[0] == value[1] or (value[1] != "inf" and _same(*map(parse, value)))
    return value is not None and value != "undecided"


def _same(low: Fraction | float, high: Fraction | float) -> bool:
    return Fraction(high - low) * 10**12 <= Fraction(low)
