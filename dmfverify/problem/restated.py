"""A statement read back from statement.json, which the checker has accepted before."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from .forms import Form, Known, Model, Pattern, Statement, Taps, Terms


def restated(content: bytes) -> Statement:
    """The statement in the bytes of a statement.json that is valid (docs/certificate-format.md, section 1).

    Examples
    --------
    >>> statement = Statement("scale", (Pattern((2, 2), ((0, 0), (1, 1))),))
    >>> restated(statement.to_bytes()) == statement
    True
    """
    body = json.loads(content)
    return Statement(
        body["equivalence"],
        tuple(_form(factor) for factor in body["factors"]),
        _model(body["model"]),
        None if body["data"] is None else _known(body["data"]),
    )


def _form(body: dict[str, Any]) -> Form:
    if body["form"] == "terms":
        terms = tuple((i, r, c, Fraction(v)) for i, r, c, v in body["terms"])
        return Terms(tuple(body["shape"]), body["parameters"], terms)
    if body["form"] == "pattern":
        return Pattern(tuple(body["shape"]), tuple((r, c) for r, c in body["entries"]))
    if body["form"] == "matrix":
        return _known(body)
    return Taps(
        tuple(body["grid"]),
        body["boundary"],
        body["stride"],
        tuple(body["nodes"]),
        tuple((to, source, tuple(shift)) for to, source, *shift in body["taps"]),
        tuple((to, source, tuple(shift), Fraction(v)) for to, source, *shift, v in body["fixed"]),
    )


def _known(body: dict[str, Any]) -> Known:
    return Known(tuple(body["shape"]), tuple((r, c, Fraction(v)) for r, c, v in body["entries"]))


def _model(body: dict[str, Any]) -> Model:
    return Model(
        body["kind"],
        body["sign"] == "nonnegative",
        supports=tuple(tuple(tuple(part) for part in support) for support in body.get("supports", ())),
        sparsity=tuple(body.get("sparsity", ())),
        groups=tuple(tuple(tuple(g) for g in factor) for factor in body.get("groups", ())),
        active=tuple(body.get("active", ())),
    )
