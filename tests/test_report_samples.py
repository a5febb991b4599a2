"""Five results written by hand, with their statements: what a report has to cope with."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from dmfverify.problem.forms import Known, Model, Pattern, Statement, Taps, Terms
from dmfverify.report import Names, render_html
from dmfverify.report.context import page

NOTHING: dict = {
    "schema": "dmfverify/result/1", "case": None, "statement_sha256": None, "equivalence": "scale", "lifting": None,
    "identifiability": None, "dnsp": None, "sparse_dnsp": None, "recovery_bound": None, "witness": None, "methods": [],
    "timings": {}, "versions": {"dmfverify": "0.1.0", "python": "3.11.7"},
}  # fmt: skip


def answer(verdict: str, method: str = "", reason: str = "", **more) -> dict:
    return {"verdict": verdict, "method": method, "reason": reason, "conditions": [], **more}


def result(statement: Statement, title: str, **sections) -> dict:
    case = {"title": title, "K": statement.K, "parameters": list(statement.sizes),
            "product_shape": list(statement.product_shape), "sha256": "c0ffee" + "0" * 58}  # fmt: skip
    about = {"case": case, "statement_sha256": statement.sha256, "equivalence": statement.equivalence}
    return {**NOTHING, **about, **sections}


def chain(N: int, *taps: tuple[int, ...], equivalence: str = "scale") -> Statement:
    layers = tuple(Taps((N,), "circular", 1, (1, 1), tuple((0, 0, (s,)) for s in layer)) for layer in taps)
    return Statement(equivalence, layers)


def yes_chain(K: int = 10) -> tuple[Statement, dict]:
    statement = chain(2**K, *((0, 2**k) for k in range(K)))
    root = "32" if K == 10 else "1024"
    return statement, result(
        statement, f"Chain of {K} dilated filters",
        lifting={"columns": 2**K, "rank": 2**K, "kernel_dimension": 0,
                 "sigma_min": [root] * 2, "sigma_max": [root] * 2},
        identifiability={
            "uniform": answer("yes", "shift-counts", "every shift is reached by one choice of taps", over_C="yes"),
            "generic": answer("yes", "shift-counts", fibre_real=[1, 1], fibre_C=1, error_probability="0"),
            "local": answer("yes", "jacobian", rank=K + 1, expected=K + 1),
        },
        dnsp={"gamma": ["1", "1"], "kappa": [root, root], "rho": "inf", "method": "shift-counts"},
        recovery_bound={"constant": ["559016994374947/2000000000000000", "559016994374948/2000000000000000"], "p": 2,
                        "paper": ["1", "2"], "statement": "d_2([h],[g]) <= C min(...) (delta + eta)",
                        "valid_while": "C_paper (delta + eta) <= 1/2 max(|P(h)|, |P(g)|)"},
        methods=[{"name": "shift-counts", "seconds": 0.004, "outcome": "proved uniform yes, gamma = 1"}],
        timings={"lifting": 0.01, "total": 0.31},
    )  # fmt: skip


def no_witness() -> tuple[Statement, dict]:
    statement = chain(12, (0, 1, 2), (0, 2))
    return statement, result(
        statement, "Two filters whose shifts collide",
        lifting={"columns": 6, "rank": 5, "kernel_dimension": 1, "sigma_min": ["346410161513775/100000000000000",
                 "346410161513776/100000000000000"], "sigma_max": ["4898979/1000000", "4898980/1000000"]},
        identifiability={
            "uniform": answer("no", "witness", "taps 0 + 2 and 2 + 0 reach the same shift", over_C="no"),
            "generic": answer("yes", "root dealing", fibre_real=[1, 1], fibre_C=1, error_probability="1/1048576"),
            "local": answer("yes", "jacobian", rank=4, expected=4),
        },
        dnsp={"gamma": ["inf", "inf"], "kappa": ["0", "0"], "rho": None, "method": "witness", "gamma_estimate": 7.25},
        witness={"kind": "exact", "h": [["1", "0", "0"], ["0", "1"]], "g": [["0", "0", "1"], ["1", "0"]], "radius": "0",
                 "why": "both products are the shift by 2"},
        methods=[{"name": "trivial-kernel", "seconds": 0.001, "outcome": "nothing: the kernel has dimension 1"},
                 {"name": "collisions", "seconds": 0.002, "outcome": "proved uniform no"}],
    )  # fmt: skip


def stable_bracket() -> tuple[Statement, dict]:
    one = Fraction(1)
    first = Terms((3, 3), 2, ((0, 0, 0, one), (0, 1, 1, one), (1, 0, 1, Fraction(1, 2)), (1, 2, 2, one)))
    identity, diagonal = Known((3, 3), tuple((i, i, one) for i in range(3))), Pattern((3, 3), ((0, 0), (1, 1), (2, 2)))
    data = Known((3, 2), ((0, 0, one), (2, 1, Fraction(-3))))
    statement = Statement("scale", (first, identity, diagonal), data=data)
    long = f"{10**400 + 7}/{10**397 + 1}"
    return statement, result(
        statement, "A bracket on the null space constant",
        lifting={"columns": 6, "rank": 5, "kernel_dimension": 1, "sigma_min": ["1/2", long], "sigma_max": ["4", "5"]},
        identifiability={
            "uniform": answer("yes", "kernel-line", over_C="yes", conditions=["every kernel non-zero"]),
            "generic": answer("yes", "consequence", fibre_real=[1, 1], fibre_C=1),
            "local": answer("yes", "jacobian", rank=4, expected=4),
        },
        dnsp={"gamma": ["374165738677394/100000000000000", "374165738677395/100000000000000"],
              "kappa": ["1/7", "1/5"], "rho": "inf", "method": "kernel-line"},
        recovery_bound={"constant": ["10", "14"], "p": 2, "paper": ["100", long], "statement": "d_2 <= C ...",
                        "valid_while": "small noise"},
        methods=[{"name": "kernel-line", "seconds": 1.25, "outcome": "proved gamma <= 3.7417"}],
    )  # fmt: skip


def sparse_family() -> tuple[Statement, dict]:
    layers = chain(64, (0, 1, 2, 3), (0, 4, 8), (0, 16)).forms
    statement = Statement("scale", layers, Model("sparse", sparsity=(2, 1, 1)))
    return statement, result(
        statement, "Sparse filters",
        lifting={"columns": 24, "rank": 24, "kernel_dimension": 0, "sigma_min": ["8", "8"], "sigma_max": ["8", "8"]},
        identifiability={
            "uniform": answer("yes", "pairs-injective", over_C="yes"),
            "generic": answer("yes", "pairs-injective", fibre_real=[1, 1], fibre_C=1),
            "local": answer("undecided", "", "not needed"),
        },
        dnsp={"gamma": ["1", "1"], "kappa": ["8", "8"], "rho": "inf", "method": "shift-counts"},
        sparse_dnsp={"gamma": ["1", "1"], "rho": "inf", "lower_rip": ["8", "8"], "gamma_union": ["1", "1"],
                     "lower_rip_union": ["8", "8"], "pairs": 666, "deficient_pairs": 0, "method": "pairs-injective"},
    )  # fmt: skip


def network() -> tuple[Statement, dict]:
    top = Taps((64,), "circular", 1, (1, 2), ((0, 0, (0,)), (0, 0, (2,)), (0, 1, (0,)), (0, 1, (5,))))
    bottom = Taps((64,), "circular", 1, (2, 2), ((0, 0, (0,)), (0, 0, (1,)), (1, 0, (3,)), (1, 1, (0,)), (1, 1, (4,))))
    statement = Statement("path-scale", (top, bottom))
    _, answers = yes_chain()
    return statement, {**answers, "equivalence": "path-scale"}


def butterfly() -> tuple[Statement, dict]:
    def factor(stride: int) -> Pattern:
        return Pattern((8, 8), tuple((i, j) for i in range(8) for j in sorted((i, i ^ stride))))

    statement = Statement("neuron-scale", tuple(factor(s) for s in (1, 2, 4)))
    return statement, {**yes_chain()[1], "equivalence": "neuron-scale"}


def undecided() -> tuple[Statement, dict]:
    statement = Statement("scale", (Pattern((4, 3), tuple((i, j) for i in range(4) for j in range(3))),
                                    Pattern((3, 5), tuple((i, j) for i in range(3) for j in range(5)))))  # fmt: skip
    return statement, dict(NOTHING)


SAMPLES = {"yes": yes_chain, "no": no_witness, "stable": stable_bracket, "sparse": sparse_family,
           "undecided": undecided, "network": network, "butterfly": butterfly}  # fmt: skip
NETWORK_NAMES = Names(nodes=(("y",), ("u", "v"), ("left eye", "right eye")),
                      edges=(("a", "a", "b", "b"), ("c", "c", "d", "e", "e")))  # fmt: skip


def render(name: str, **more) -> str:
    statement, outcome = SAMPLES[name]()
    names = NETWORK_NAMES if name == "network" else Names()
    command = "python -I -S dmfverify/check out/certificate.json"
    return render_html(outcome, statement, names=names, certificate_bytes=12_345, check_command=command, **more)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_json_and_become_a_page(name: str) -> None:
    statement, outcome = SAMPLES[name]()
    assert json.loads(json.dumps(outcome)) == outcome
    assert page(outcome, statement).answers[0].verdict in ("yes", "no", "undecided")
