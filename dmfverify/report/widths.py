"""How wide the columns of a printed table are, and where long tokens may break."""

from __future__ import annotations

import re

from .document import Math, Table

TOKEN = 20
"""Longer runs without a space may break anywhere."""


def broken(text: str) -> str:
    """`text` with zero-width spaces in its long tokens.

    >>> broken("a" * 20).count("\\N{ZERO WIDTH SPACE}")
    3
    """
    return re.sub(rf"\S{{{TOKEN},}}", lambda m: "\N{ZERO WIDTH SPACE}".join(re.findall(".{1,5}", m[0])), text)


LINE = {"small": 84, "footnotesize": 95, "scriptsize": 115}
"""Characters of each LaTeX size in a line of 160 mm, on average."""


def weights(table: Table) -> tuple[str, list[float]]:
    """The LaTeX size for a table, and the share of the line that each column gets; the shares add up to 1.

    No column is narrower than its longest word, as far as all of them fit.

    >>> weights(Table("", ("a", "b"), (("x", "a long explanation " * 9),)))
    ('small', [0.062, 0.938])
    """
    columns = list(zip(table.head, *table.rows, strict=True))
    need = [min(60, max(4, *map(_length, column))) for column in columns]
    size = "small" if sum(need) < 110 else "footnotesize" if sum(need) < 170 else "scriptsize"
    least = [(max(map(_word, column)) + 3) / LINE[size] for column in columns]
    if sum(least) >= 0.9:
        least = [0.9 * share / sum(least) for share in least]
    free = 1 - sum(least)
    want = [max(0.0, n / sum(need) - share) for n, share in zip(need, least, strict=True)]
    total = sum(want) or 1.0
    return size, [round(share + free * w / total, 3) for share, w in zip(least, want, strict=True)]


def _length(cell: object) -> int:
    return 6 if isinstance(cell, Math) else len(str(cell))


def _word(cell: object) -> int:
    """The longest run that cannot be broken."""
    return 6 if isinstance(cell, Math) else max(map(len, re.split("[\\s\N{ZERO WIDTH SPACE}]", broken(str(cell)))))
