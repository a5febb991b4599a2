"""Whatever the checker accepts is true: the corpus with a few changes, held against brute-force oracles.

An accepted item gets one or two changes (numbers, strings, entries dropped, doubled, swapped) in its
statement, certificate or result, and a new hash most of the time.  What the checker refuses is of no
interest here.  What it accepts is held against oracles.py, which share no code with it.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import itertools
import json
import math
from fractions import Fraction

import numpy as np
import oracles as o
import pytest
from checker_corpus import items, pieces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmfverify.check import Rejected, verify

ACCEPTED = items("accepted")
TOLERANCE = 1e-7
BEYOND = 1e9
LARGE = 400
"""Columns, or rows of a factor, beyond which the oracles are too slow."""

# -- the statement, expanded by the oracles' own means -------------------------------------------------


def factor(raw: dict) -> np.ndarray:
    """Basis (S, rows, columns), or a known matrix, of Fractions."""
    if raw["form"] == "taps":
        return layer(raw)
    size = {"terms": raw.get("parameters"), "pattern": len(raw.get("entries", ())), "matrix": 1}[raw["form"]]
    out = np.zeros((size, *raw["shape"]), dtype=object)
    if raw["form"] == "terms":
        for i, r, c, v in raw["terms"]:
            out[i, r, c] += Fraction(v)
    elif raw["form"] == "pattern":
        for i, (r, c) in enumerate(raw["entries"]):
            out[i, r, c] = 1
    else:
        for r, c, v in raw["entries"]:
            out[0, r, c] = Fraction(v)
        return out[0]
    return out


def layer(raw: dict) -> np.ndarray:
    """A layer of taps: definition on the format page, cell by cell."""
    grid, wraps, stride = raw["grid"], raw["boundary"] == "circular", raw["stride"]
    shifts = [t[2 : 2 + len(grid)] for t in (*raw["taps"], *raw["fixed"])]
    full = grid if wraps else [n + max(s[d] for s in shifts) for d, n in enumerate(grid)]
    cells = list(itertools.product(*map(range, grid)))
    kept = [x for x in itertools.product(*map(range, full)) if all(c % stride == 0 for c in x)]

    def block(to: int, source: int, shift: list[int]) -> np.ndarray:
        out = np.zeros((raw["nodes"][0] * len(kept), raw["nodes"][1] * len(cells)), dtype=object)
        for c, cell in enumerate(cells):
            at = tuple((x + s) % n if wraps else x + s for x, s, n in zip(cell, shift, full, strict=True))
            if at in kept:
                out[to * len(kept) + kept.index(at), source * len(cells) + c] = 1
        return out

    if raw["taps"]:
        return np.array([block(t[0], t[1], t[2:]) for t in raw["taps"]])
    return sum(block(t[0], t[1], t[2:-1]) * Fraction(t[-1]) for t in raw["fixed"])


def alive(raw: dict) -> list[tuple[int, ...]] | None:
    """Alive multi-indices: None for all."""
    if raw["equivalence"] == "scale":
        return None
    edges = []  # per form: (left label, right label, parameter or None)
    for form in raw["factors"]:
        if form["form"] == "pattern":
            edges.append([(r, c, i) for i, (r, c) in enumerate(form["entries"])])
        elif form["taps"]:
            edges.append([(t[0], t[1], i) for i, t in enumerate(form["taps"])])
        else:
            edges.append([(t[0], t[1], None) for t in form["fixed"] if Fraction(t[-1])])
    found = set()

    def walk(k: int, label: int | None, index: tuple[int, ...]) -> None:
        if k == len(edges):
            found.add(index)
            return
        for left, right, i in edges[k]:
            if label is None or left == label:
                walk(k + 1, right, index if i is None else (*index, i))

    walk(0, None, ())
    return sorted(found)


def too_large(raw: dict) -> bool:
    """Whether the oracles would take too long, or do not answer."""
    if mixed(raw):
        return True
    sizes = []
    for form in raw["factors"]:
        if form["form"] == "taps":
            extent = [n + max([t[2 + d] for t in (*form["taps"], *form["fixed"])]) for d, n in enumerate(form["grid"])]
            sizes += [form["nodes"][0] * math.prod(extent), form["nodes"][1] * math.prod(extent), len(form["taps"])]
        else:
            sizes += [*form["shape"], form.get("parameters", 1)]
    if raw["data"]:
        sizes += raw["data"]["shape"]
    counts = [len(f.get("taps") or f.get("entries") or ()) or f.get("parameters", 1) for f in raw["factors"]]
    return max(sizes) > 200 or math.prod(n for n in counts) > LARGE


def models(raw: dict, sizes: list[int]) -> list | None:
    """The supports of the model, None for all."""
    model = raw["model"]
    if model["kind"] == "supports":
        return model["supports"]
    if model["kind"] == "sparse":
        return o.sparse_models(sizes, model["sparsity"])
    if model["kind"] == "group-sparse":
        return o.group_models(model["groups"], model["active"])
    return None


def chain(raw: dict) -> list[list[int]] | None:
    """The taps of a chain of free kernels whose product does not wrap around, moved to start at 0, or None."""
    layers = raw["factors"]
    if raw["data"] or raw["model"] != {"kind": "free", "sign": "real"} or any(f["form"] != "taps" for f in layers):
        return None
    if any(f["fixed"] or f["nodes"] != [1, 1] or len(f["grid"]) > 1 or f["stride"] > 1 for f in layers):
        return None
    found, length = [], math.inf
    for f in layers:
        taps = [t[2] for t in f["taps"]]
        if len(set(taps)) < len(taps) or f["boundary"] != layers[0]["boundary"]:
            return None
        moved = [[t - s for t in taps] for s in taps if s == min(taps)]
        if f["boundary"] == "circular":
            length = f["grid"][0]
            moved = [[(t - s) % length for t in taps] for s in taps]
        found.append(sorted(min(moved, key=max)))
    spans = [m[-1] for m in found]
    deals = math.factorial(sum(spans)) // math.prod(map(math.factorial, spans)) if sum(spans) < 20 else math.inf
    return found if sum(spans) < length and deals <= 150 else None


class Truth:
    """What the oracles say about a statement, computed when it is asked for."""

    def __init__(self, raw: dict) -> None:
        factors = [factor(f) for f in raw["factors"]]
        self.basis = o.absorb_fixed(factors)
        self.alive, self.data = alive(raw), None
        if raw["data"]:
            self.data = factor({"form": "matrix", **raw["data"]})
        self.space = o.lifting(self.basis, self.alive, self.data)
        self.models = models(raw, self.space.sizes)
        self.nonnegative = raw["model"]["sign"] == "nonnegative"
        self.problem = (self.basis, self.alive, self.data, self.models, self.nonnegative)
        self.chain = chain(raw)

    @functools.cached_property
    def uniform(self) -> str | None:
        return o.uniform(*self.problem, limit=3000)

    @functools.cached_property
    def gamma(self) -> tuple[float, float]:
        low, high = o.dnsp_gamma(*self.problem, starts=6)
        return low, math.inf if high > BEYOND else high  # a limit is only approached by a search

    @functools.cached_property
    def kappa(self) -> tuple[float, float]:
        return o.dnsp_kappa(*self.problem, starts=6)

    @functools.cached_property
    def sparse(self) -> dict:
        return o.sparse_dnsp(self.basis, self.models, self.alive, self.data, self.nonnegative, starts=6)

    @functools.cached_property
    def fibres(self) -> tuple[list[int], int]:
        """At random kernels of the chain, which may miss the least or the most where there are many roots."""
        return o.generic_fibre(self.chain, samples=40)

    @functools.cached_property
    def others(self) -> float | None:
        """For what share of random parameters another class has the product, in a finite field."""
        sizes, a = self.space.sizes, o.integer(self.space.a)
        fields = [q for q in (103, 43, 19) if math.prod(q ** (n - 1) + 1 for n in sizes[:-1]) <= 20_000]
        if self.alive is not None or not fields or o.rank_modulo(a.tolist(), fields[0]) < self.space.rank:
            return None
        supports = o.maximal_models(self.models, sizes)
        return o.other_classes(a, sizes, supports, fields[0], np.random.default_rng(0))

    @functools.cached_property
    def ranks(self) -> list[int]:
        supports = o.maximal_models(self.models, self.space.sizes)
        return [o.local_rank(self.basis, self.data, s) for s in supports]


@functools.lru_cache(maxsize=64)
def truth(statement: bytes) -> Truth | None:
    """The oracles for a statement, None when it is too large for them."""
    raw = json.loads(statement)
    return None if too_large(raw) else Truth(raw)


def mixed(raw: dict) -> bool:
    """Whether a layer is affine in its parameters: these oracles are for linear ones; test_skips.py has others."""
    return any(form["form"] == "taps" and form["taps"] and form["fixed"] for form in raw["factors"])


def contains(pair: list[str], low: float, high: float) -> bool:
    """Whether a bracket may hold a constant that lies in [low, high]."""
    lo, hi = (math.inf if x == "inf" else float(Fraction(x)) for x in pair)
    return lo <= high * (1 + TOLERANCE) + TOLERANCE and hi >= low * (1 - TOLERANCE) - TOLERANCE


def check_truth(proved: dict, t: Truth) -> None:
    """Every certain value that is proved is what the oracles say."""
    space = t.space
    exact = {
        "lifting.columns": len(space.columns),
        "lifting.rank": space.rank,
        "lifting.kernel_dimension": space.kernel_dimension,
    }
    for path, number in exact.items():
        assert proved.get(path, number) == number, path
    if space.rank:
        assert contains(proved["lifting.sigma_min"], space.sigma_min, space.sigma_min)
    assert contains(proved["lifting.sigma_max"], space.sigma_max, space.sigma_max)
    uniform = proved.get("identifiability.uniform.verdict")
    if uniform is not None:
        assert t.uniform in (None, uniform)
    check_over_c(proved, t)
    check_local(proved, t)
    if proved["dnsp.gamma"] != ["1", "inf"]:
        assert contains(proved["dnsp.gamma"], *t.gamma)
    if proved["dnsp.kappa"] != ["0", "inf"]:
        assert contains(proved["dnsp.kappa"], *t.kappa)
    if t.models is not None:
        check_sparse(proved, t)
    check_recovery(proved, t)


def check_over_c(proved: dict, t: Truth) -> None:
    over_c = proved.get("identifiability.uniform.over_C")
    if over_c == "yes":
        assert proved["identifiability.uniform.verdict"] == "yes"
    if over_c == "no":
        assert t.space.kernel_dimension > 0 and (t.models is None or t.sparse["deficient_pairs"] > 0)
    supports = o.maximal_models(t.models, t.space.sizes)
    if over_c is not None and len(supports) == 1 and t.alive is None:
        basis = [b[list(part)] for b, part in zip(t.basis, supports[0], strict=True)]
        assert o.uniform_over_complex(basis, t.data) in (None, over_c)


def check_local(proved: dict, t: Truth) -> None:
    generic = proved.get("identifiability.generic.verdict")
    if proved.get("identifiability.generic.fibre_C") == 1:
        assert t.others is None or t.others < 0.5
    if generic == "no":
        assert t.others is None or t.others > 0
    if t.chain is not None and (generic or "identifiability.generic.fibre_C" in proved):
        (least, most), over_c = t.fibres
        assert proved.get("identifiability.generic.fibre_C", over_c) == over_c
        low, high = proved.get("identifiability.generic.fibre_real", (least, most))
        assert low <= least and most <= high
        assert generic == ("yes" if high == 1 else "no")
    if "identifiability.local.rank" in proved:
        assert proved["identifiability.local.rank"] in t.ranks
    if t.alive is None:
        supports = o.maximal_models(t.models, t.space.sizes)
        expected = [o.expected_scale([len(part) for part in s]) for s in supports]
        verdict = "yes" if t.ranks == expected else "no"
        assert proved.get("identifiability.local.verdict", verdict) == verdict


def check_sparse(proved: dict, t: Truth) -> None:
    for name in ("pairs", "deficient_pairs"):
        assert proved.get(f"sparse_dnsp.{name}", t.sparse[name]) == t.sparse[name], name
    for name in ("lower_rip", "lower_rip_union"):
        if t.sparse[name] < math.inf:
            assert contains(proved[f"sparse_dnsp.{name}"], t.sparse[name], t.sparse[name]), name
    for name in ("gamma", "gamma_union"):
        low, high = t.sparse[name]
        assert contains(proved[f"sparse_dnsp.{name}"], low, math.inf if high > BEYOND else high), name


def check_recovery(proved: dict, t: Truth) -> None:
    if t.alive is not None or "recovery_bound.constant" not in proved:
        return
    p = {"inf": math.inf}.get(proved["recovery_bound.p"], proved["recovery_bound.p"])
    low, high = t.kappa
    constants = [o.recovery_constant("scale", t.space.sizes, k, p) if 0 < k < math.inf else 0 for k in (high, low)]
    if all(constants):
        assert contains(proved["recovery_bound.constant"], *constants)


# -- changes --------------------------------------------------------------------------------------------


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Paths of everything in a JSON value, itself left out."""
    found = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += [(*path, key), *places(item, (*path, key))]
    return found


@st.composite
def changed(draw: st.DrawFn, value: dict) -> dict:
    """One change somewhere."""
    value = copy.deepcopy(value)
    *way, last = draw(st.sampled_from(places(value)))
    holder = value
    for key in way:
        holder = holder[key]
    old = holder[last]
    if isinstance(holder, list) and draw(st.booleans()):
        action = draw(st.sampled_from(["drop", "double", "swap"]))
        if action == "drop":
            del holder[last]
        elif action == "double":
            holder.insert(last, copy.deepcopy(old))
        else:
            other = draw(st.integers(0, len(holder) - 1))
            holder[last], holder[other] = holder[other], holder[last]
    elif isinstance(old, int):
        holder[last] = draw(st.sampled_from([old + 1, old - 1, 0, 1, 2, -old, 2 * old, old + 10**6]))
    elif isinstance(old, str):
        strings = [x for p in places(value) for x in [_get(value, p)] if isinstance(x, str)]
        holder[last] = draw(st.sampled_from([*strings, "0", "1", "-1", "2", "1/2", "101/100", "inf", "yes", "no"]))
    elif isinstance(old, (list, type(None))):
        holder[last] = draw(st.sampled_from([[], None, [0], ["1", "1"], ["0", "inf"], ["1", "2"]]))
    else:
        del holder[last]
    return value


def _get(value: object, path: tuple) -> object:
    for key in path:
        value = value[key]
    return value


def settle(item: dict, rehash: bool) -> list[bytes | None]:
    """The bytes of a changed item, with the hash of its statement if `rehash`."""
    item = json.loads(json.dumps(item))
    digest = hashlib.sha256(pieces(item)[0]).hexdigest()
    if rehash and "statement_sha256" in item["certificate"]:
        item["certificate"]["statement_sha256"] = digest
        if item.get("result") and "statement_sha256" in item["result"]:
            item["result"]["statement_sha256"] = digest
    return pieces(item)


SMALL = [name for name, item in ACCEPTED.items() if not too_large(item["statement"]) and item["certificate"]["claims"]]
SETTINGS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    "derandomize": True,
}


@pytest.mark.parametrize("name", SMALL)
def test_the_corpus_itself_is_true(name: str) -> None:
    item = ACCEPTED[name]
    check_truth(verify(*pieces(item)), truth(pieces(item)[0]))


@pytest.mark.parametrize("part", ["certificate", "statement"])
@settings(max_examples=1200, **SETTINGS)
@given(data=st.data())
def test_what_is_accepted_after_a_change_is_true(part: str, data: st.DataObject) -> None:
    item = dict(ACCEPTED[data.draw(st.sampled_from(SMALL))])
    item[part] = data.draw(changed(item[part]))
    if data.draw(st.integers(0, 3)) == 0:
        item["certificate"] = data.draw(changed(item["certificate"]))
    rehash = data.draw(st.integers(0, 9)) > 0
    statement, certificate, _ = settle(item, rehash)
    try:
        proved = verify(statement, certificate)
    except Rejected:
        return
    assert rehash or json.loads(certificate)["statement_sha256"] == hashlib.sha256(statement).hexdigest()
    found = truth(statement)
    if found is not None:
        check_truth(proved, found) if proved.get("lifting.columns") else None


@settings(max_examples=400, **SETTINGS)
@given(data=st.data())
def test_a_result_that_is_accepted_says_nothing_else(data: st.DataObject) -> None:
    item = dict(items("rejected")["result_rank_off_by_one"])
    honest = item["result"]
    honest["lifting"]["rank"] = 4
    item["result"] = data.draw(changed(honest))
    files = settle(item, rehash=False)
    try:
        proved = verify(*files)
    except Rejected:
        return
    for path in places(item["result"]):
        name, value = ".".join(map(str, path)), _get(item["result"], path)
        if name in proved and not isinstance(value, dict):
            trivial = [None, "undecided", ["1", "inf"] if "gamma" in name else ["0", "inf"]]
            assert value == proved[name] or value in trivial, name
