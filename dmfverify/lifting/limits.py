"""What stops a computation before it starts: sizes that would not fit in the time or the memory."""

from __future__ import annotations

from ..errors import DmfverifyError

COORDINATES = 2_000_000
"""Alive multi-indices that are listed at most."""
WORK = 60_000_000
"""Multiplications of sparse entries in one assembly of columns at most (10^7 take about a second)."""
EXPANDED = 10_000_000
"""Entries of basis matrices that taps are expanded to at most, where the product needs them."""
DENSE = 40_000_000
"""Entries of a dense matrix at most."""


class TooLarge(DmfverifyError):
    """A computation that was not started, and why.

    Examples
    --------
    >>> print(TooLarge("listing the coordinates", 10**20, 10**6))
    listing the coordinates would take 1.0e+20 steps, the limit is 1.0e+06
    """

    def __init__(self, what: str, size: int, limit: int) -> None:
        self.what, self.size, self.limit = what, size, limit
        self.reason = f"{what} would take {_short(size)} steps, the limit is {_short(limit)}"
        super().__init__(self.reason)


def require(what: str, size: int, limit: int) -> None:
    """Raise `TooLarge` when `size` exceeds `limit`."""
    if size > limit:
        raise TooLarge(what, size, limit)


def _short(size: int) -> str:
    digits = len(str(size)) - 1
    return f"{size / 10**digits:.1f}e+{digits:02d}"
