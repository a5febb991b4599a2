"""Small problems of every setting and model, for the support table: shipped, of known answer, random.

A *setting* is a form of factors with an equivalence; a *model* is a kind of the case format and a sign.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import oracles

from dmfverify.library import shipped
from dmfverify.problem import load
from dmfverify.problem.forms import Statement, Taps
from dmfverify.problem.loading import read_case
from dmfverify.problem.text import parse
from dmfverify.structure.skips import is_skipped

SETTINGS = {
    "one": "One factor, `scale`",
    "factors": "Several factors, `scale`",
    "convolutions": "Convolutions in a chain, `scale`",
    "network": "Networks, `path-scale`",
    "skips": "Networks with free and known taps in one layer, `path-scale`",
    "neurons": "Sparse patterns, `neuron-scale`",
}
KINDS = ("free", "supports", "sparse", "group-sparse")
MODELS = tuple(f"{kind}{sign}" for sign in ("", "+") for kind in KINDS)
"""A `+` stands for non-negative parameters."""
SIZES = {"one": [(4,), (5,), (6,)], "factors": [(2, 2), (3, 3), (2, 2, 2), (3, 2), (3, 2, 2), (4, 3)]}


@dataclass(frozen=True)
class Problem:
    """A case file, and parameters to ask about (none where they would be thousands)."""

    name: str
    text: str
    at: list[list[int]] | None


def setting(statement: Statement) -> str:
    """Which of `SETTINGS` a statement belongs to.

    >>> from dmfverify.problem import Case, Circulant
    >>> setting(Case([Circulant(6, taps=[0, 2]), Circulant(6, taps=[0, 1])]).statement)
    'convolutions'
    """
    if statement.equivalence != "scale":
        known = "skips" if is_skipped(statement) else "network"
        return "neurons" if statement.equivalence == "neuron-scale" else known
    if statement.K == 1:
        return "one"
    return "convolutions" if all(isinstance(form, Taps) for form in statement.forms) else "factors"


def model(statement: Statement) -> str:
    """Which of `MODELS`."""
    return statement.model.kind + "+" * statement.model.nonnegative


def pool(where: str, kind: str, random: int) -> Iterator[Problem]:
    """The problems of a setting and a model: the shipped ones, those of known answer, so many random ones."""
    for name, path in shipped().items():
        statement = load(path).statement
        if (setting(statement), model(statement)) == (where, kind):
            yield Problem(name, path.read_text(), point(statement, 0))
    for name, (at, of, body) in KNOWN.items():
        if (at, of) == (where, kind):
            yield _problem(name, body | {"model": _known_model(name, kind)}, 0)
    for seed in range(random):
        rng = np.random.default_rng([seed, list(SETTINGS).index(where), MODELS.index(kind)])
        body = DRAWS[where](rng)
        name = f"{where}-{kind.replace('+', '-nonnegative')}-{seed}"
        yield _problem(name, body | {"model": _model(body, kind, rng)}, seed)


def point(statement: Statement, seed: int) -> list[list[int]] | None:
    """Small integers in the first maximal support, all of them one for every fourth seed."""
    if sum(statement.sizes) > 80 or statement.model.family_size(statement.sizes) > 2_000:
        return None
    rng = np.random.default_rng([seed, 9])
    low = 1 if statement.model.nonnegative else -3
    some = list(itertools.islice(statement.model.maximal(statement.sizes), 3))
    allowed = some[seed % len(some)]
    drawn = [[int(x) or 1 for x in rng.integers(low, 4, n)] for n in statement.sizes]
    if seed % 4 == 3:
        drawn = [[1] * n for n in statement.sizes]
    return [[x if i in inside else 0 for i, x in enumerate(h)] for h, inside in zip(drawn, allowed, strict=True)]


def _problem(name: str, body: dict[str, Any], seed: int) -> Problem:
    text = _toml(name, body)
    return Problem(name, text, point(read(text), seed))


def read(text: str) -> Statement:
    """The statement of a case file; other files that it names lie beside the shipped cases."""
    return read_case(parse(text), next(iter(shipped().values())).parent).statement


# ------------------------------------------------------------------------------------------------------- drawing


def _basis(a: np.ndarray, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Factors whose lifting is the matrix `a`."""
    basis = [b.tolist() for b in oracles.basis_of(np.asarray(a), sizes)]
    return {"equivalence": "scale", "sizes": sizes, "factors": [{"operator": "basis", "basis": b} for b in basis]}


def _general(rng: np.random.Generator, where: str) -> dict[str, Any]:
    sizes = SIZES[where][int(rng.integers(len(SIZES[where])))]
    n = math.prod(sizes)
    rows = max(1, n - int(rng.choice([0, 1, 1, 1, 2, 2, 3])))
    while True:
        a = rng.integers(-2, 3, (rows, n)) * (rng.random((rows, n)) < float(rng.choice([0.5, 0.8, 1.0])))
        if oracles.rank_modulo(a.tolist(), oracles.PRIME) == rows:
            return _basis(a, sizes)


def _factors(rng: np.random.Generator) -> dict[str, Any]:
    """General liftings; every fifth time patterns or small factors as they come, which may have gauges."""
    if rng.random() < 0.8:
        return _general(rng, "factors")
    found = oracles.random_problem(int(rng.integers(2**31)), str(rng.choice(["basis", "pattern"])), "free")
    sizes = tuple(len(b) for b in found["basis"])
    if len(sizes) < 2:
        return _factors(rng)
    if found["kind"] == "pattern":
        return _patterns(found, "scale")
    return {
        "equivalence": "scale",
        "sizes": sizes,
        "factors": [{"operator": "basis", "basis": b.tolist()} for b in found["basis"]],
    }


def _patterns(found: dict[str, Any], equivalence: str) -> dict[str, Any]:
    pairs = zip(found["shapes"], found["patterns"], strict=True)
    factors = [{"operator": "pattern", "shape": shape, "entries": entries} for shape, entries in pairs]
    return {"equivalence": equivalence, "sizes": tuple(map(len, found["patterns"])), "factors": factors}


def _neurons(rng: np.random.Generator) -> dict[str, Any]:
    """Patterns of two or three factors; every fourth time the butterfly of order four."""
    if rng.random() < 0.25:
        return BUTTERFLY
    while True:
        found = oracles.random_problem(int(rng.integers(2**31)), "pattern", "free")
        if found["equivalence"] == "neuron-scale" and found["alive"]:
            return _patterns(found, "neuron-scale")


def _chain(rng: np.random.Generator) -> dict[str, Any]:
    """Two or three kernels on one path, every second time full runs of taps."""
    runs, n = rng.random() < 0.5, int(rng.integers(4, 12))
    edges = []
    for k in range(int(rng.integers(2, 4))):
        size = int(rng.integers(2, 4))
        taps = range(size) if runs else sorted(rng.choice(min(n, 5), size, replace=False).tolist())
        edges.append({"name": f"e{k}", "from": f"u{k + 1}", "to": f"u{k}" if k else "y", "taps": list(taps)})
    edges[-1]["from"] = "x"
    return _network(edges, n, "scale")


def _network(edges: list[dict[str, Any]], length: int, equivalence: str) -> dict[str, Any]:
    """A chain: every layer has one free kernel."""
    sizes = tuple(len(e["taps"]) for e in edges if "fixed" not in e)
    return {"equivalence": equivalence, "sizes": sizes, "edges": edges, "length": length}


def _paths(rng: np.random.Generator) -> dict[str, Any]:
    while True:
        found = oracles.random_problem(int(rng.integers(2**31)), "network", "free")
        if found["equivalence"] == "path-scale":
            sizes = tuple(len(b) for b in found["basis"])
            return {"equivalence": "path-scale", "sizes": sizes, "edges": found["edges"], "length": found["length"]}


def _skips(rng: np.random.Generator) -> dict[str, Any]:
    """A chain in which some layers have a known tap beside the free kernel, as a residual block has."""
    n, K = int(rng.integers(4, 10)), int(rng.integers(1, 4))
    edges: list[dict[str, Any]] = []
    for k in range(K):
        ends = {"from": f"u{k + 1}" if k < K - 1 else "x", "to": f"u{k}" if k else "y"}
        taps = sorted(rng.choice(n, int(rng.integers(1, 3)), replace=False).tolist())
        edges.append({"name": f"e{k}", **ends, "taps": taps})
        if k == 0 or rng.random() < 0.6:
            tap, value = int(rng.integers(n)), int(rng.choice([1, -1, 2]))
            edges.append({"name": f"s{k}", **ends, "taps": [tap], "fixed": [value]})
    return _network(edges, n, "path-scale")


DRAWS: dict[str, Callable[[np.random.Generator], dict[str, Any]]] = {
    "one": lambda rng: _general(rng, "one"),
    "factors": _factors,
    "convolutions": _chain,
    "network": _paths,
    "skips": _skips,
    "neurons": _neurons,
}


def _model(body: dict[str, Any], kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """A random model of this kind and sign, as in a case file."""
    sizes, sign = body["sizes"], {"nonnegative": True} if kind.endswith("+") else {}
    plain = kind.rstrip("+")

    def least(n: int) -> int:
        return int(rng.integers(1, n + 1))

    if plain == "supports":
        lists = [[sorted(rng.choice(n, least(n), replace=False).tolist()) for n in sizes] for _ in range(least(3))]
        return {"kind": plain, "supports": lists, **sign}
    if plain == "sparse":
        return {"kind": plain, "sparsity": [least(max(1, n - 1)) for n in sizes], **sign}
    if plain == "group-sparse":
        cuts = [least(n) for n in sizes]
        groups = [[g for g in (list(range(c)), list(range(c, n))) if g] for c, n in zip(cuts, sizes, strict=True)]
        return {"kind": plain, "groups": groups, "active": [1 for _ in groups], **sign}
    return {"kind": "nonnegative"} if sign else {"kind": "free"}


# ------------------------------------------------------------------------------------------------------- known


def _kernel(sizes: tuple[int, ...], *vectors: list[int]) -> dict[str, Any]:
    """Factors whose lifting has this kernel."""
    basis = [b.tolist() for b in oracles.basis_with_kernel(sizes, [np.array(v) for v in vectors])]
    return {"equivalence": "scale", "sizes": sizes, "factors": [{"operator": "basis", "basis": b} for b in basis]}


def _known_model(name: str, kind: str) -> dict[str, Any]:
    sign = {"nonnegative": True} if kind.endswith("+") else {}
    return {"kind": kind.rstrip("+"), **({"supports": SUPPORTS[name]} if name in SUPPORTS else {}), **sign}


def _deep(K: int, size: int) -> dict[str, Any]:
    """Random factors with more columns than can be listed by some methods."""
    rng = np.random.default_rng(K)
    factors = [{"operator": "basis", "basis": rng.integers(-2, 3, (3, size, size)).tolist()} for _ in range(K)]
    return {"equivalence": "scale", "sizes": (3,) * K, "factors": factors}


def _neural(*patterns: list[list[int]], size: int) -> dict[str, Any]:
    factors = [{"operator": "pattern", "shape": [size, size], "entries": entries} for entries in patterns]
    return {"equivalence": "neuron-scale", "sizes": tuple(map(len, patterns)), "factors": factors}


BUTTERFLY = _neural(
    [[r, c] for r in range(4) for c in range(4) if r % 2 == c % 2],
    [[r, c] for r in range(4) for c in range(4) if r // 2 == c // 2],
    size=4,
)
TWO_BOXES = [
    [[0, 1], [0, 1], [0], [0], [0], [0]],
    [[1, 2], [0, 2], [1], [0], [0], [0]],
]
KNOWN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "w_state": ("factors", "free", _kernel((2, 2, 2), [0, 1, 1, 0, 1, 0, 0, 0])),
    "between_supports": ("factors", "supports", _kernel((3, 3), [0, 1, -1, 1, 0, 0, -1, 0, 0])),
    "limit_nonnegative": ("factors", "free+", _kernel((2, 2), [0, 1, 1, 0])),
    "six_factors": ("factors", "supports", _deep(6, 4)),
    "six_factors_nonnegative": ("factors", "supports+", _deep(6, 4)),
}
SUPPORTS = {
    "between_supports": [[[0, 1], [0, 1]], [[0, 2], [0, 2]]],
    "six_factors": TWO_BOXES,
    "six_factors_nonnegative": TWO_BOXES,
}


# ------------------------------------------------------------------------------------------------------- as text


def _toml(name: str, body: dict[str, Any]) -> str:
    lines = [f'title = "{name}"', f'equivalence = "{body["equivalence"]}"', ""]
    if "edges" in body:
        lines += ["[network]", f"length = {body['length']}", 'output = "y"', "edges = ["]
        lines += ["  {" + ", ".join(f"{key} = {_value(x)}" for key, x in edge.items()) + "}," for edge in body["edges"]]
        lines += ["]", ""]
    for factor in body.get("factors", ()):
        lines += ["[[factors]]", *(f"{key} = {_value(x)}" for key, x in factor.items()), ""]
    return "\n".join([*lines, "[model]", *(f"{key} = {_value(x)}" for key, x in body["model"].items())]) + "\n"


def _value(x: Any) -> str:
    return json.dumps(x, default=int)
