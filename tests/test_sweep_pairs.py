"""The pairs of one family as a sweep: against brute force, against the family at once, interrupted, and on Dask."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest
from dask_cluster import Cluster

import dmfverify as dv
from dmfverify.errors import BadInput
from dmfverify.problem.part import pair_part
from dmfverify.sweep import PairTask, Stopped, family_of, pair_tasks, sweep, write_tables
from dmfverify.sweep.run import certify_task, row_of

NEAR = 1 + 1e-9
LISTED = """
title = "five columns of three rows, the last one the difference of two"
[[factors]]
operator = "basis"
basis = [[[1], [0], [2]], [[0], [1], [1]], [[1], [-1], [3]], [[2], [2], [-1]], [[1], [-1], [1]]]
[model]
kind = "supports"
supports = [[[0, 1]], [[2]], [[3, 4]], [[2]], [[3]]]
"""


def tasks_of_case(case: dv.Case) -> list[PairTask]:
    """The tasks of a case that stands in no file."""
    statement = case.statement
    supports = list(enumerate(statement.model.maximal(statement.sizes)))
    return [PairTask(f"{i}-{j}", pair_part(case, s, t), (i, j)) for i, s in supports for j, t in supports[i:]]


def together(case: dv.Case) -> dict[str, Any]:
    """What the pairs of a case say together."""
    tasks = tasks_of_case(case)
    rows = [{"case": t.name, "status": "done", **row_of(dv.certify(t.load(), time_budget=20).json)} for t in tasks]
    return family_of(tasks, rows)


def holds(pair: Any, value: float) -> bool:
    bracket = dv.Bracket.read(pair)
    return bracket.lo <= value * NEAR and value <= bracket.hi * NEAR


def random_family(seed: int) -> tuple[list[Any], Any, list[Any]]:
    """Two factors, two or three supports; in half of them boxes have kernels."""
    rng = np.random.default_rng(seed)
    sizes = [3, 3]
    inner = 2 if seed % 2 else 4
    basis = [rng.integers(-2, 3, (3, 2, inner)).tolist(), rng.integers(-2, 3, (3, inner, 2)).tolist()]
    models = [
        [sorted(rng.choice(n, 1 + (k + m) % 2, replace=False).tolist()) for k, n in enumerate(sizes)] for m in range(3)
    ]
    return basis, dv.Supports(models, nonnegative=seed % 3 == 0), models


@pytest.mark.parametrize("seed", range(4))
def test_the_pairs_say_what_the_family_says(seed: int) -> None:
    """Brute force over all pairs, and the family's own claims, agree with the pairs taken one by one."""
    basis, model, models = random_family(seed)
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=model)
    family, whole = together(case), dv.certify(case, time_budget=20)
    truth = oracles.sparse_dnsp(basis, models, nonnegative=model.nonnegative, starts=2)
    assert family["of"] == "the family" and family["pairs"] == truth["pairs"] == whole.sparse_dnsp.pairs
    assert family["deficient_pairs"] == truth["deficient_pairs"] == whole.sparse_dnsp.deficient_pairs
    assert family["uniform"] == whole.uniform.verdict and family["over_C"] == whole.uniform.over_C
    for name in ("lower_rip", "lower_rip_union"):
        mine, theirs = dv.Bracket.read(family[name]), getattr(whole.sparse_dnsp, name)
        assert holds(family[name], truth[name]) and mine.ratio < NEAR
        assert mine.lo <= theirs.hi and theirs.lo <= mine.hi
    for name in ("gamma", "gamma_union"):
        mine, theirs = dv.Bracket.read(family[name]), getattr(whole.sparse_dnsp, name)
        assert mine.lo <= truth[name][1] * NEAR and truth[name][0] <= mine.hi * NEAR
        assert mine.lo <= theirs.hi and theirs.lo <= mine.hi
    mine, theirs = dv.Bracket.read(family["kappa"]), whole.dnsp.kappa
    assert mine.lo <= theirs.hi and theirs.lo <= mine.hi


def test_rows_add_up() -> None:
    """Two supports; one has a kernel by itself, and the pair of both has one more."""
    tasks = tasks_of_case(dv.Case([dv.Dense((1, 4))], model=dv.Supports([[[0, 1]], [[2, 3]]])))
    verdicts, kernels = [("yes", "yes"), ("no", "undecided"), ("undecided", "yes")], [0, 2, 1]
    lower, greatest = [["1", "2"], ["1/2", "3"], ["3/4", "1"]], [["1", "3"], ["2", "2"], ["1", "inf"]]
    rows = [
        {"case": t.name, "status": "done", "uniform": u, "over_C": c, "deficient_pairs": n, "gamma": ["9", "9"],
         "lower_rip": low, "lower_rip_union": low, "kappa": low, "sparse_gamma": high, "gamma_union": high}
        for t, (u, c), n, low, high in zip(tasks, verdicts, kernels, lower, greatest, strict=True)
    ]  # fmt: skip
    family = family_of(tasks, rows)
    assert (family["uniform"], family["over_C"], family["deficient_pairs"]) == ("no", "undecided", 2)
    assert all(family[name] == ["1/2", "1"] for name in ("lower_rip", "lower_rip_union", "kappa"))
    assert family["gamma"] == family["gamma_union"] == ["2", "inf"]


def test_zero_padded_layers_keep_their_rows() -> None:
    """Without its largest shift a layer would have fewer rows, and the factors would not fit."""
    edges = [dv.Edge("a", "x", "u", [0, 1, 4]), dv.Edge("b", "u", "y", [0, 2])]
    case = dv.Case(dv.Network(edges, output="y", length=6, boundary="zero"), model=dv.Sparse([1, 1]))
    tasks = tasks_of_case(case)
    assert {t.case.statement.product_shape for t in tasks} == {case.statement.product_shape}
    (one,) = (t for t in tasks if t.case.title.endswith("[[0], [0]] and [[1], [1]]"))
    assert one.case.statement.sizes == (2, 3) and one.case.names == (("b[0]", "b[1]"), ("a[0]", "a[1]", "a[2]"))
    row = row_of(dv.certify(one.load(), time_budget=20).json)
    assert holds(row["lower_rip"], 6**0.5)


@pytest.fixture(scope="module")
def case_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("case") / "listed.toml"
    path.write_text(LISTED)
    return str(path)


@pytest.fixture(scope="module")
def whole(case_file: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed sweep by the command."""
    folder = tmp_path_factory.mktemp("whole")
    done = subprocess.run(command(case_file, folder), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("6 of 6 pairs done\ndeficient_pairs ") and "not done" not in done.stdout
    return folder


def command(case_file: str, folder: Path, *extra: str) -> list[str]:
    return [sys.executable, "-m", "dmfverify.cli", "sweep", case_file, "--pairs", "--out", str(folder), *extra]


def test_every_pair_has_a_row_and_a_certificate_that_holds(whole: Path) -> None:
    lines = (whole / "table.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [f"listed-{p}" for p in "0-0 0-1 0-2 1-1 1-2 2-2".split()]
    assert "[[0, 1]] and [[3, 4]]" in lines[3] and "[[2]] with itself" in lines[4]
    for name in (line.split(",")[0] for line in lines[1:]):
        dv.check(whole / name / "certificate.json")


def test_family_json_holds_what_brute_force_finds(whole: Path) -> None:
    family = json.loads((whole / "family.json").read_text())
    columns = np.array([[1, 0, 2], [0, 1, 1], [1, -1, 3], [2, 2, -1], [1, -1, 1]])[:, :, None]
    truth = oracles.sparse_dnsp([columns.tolist()], [[[0, 1]], [[2]], [[3, 4]]], starts=2)
    assert family["deficient_pairs"] == truth["deficient_pairs"] > 0
    assert holds(family["lower_rip"], truth["lower_rip"]) and family["pairs"] == family["done"] == 6


def test_what_is_missing_is_counted_and_nothing_is_said_of_the_family(case_file: str, tmp_path: Path) -> None:
    tasks = pair_tasks([case_file])
    rows = sweep(tasks[:2], tmp_path)
    family = family_of(tasks, rows)
    assert (family["pairs"], family["done"], family["of"]) == (6, 2, "the pairs that are done")
    assert family["deficient_pairs"] is None
    assert family_of(tasks, [])["lower_rip"] is None and family_of(tasks, [])["uniform"] == "undecided"


def test_a_pair_that_reaches_nothing_has_no_answer(tmp_path: Path) -> None:
    places = [(i, i) for i in range(2)]
    diagonals = [dv.Pattern((2, 2), places), dv.Pattern((2, 2), places)]
    model = dv.Supports([[[0], [0]], [[0], [1]]])
    tasks = tasks_of_case(dv.Case(diagonals, model=model, equivalence="neuron-scale"))
    rows = [certify_task(task, str(tmp_path / task.name)) for task in tasks]
    assert [row["status"] == "done" for row in rows] == [True, True, False]
    assert "reach the product" in rows[2]["status"] and family_of(tasks, rows)["of"] == "the pairs that are done"


def test_ctrl_c_leaves_the_tables_of_what_is_done(case_file: str, whole: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(case_file, tmp_path), start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    store = tmp_path / "store.jsonl"
    while process.poll() is None and (not store.exists() or store.read_bytes().count(b"\n") < 2):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err
    family = json.loads((tmp_path / "family.json").read_text())
    assert 2 <= family["done"] < 6 and f"{6 - family['done']} pairs not done: nothing is said of the family" in out
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 1 + family["done"]
    subprocess.run(command(case_file, tmp_path, "--quiet"), check=True)
    for name in ("table.csv", "family.json"):
        assert (tmp_path / name).read_text() == (whole / name).read_text()


def test_ctrl_c_tells_the_rows(case_file: str, tmp_path: Path) -> None:
    tasks = pair_tasks([case_file])

    def interrupted(name: str, row: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Stopped) as stop:
        sweep(tasks, tmp_path, acknowledged=interrupted)
    assert [row["case"] for row in stop.value.rows] == ["listed-0-0"]


REFUSED = [
    (("circulant_pair",), "circulant_pair: the model has no supports"),
    (("sparse_k2", "sparse_two_supports"), "got 2 cases, expected one"),
    (("many.toml",), r"many: its family has 118,752,330,840 pairs of supports, more than 20,000 .*; without --pairs"),
    (("one.toml",), "one: its family has one support"),
]
FACTOR = 'title = "x"\n[[factors]]\noperator = "dense"\nshape = [12, 12]\n[model]\n'


@pytest.mark.parametrize(("cases", "message"), REFUSED)
def test_refused(cases: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("many.toml").write_text(FACTOR + 'kind = "sparse"\nsparsity = [3]\n')
    Path("one.toml").write_text(FACTOR + 'kind = "supports"\nsupports = [[[0, 1]], [[1]]]\n')
    with pytest.raises(BadInput, match=message):
        pair_tasks(cases)


def test_a_family_beyond_all_counting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    path.write_text(FACTOR.replace("12, 12", "100, 100") + 'kind = "sparse"\nsparsity = [500]\n')
    with pytest.raises(BadInput, match=r"more than 10\^\d+ pairs"):
        pair_tasks([str(path)])


@pytest.mark.timeout(200)
def test_a_worker_killed_in_the_middle_leaves_the_same_table(
    cluster: Cluster, case_file: str, whole: Path, tmp_path: Path
) -> None:
    tasks, there, first, killed = pair_tasks([case_file]), tmp_path / "there", cluster.worker(), []

    def kill_the_first(name: str, row: dict[str, Any]) -> None:
        if not killed:
            first.send_signal(signal.SIGKILL)  # it is at work on the next pair
            killed.append(name)
            cluster.worker()

    rows = sweep(tasks, there, scheduler=cluster.address, acknowledged=kill_the_first)
    write_tables(rows, there)
    assert killed and first.wait() == -signal.SIGKILL
    assert (there / "table.csv").read_text() == (whole / "table.csv").read_text()
    assert family_of(tasks, rows) == json.loads((whole / "family.json").read_text())
    dv.check(there / "listed-1-2" / "certificate.json")


def test_without_dask_the_extra_is_named(case_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"dmfverify\[dask\]"):
        sweep(pair_tasks([case_file]), tmp_path, scheduler="tcp://127.0.0.1:8786")
