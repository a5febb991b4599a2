"""Three factors 12 x 12, entries -2..2, two non-zeros in each factor: one row of docs/benchmarks/sparse.md a size.

    python -m benchmarks.families 6 8

`certify` with ten minutes, then the saved certificate alone by the checker on a bare interpreter; CPU seconds.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from math import comb
from pathlib import Path

import numpy as np

import dmfverify as dv

CHECKER = Path(dv.__file__).parent / "check"


def family(parameters: int, seed: int = 0) -> dv.Case:
    """The case with so many parameters in each of its factors."""
    rng = np.random.default_rng(seed)
    factors = [dv.Basis(rng.integers(-2, 3, (parameters, 12, 12))) for _ in range(3)]
    return dv.Case(dv.Architecture(factors), model=dv.Sparse([2, 2, 2]))


def row(parameters: int) -> str:
    """Parameters, pairs of supports, bytes and nodes of the certificate, seconds, bracket."""
    with tempfile.TemporaryDirectory() as folder:
        report = dv.certify(family(parameters), time_budget=600)
        report.save(folder)
        certificate = Path(folder) / "certificate.json"
        text = certificate.read_text()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-I", "-S", str(CHECKER), str(certificate)], check=True, stdout=sys.stderr)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = json.loads((Path(folder) / "result.json").read_text())
    bracket = dv.Bracket.read(answer["sparse_dnsp"]["lower_rip"])
    supports = comb(parameters, 2) ** 3
    return (
        f"| {parameters} | {supports * (supports + 1) // 2:.1e} | {len(text) / 1000:.0f} KB "
        f"| {answer['search']['cpu_seconds']:.1f} s | {after.ru_utime - before.ru_utime:.1f} s "
        f"| {float(bracket.lo):.6g} | {float(bracket.ratio):.12g} |"
    )


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(row(int(argument)), flush=True)
