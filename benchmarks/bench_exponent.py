"""Claim: from K = 5 to 40 factors the time of a contraction grows like K^1.2 at most in floating point and mod p, and
like K^2.2 at most with exact integers (whose length grows with K as well).

The peer is the same contraction at K = 5: each row gives its ratio.  The exponent is the least-squares slope of
log time over log K.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dmfverify.lifting import row_gram
from dmfverify.lifting.stages import chain

from . import common

SIZES = ((4, 6), (8, 16))
DEPTHS = (5, 10, 20, 40)
P = 1_000_003
MODES: dict[str, str | int] = {"float": "float", f"mod {P}": P, "exact": "exact"}
TARGETS = {"float": 1.2, f"mod {P}": 1.2, "exact": 2.2}


def measure(S: int, m: int, depths: tuple[int, ...] = DEPTHS) -> list[dict[str, Any]]:
    """For each arithmetic the CPU seconds of the contraction at each depth, their exponent and its target."""
    chains = [chain(common.statement(K, S, m)) for K in depths]
    rows = []
    for name, mode in MODES.items():
        row_gram(chains[0], mode)  # imports
        seconds = [common.cpu(lambda links=links, mode=mode: row_gram(links, mode))[0] for links in chains]  # type: ignore[misc]
        slope = float(np.polyfit(np.log(depths), np.log(seconds), 1)[0])
        rows.append({"S": S, "m": m, "mode": name, "seconds": seconds, "exponent": slope, "target": TARGETS[name]})
    return rows


@pytest.mark.parametrize(("S", "m"), SIZES)
@pytest.mark.parametrize("K", DEPTHS)
@pytest.mark.parametrize("mode", MODES)
def test_contraction(benchmark: Any, mode: str, K: int, S: int, m: int) -> None:
    links = chain(common.statement(K, S, m))
    benchmark.pedantic(row_gram, args=(links, MODES[mode]), rounds=3, warmup_rounds=1)
