"""Claim: general integer problems with kernels of these dimensions are certified identifiable, over C too, in under a
minute of search and a minute of checking; three-by-three pencils get a checked proof that a real witness exists.

No peer is run: a certificate that a separate checker accepts is part of the time.
"""

from __future__ import annotations

from typing import Any

import pytest

from . import deciding

PENCILS = ("K = 2, S = 3, m = 7", (3, 3), 2)
TARGETS = [
    *(("K = 2, S = 4", (4, 4), c) for c in (2, 3, 4)),
    *(("K = 2, S = 5", (5, 5), c) for c in (6, 7)),
    *(("K = 3, S = 3", (3, 3, 3), c) for c in range(4, 12)),
    *(("K = 4, S = 2", (2, 2, 2, 2), c) for c in (4, 5, 6)),
    ("K = 3, S = 4", (4, 4, 4), 16),
]
"""Name, sizes, dimension of the kernel."""
REACH = {
    "K = 2, S = 4": ((4, 4), (1, 2, 3, 4)),
    "K = 2, S = 5": ((5, 5), (5, 6, 7, 8, 9)),
    "K = 2, S = 6": ((6, 6), (8, 9, 10, 12)),
    "K = 2, S = 8": ((8, 8), (8, 10, 12, 14)),
    "K = 3, S = 3": ((3, 3, 3), (10, 11, 12, 13)),
    "K = 3, S = 4": ((4, 4, 4), (16, 20, 22, 24, 26)),
    "K = 4, S = 2": ((2, 2, 2, 2), (4, 5, 6)),
    "K = 5, S = 2": ((2,) * 5, (10, 12, 14, 16)),
    "K = 6, S = 2": ((2,) * 6, (16, 20, 22, 24, 26)),
}
"""Name -> sizes, dimensions of the kernel that are tried in turn until one is not decided."""
SEEDS, PENCIL_SEEDS = 5, 10
SECONDS = 240.0
"""Wall seconds for the search of one problem: others share the machine."""


def measure(sizes: tuple[int, ...], kernel: int, seed: int) -> dict[str, Any]:
    """The verdicts, the method, the degree of its forms, and the CPU seconds of search and checker."""
    found = deciding.decide(deciding.general(sizes, kernel, seed).statement, SECONDS)
    claim = found.pop("claim") or {}
    degree = max((item.get("degree", 4) for item in claim.get("items", [])), default=None)
    return {"sizes": list(sizes), "kernel": kernel, "seed": seed, "kind": claim.get("kind"), "degree": degree, **found}


@pytest.mark.parametrize(("name", "sizes", "kernel"), TARGETS)
def test_decide(benchmark: Any, name: str, sizes: tuple[int, ...], kernel: int) -> None:
    found = benchmark.pedantic(measure, args=(sizes, kernel, 0), rounds=1)
    assert found["verdict"] == "yes", name
