"""The whole flow on one screen: case, statement, search, certificate, check, verdict.

Nothing in a result is certain unless `check.verify` returned it for the certificate beside it.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import check as checker
from .certificate import Certificate, Claim
from .errors import BadInput, NotYet, quoted
from .method import Budget
from .problem import Case, Statement, load
from .problem.point import Point, point_of, read_point
from .result import SCHEMA, Result, names_to_json
from .search import Found, explore, registry

TRIVIAL = ["0", "inf"]
UNIFORM = "identifiability.uniform.verdict"
SECTIONS: dict[str, dict[str, Any]] = {
    "dnsp": {"gamma": ["1", "inf"], "kappa": TRIVIAL, "rho": None, "method": None},
    "sparse_dnsp": {
        "gamma": ["1", "inf"],
        "rho": None,
        "lower_rip": TRIVIAL,
        "gamma_union": ["1", "inf"],
        "lower_rip_union": TRIVIAL,
        "pairs": None,
        "deficient_pairs": None,
        "method": None,
    },
    "compressed_sensing": {
        "sparsity": None,
        "spark": TRIVIAL,
        "coherence": TRIVIAL,
        "alpha": TRIVIAL,
        "method": None,
    },
}
MAIN = {"compressed_sensing": "alpha"}
"""The constant whose method a section names, where it is not gamma."""
CONDITIONS = {
    "scale": "no h_k is zero",
    "path-scale": "every kernel non-zero",
    "neuron-scale": "no inner neuron has all incoming or all outgoing weights zero",
}
ROOTS = (
    "first and last tap of every kernel non-zero, and no two roots of the kernels, as polynomials, with a root of "
    "unity as their ratio (an equal root included), but for the s roots with one z^s of a kernel of stride s"
)
"""Where a generic yes of a chain holds (identify/chain_fibre.py)."""
ZEROS = "a factor, kernel or neuron is zero at h: the verdict is about the path products of h, not about h itself"


def certify(
    case: Case | str | Path,
    *,
    at: Any = None,
    time_budget: float | None = None,
    jobs: int = 1,
    seed: int = 0,
    p: int | str = 2,
    progress: Callable[[str], None] = lambda text: None,
) -> Result:
    """Decide a case, bound its constants and prove both; nothing is written.

    Parameters
    ----------
    case
        A `Case`, or the path of a case file.
    at
        Parameters to ask about, too: are these determined, and how stiffly?  One list or array for each factor that
        has parameters, in product order, or the path of a .toml, .json or .npz file.
    time_budget
        Seconds for the search; what is bounded by then is the answer.  Default: no limit.
    jobs
        Threads of linear algebra that a search may use.
    seed
        Fixes every random choice.
    p
        Of the distance in ``recovery_bound``: 1, 2 or "inf".
    progress
        Called with a line of text when a method starts.

    Returns
    -------
    Result
        The object behind result.json; every certain value in it was accepted by the checker.

    Raises
    ------
    BadInput
        One line, for a case or parameters that cannot be read.
    NotYet
        For a layer that holds parameters and fixed taps together under `scale`, and where no parameter reaches the
        product.

    Examples
    --------
    >>> from dmfverify import Case, Circulant
    >>> result = certify(Case([Circulant(6, taps=[0, 2]), Circulant(6, taps=[0, 1])]))
    >>> result.uniform.verdict, result.dnsp.gamma.hi
    ('yes', Fraction(1, 1))
    >>> result = certify(Case([Circulant(6, taps=[0, 2]), Circulant(6, taps=[0, 1])]), at=[[1, 2], [1, 1]])
    >>> result.at.verdict, result.at.rank, result.at.stiffness.lo > 1
    ('yes', 3, True)
    """
    if p not in (1, 2, "inf"):
        raise BadInput(f"got {quoted(str(p))}, expected 1, 2 or inf", where="p")
    if not isinstance(case, Case):
        case = load(case)
    statement = case.statement
    session = checker.Session(statement.to_bytes())
    if refusal := session.ledger.statement.refusal:
        raise NotYet(f"no method answers this question: {refusal}")
    point = None if at is None else _point(at, statement)
    given = Found()
    if point is not None:
        given = Found([Claim("point", {"h": point})], claim_methods=["given parameters"])
        try:
            session.accept(given.claims[0].to_json())
        except checker.Rejected as refusal:
            raise BadInput(f"the given parameters cannot be asked about ({refusal})", where="at") from None
    start = time.monotonic()
    budget = Budget(float("inf") if time_budget is None else time_budget, seed, jobs)
    found = explore(statement, session, budget, progress, point, given)
    return conclude(case, session, found, {"search": time.monotonic() - start}, p)


def _point(at: Any, statement: Statement) -> Point:
    """Exact parameters from a path, or from nested sequences."""
    if isinstance(at, (str, Path)):
        return read_point(at, statement.sizes)
    return point_of(at, statement.sizes)


def conclude(case: Case, session: checker.Session, found: Found, timings: dict[str, float], p: int | str = 2) -> Result:
    """The certificate of the claims that the session accepted, and the result that the session ties down."""
    bounds = [] if session.ledger.statement.opened else [Claim("recovery-bound", {"p": p})]
    for bound in bounds:
        session.accept(bound.to_json())
    certificate = Certificate(case.statement.sha256, (*found.claims, *bounds))
    body = _body(case, found, session.proved(), timings)
    result = Result(body, case.statement.to_bytes(), certificate.to_bytes(), case, found.interrupted)
    session.tie(result.result_bytes)
    return result


def _body(case: Case, found: Found, proved: dict[str, Any], timings: dict[str, float]) -> dict[str, Any]:
    from .identify.gauge import node_permutations

    statement = case.statement
    uniform = proved.get(UNIFORM, "undecided")
    return {
        "schema": SCHEMA,
        "case": {
            "title": case.title,
            "K": statement.K,
            "parameters": list(statement.sizes),
            "product_shape": list(statement.product_shape),
            "sha256": case.sha256,
            "names": names_to_json(case),
        },
        "statement_sha256": statement.sha256,
        "equivalence": statement.equivalence,
        "lifting": {
            "columns": proved.get("lifting.columns"),
            "rank": proved.get("lifting.rank"),
            "kernel_dimension": proved.get("lifting.kernel_dimension"),
            "sigma_min": proved.get("lifting.sigma_min", TRIVIAL),
            "sigma_max": proved.get("lifting.sigma_max", TRIVIAL),
            **_estimate(found, "singular_values"),
        },
        "identifiability": _identifiability(case, found, proved),
        "node_permutations": node_permutations(statement),
        "dnsp": _section("dnsp", found, proved),
        "sparse_dnsp": None if statement.model.kind == "free" else _sparse(found, proved),
        "compressed_sensing": _section("compressed_sensing", found, proved) if _senses(statement) else None,
        "recovery_bound": None if uniform == "no" else _recovery(statement, proved),
        "at": _at(statement, found, proved),
        "witness": _witness(found) if uniform == "no" else None,
        "methods": found.methods,
        "timings": {key: round(value, 3) for key, value in {**timings, "total": sum(timings.values())}.items()},
        "search": {"cpu_seconds": round(found.cpu_seconds, 3), "peak_mb": round(found.peak_mb, 1)},
        "versions": _versions(),
    }


def _estimate(found: Found, name: str) -> dict[str, Any]:
    """What is only measured, under a key that says so; nothing where it was not."""
    return {f"{name}_estimate": found.estimates[name]} if name in found.estimates else {}


def _sparse(found: Found, proved: dict[str, Any]) -> dict[str, Any]:
    return {**_section("sparse_dnsp", found, proved), **_estimate(found, "pairs")}


def _section(name: str, found: Found, proved: dict[str, Any]) -> dict[str, Any]:
    filled = {key: proved.get(f"{name}.{key}", default) for key, default in SECTIONS[name].items()}
    return {**filled, "method": _method(found, f"{name}.{MAIN.get(name, 'gamma')}")}


def _senses(statement: Statement) -> bool:
    """Whether this is compressed sensing: one factor, its sparse parameters asked for."""
    return statement.K == 1 and statement.model.kind == "sparse" and statement.equivalence == "scale"


def _identifiability(case: Case, found: Found, proved: dict[str, Any]) -> dict[str, Any]:
    at = "identifiability."
    uniform = proved.get(UNIFORM, "undecided")
    return {
        "uniform": {
            "verdict": uniform,
            "over_C": proved.get(at + "uniform.over_C", "undecided"),
            **_told(case.statement, found, UNIFORM, uniform),
            "conditions": [CONDITIONS[case.statement.equivalence]] if uniform == "yes" else [],
            "certificate": _pointer(found, UNIFORM),
        },
        "generic": {
            "verdict": proved.get(at + "generic.verdict", "undecided"),
            "fibre_real": proved.get(at + "generic.fibre_real"),
            "fibre_C": proved.get(at + "generic.fibre_C"),
            **_estimate(found, "fibre_C"),
            **_told(case.statement, found, at + "generic.verdict", proved.get(at + "generic.verdict", "undecided")),
            "conditions": _generic_conditions(found, proved),
            "error_probability": "0",
        },
        "local": {
            "verdict": proved.get(at + "local.verdict", "undecided"),
            "rank": proved.get(at + "local.rank"),
            "expected": proved.get(at + "local.expected"),
            **_told(case.statement, found, at + "local.verdict", proved.get(at + "local.verdict", "undecided")),
            "conditions": [],
        },
    }


def _at(statement: Statement, found: Found, proved: dict[str, Any]) -> dict[str, Any] | None:
    """What was concluded at the given parameters; None when there are none."""
    given = next((claim for claim in found.claims if claim.kind == "point"), None)
    if given is None:
        return None
    verdict = proved.get("at.verdict", "undecided")
    names = ("nonzero", "rank", "expected", "radius", "error_factor")
    return {
        "h": given.to_json()["h"],
        "verdict": verdict,
        "local": proved.get("at.local", "undecided"),
        **{name: proved.get(f"at.{name}") for name in names},
        "stiffness": proved.get("at.stiffness", TRIVIAL),
        **_told(statement, found, "at.verdict", verdict),
        "conditions": [] if proved.get("at.nonzero") == "yes" else [ZEROS],
    }


def _generic_conditions(found: Found, proved: dict[str, Any]) -> list[str]:
    """Where almost every h is, when that can be named."""
    path = "identifiability.generic.verdict"
    claim = _claim(found, path)
    return [ROOTS] if proved.get(path) == "yes" and claim and claim.kind == "chain-fibre" else []


def _told(statement: Statement, found: Found, path: str, verdict: str) -> dict[str, Any]:
    """The method that decided, or the reason why none did."""
    if verdict != "undecided":
        claim = _claim(found, path)
        return {"method": _method(found, path), "reason": claim.note if claim else ""}
    able = {method.name for method in registry(statement, at=True) if path in method.closes}
    rows = [row for row in found.methods if row["name"] in able and row["accepted"]]
    tried = [f"{row['name']}: {row['outcome'].removeprefix('nothing: ')}" for row in rows]
    reason = f"no method decided it ({'; '.join(tried)})" if tried else "no method applies"
    return {"method": None, "reason": f"{found.stopped}; {reason}" if found.stopped else reason}


def _index(found: Found, path: str) -> int | None:
    """Which claim proved what is said under a path."""
    return found.proved_by.get(path)


def _claim(found: Found, path: str) -> Any:
    index = _index(found, path)
    return None if index is None else found.claims[index]


def _method(found: Found, path: str) -> str | None:
    index = _index(found, path)
    return None if index is None else found.claim_methods[index]


def _pointer(found: Found, path: str) -> str | None:
    index = _index(found, path)
    return None if index is None else f"certificate.json#/claims/{index}"


def _witness(found: Found) -> dict[str, Any] | None:
    """The first exact witness, otherwise the first enclosure of one."""
    exact = ("witness", "skip-witness")
    for claim in sorted(found.claims, key=lambda claim: claim.kind not in exact):
        body = claim.to_json()
        if claim.kind in exact:
            kind = "family" if claim.family else "exact"
            return {"kind": kind, "h": body["h"], "g": body["g"], "radius": "0", "why": claim.note}
        centre = body if claim.kind == "enclosure" else body.get("centre")
        if centre:
            pair = {"h": centre["h"], "g": centre["g"]}
            return {"kind": "enclosure", **pair, "radius": body["radius"], "why": claim.note}
    return None


def _recovery(statement: Statement, proved: dict[str, Any]) -> dict[str, Any] | None:
    from .stability.printed import printed_bound

    if "recovery_bound.constant" not in proved:
        return None
    p, equivalence = proved["recovery_bound.p"], statement.equivalence
    return {
        "constant": proved["recovery_bound.constant"],
        "p": p,
        "paper": proved.get("recovery_bound.paper", TRIVIAL),
        "converse": proved.get("recovery_bound.converse"),
        "statement": {
            "scale": f"d_{p}([h],[g]) <= constant * min(|P(h)|_inf^(1/K-1), |P(g)|_inf^(1/K-1)) * (delta + eta)",
            "path-scale": f"Delta_{p}({{h}},{{g}}) <= constant * eps^(1-K) * (delta + eta)",
            "neuron-scale": "|P(h) - P(g)| <= constant * (delta + eta), P the path products",
        }[equivalence],
        "valid_while": {
            "scale": "constant: any noise; paper: (gamma/sigma)(delta + eta) <= max(|P(h)|_inf, |P(g)|_inf)/2",
            "path-scale": "every kernel of h and g non-zero, |.|_inf >= eps on h's kernels",
            "neuron-scale": "any noise",
        }[equivalence],
        **printed_bound(statement, p),
    }


def _versions() -> dict[str, str]:
    from . import __version__

    return {"dmfverify": __version__, "python": platform.python_version(), "platform": sys.platform}


def known_requirement(requirement: str | None) -> None:
    """Refuse a requirement that is not one of those of ``--require``."""
    if requirement not in (None, "identifiable", "stable"):
        raise BadInput(f"got {quoted(str(requirement))}, expected identifiable or stable", where="--require")


def require_met(result: Result, requirement: str | None) -> bool:
    """Whether ``--require identifiable`` or ``--require stable`` is met."""
    known_requirement(requirement)
    if requirement == "identifiable":
        return bool(result.uniform.verdict == "yes")
    return requirement is None or bool(result.json["dnsp"]["gamma"][1] != "inf")
