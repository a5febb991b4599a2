"""A result held against what has been proved.

`tie` refuses a result that says anything certain that is not in the map of what is proved: the
known fields have their known form and the proved value, a pair or a verdict elsewhere is refused,
and so is a number in a section of constants unless its key ends in `_estimate`.
"""

import json

from .proved import BRACKETS, GAMMAS, GENERIC, LOCAL, OVER_C, UNIFORM
from .strict import RATIONAL, require

PAIRS = (*BRACKETS, "recovery_bound.constant", "recovery_bound.paper", "recovery_bound.converse")
VERDICTS = (UNIFORM, OVER_C, GENERIC, LOCAL, "at.verdict", "at.local")
OTHERS = (
    "lifting.columns",
    "lifting.rank",
    "lifting.kernel_dimension",
    "identifiability.local.rank",
    "identifiability.local.expected",
    "identifiability.generic.fibre_real",
    "identifiability.generic.fibre_C",
    "sparse_dnsp.pairs",
    "sparse_dnsp.deficient_pairs",
    "dnsp.rho",
    "sparse_dnsp.rho",
    "recovery_bound.p",
    "compressed_sensing.sparsity",
    "at.nonzero",
    "at.rank",
    "at.expected",
    "at.radius",
    "at.error_factor",
)
SECTIONS = ("lifting", "identifiability", "dnsp", "sparse_dnsp", "recovery_bound", "compressed_sensing", "at")
FREE_NUMBERS = ("_estimate", "error_probability")
"""Ends of keys whose numbers claim nothing."""
WITNESS = {"kind", "h", "g", "radius", "why"}


def tie(result, ledger, proved, statement_sha256):
    """Refuse a result that says something certain that was not proved."""
    require(type(result) is dict, "result: not an object")
    require(result.get("schema") == "dmfverify/result/1", "result: unknown schema")
    require(result.get("statement_sha256") == statement_sha256, "result: about another statement")
    require(result.get("equivalence") == ledger.statement.equivalence, "result: another equivalence")
    _tie_case(result.get("case"), ledger.statement)
    for path in (*PAIRS, *VERDICTS, *OTHERS):
        allowed = [None, proved.get(path)]
        if path in VERDICTS:
            allowed.append("undecided")
        elif path in PAIRS:
            allowed.append(["1", "inf"] if path in GAMMAS else ["0", "inf"])
        require(_is_one_of(_at(result, path), allowed), f"result: {path} is not proved")
    _tie_witness(result.get("witness"), ledger)
    _tie_point(result.get("at"), ledger)
    _tie_rest(result)


def _tie_point(at, ledger):
    if at is not None:
        require(ledger.point is not None, "result: the certificate is about no given parameters")
        require(_is_one_of(at.get("h"), [ledger.point.raw]), "result: about other parameters")


def _tie_case(case, statement):
    require(type(case) is dict, "result: no case")
    require(_is_one_of(case.get("K"), [statement.K]), "result: another K")
    require(_is_one_of(case.get("parameters"), [statement.sizes]), "result: other numbers of parameters")
    require(_is_one_of(case.get("product_shape"), [statement.product_shape()]), "result: another product shape")


def _tie_witness(witness, ledger):
    if witness is not None:
        require(type(witness) is dict and set(witness) <= WITNESS, "result: witness has an unknown form")
        pair, radius = (witness.get("h"), witness.get("g")), witness.get("radius", "0")
        found = pair if radius == "0" else (*pair, radius)  # an enclosure holds a witness within the radius
        require(found in ledger.witnesses, "result: the witness is not proved")
        require((witness.get("kind") == "enclosure") == (radius != "0"), "result: the witness is of another kind")


def _at(result, path):
    """The value at a dotted path; a section that was not reached is null or absent."""
    *sections, last = path.split(".")
    for section in sections:
        result = result.get(section)
        if result is None:
            return None
        require(type(result) is dict, f"result: {section} is not an object")
    return result.get(last)


def _is_one_of(value, allowed):
    """Equality of JSON values: 1, 1.0 and true are three."""
    return json.dumps(value) in map(json.dumps, allowed)


def _tie_rest(result):
    """Nothing that looks certain anywhere else."""
    known = {tuple(path.split(".")) for path in (*PAIRS, *VERDICTS, *OTHERS)}
    stack = [((), result)]
    while stack:
        path, value = stack.pop()
        if path in known or path in (("witness", "h"), ("witness", "g"), ("at", "h")):
            continue
        name = ".".join(map(str, path))[:60]
        if path and path[-1] in ("verdict", "over_C"):
            require(value in (None, "undecided"), f"result: {name!a} is not proved")
        require(not _is_pair(value), f"result: {name!a} is a pair that is not proved")
        if path and path[0] in SECTIONS and not any(str(key).endswith(FREE_NUMBERS) for key in path):
            require(not _is_number(value), f"result: {name!a} is a number that is not proved")
        if type(value) is dict:
            stack.extend(((*path, key), item) for key, item in value.items())
        elif type(value) is list:
            stack.extend(((*path, i), item) for i, item in enumerate(value))


def _is_number(value):
    """Whether a value reads as a number: a JSON number, true, false, a value string."""
    return type(value) in (int, float, bool) or (type(value) is str and _is_value(value))


def _is_value(string):
    return string == "inf" or RATIONAL.fullmatch(string) is not None


def _is_pair(value):
    """Whether a value has the form of a bracket: two value strings."""
    return type(value) is list and len(value) == 2 and all(type(x) is str and _is_value(x) for x in value)
