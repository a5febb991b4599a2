"""Ctrl-C and the time budget in the middle of a family: a valid bracket, and a certificate for it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmfverify as dv
from dmfverify import check
from dmfverify.identify import support_tree
from dmfverify.method import Budget
from dmfverify.pipeline import conclude
from dmfverify.search import explore

NEAR = 1 + 1e-9


def three_bases(size: int) -> list[np.ndarray]:
    """Factors of 12 x 12 with entries -2..2."""
    rng = np.random.default_rng(0)
    return [rng.integers(-2, 3, (size, 12, 12)) for _ in range(3)]


def three_factors(size: int, model: Any = None) -> tuple[dv.Case, np.ndarray]:
    """Two non-zeros in each factor, unless there is another model; and the Gram matrix of the lifting."""
    basis = three_bases(size)
    columns = np.einsum("iab,jbc,kcd->ijkad", *basis, optimize=True).reshape(size**3, 144).astype(float)
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=model or dv.Sparse([2, 2, 2]))
    return case, (columns @ columns.T).reshape((size,) * 6)


def least(G: np.ndarray, boxes: Any) -> float:
    """The least singular value over boxes without a kernel, by brute force."""
    values = [
        np.linalg.eigvalsh(G[np.ix_(*box, *box)].reshape((len(box[0]) * len(box[1]) * len(box[2]),) * 2))[0]
        for box in boxes
    ]
    return float(np.sqrt(min(values)))


def answer(case: dv.Case, budget: Budget) -> dv.Result:
    """What `certify` makes of the claims of one method."""
    session = check.Session(case.statement.to_bytes())
    only = {support_tree.METHOD.name: support_tree.PATHS}
    return conclude(case, session, explore(case.statement, session, budget, only=only), {})


def lower_rip(result: dv.Result, folder: Path) -> dv.Bracket:
    """The bracket, once the certificate has been checked again from its files."""
    result.save(folder)
    proved = dv.check(folder / "certificate.json")
    assert proved.get("sparse_dnsp.lower_rip", ["0", "inf"]) == result.json["sparse_dnsp"]["lower_rip"]
    return result.sparse_dnsp.lower_rip


@pytest.fixture(scope="module")
def six() -> tuple[dv.Case, float]:
    """Six parameters a factor: 5.7 million pairs, and the value over all boxes of four by four by four."""
    case, G = three_factors(6)
    fours = list(itertools.combinations(range(6), 4))
    return case, least(G, itertools.product(fours, fours, fours))


class Interrupted(check.Session):
    """Ctrl-C comes while the checker looks at claim number `after`."""

    after = 0
    seen = 0

    def accept(self, claim: dict[str, Any]) -> None:
        self.seen += claim["kind"].startswith("support")
        if self.seen > self.after:
            raise KeyboardInterrupt
        super().accept(claim)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_ctrl_c(six: tuple[dv.Case, float], after: int, tmp_path: Path) -> None:
    """After no claim, after the first box, after the first tree."""
    case, truth = six
    session = Interrupted(case.statement.to_bytes())
    session.after = after
    only = {support_tree.METHOD.name: support_tree.PATHS}
    found = explore(case.statement, session, Budget(60), only=only)
    assert found.interrupted and [c.kind for c in found.claims] == ["support-pair", "support-tree"][:after]
    session.after = 9
    bracket = lower_rip(conclude(case, session, found, {}), tmp_path)
    assert bracket.lo <= truth * NEAR and truth <= bracket.hi * NEAR and bracket.ratio > 1.1
    assert (bracket.hi < 1.5 * truth) == (after > 0) and (bracket.lo > truth / 4) == (after > 1)


def test_the_time_budget(six: tuple[dv.Case, float], tmp_path: Path) -> None:
    """The first lower end that a longer and longer budget gives is one of the first tree or two, not the last."""
    case, truth = six
    for seconds in (1.5, 3.0, 6.0, 12.0, 24.0):
        bracket = lower_rip(answer(case, Budget(seconds)), tmp_path)
        assert bracket.lo <= truth * NEAR and truth <= bracket.hi * NEAR
        if bracket.lo > 0:
            break
    assert 0 < bracket.lo and bracket.hi < 1.5 * truth and bracket.ratio > NEAR


def test_a_list_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,275 pairs, some of which have a kernel: one is told at once, all only where the checker has the time."""
    rng = np.random.default_rng(1)
    models = [[sorted(rng.choice(6, 2, replace=False).tolist()) for _ in range(3)] for _ in range(50)]
    case, G = three_factors(6, dv.Supports(models))
    pairs = itertools.combinations_with_replacement(models, 2)
    truth = least(G, ([sorted({*a, *b}) for a, b in zip(s, t, strict=True)] for s, t in pairs))
    monkeypatch.setattr(support_tree, "FEW_CUBES", 0)
    monkeypatch.setattr(support_tree, "CUBE_SECONDS", 1.0)
    one, rest = support_tree.search(support_tree.Lifting(case.statement), {}, Budget(60))
    assert [c.kind for c in one] == [c.kind for c in rest] == ["support-pair"]
    session = check.Session(case.statement.to_bytes())
    session.accept(one[0].to_json())
    first = dv.Bracket.read(session.proved()["sparse_dnsp.lower_rip"]).hi
    session.accept(rest[0].to_json())
    assert truth <= dv.Bracket.read(session.proved()["sparse_dnsp.lower_rip"]).hi * NEAR < truth * NEAR * NEAR < first


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_ctrl_c_at_the_command(tmp_path: Path) -> None:
    """Seven parameters a factor, 43 million pairs: Ctrl-C when the first box has been seen, and well before the end."""
    _, G = three_factors(7)
    for k, basis in enumerate(three_bases(7)):
        np.save(tmp_path / f"{k}.npy", basis)
    rows = "\n".join(f'[[factors]]\noperator = "file"\npath = "{k}.npy"' for k in range(3))
    (tmp_path / "seven.toml").write_text(f'title = "x"\n{rows}\n[model]\nkind = "sparse"\nsparsity = [2, 2, 2]\n')
    command = [sys.executable, "-m", "dmfverify.cli", "certify", "seven.toml", "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL)
    time.sleep(40)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 130
    fours = list(itertools.combinations(range(7), 4))
    some = itertools.islice(itertools.product(fours, fours, fours), 0, None, 40)
    bracket = dv.Bracket.read(dv.check(tmp_path / "out" / "certificate.json")["sparse_dnsp.lower_rip"])
    assert 0 < bracket.lo <= least(G, some) and bracket.lo < bracket.hi < 100
