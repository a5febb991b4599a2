"""Gamma of a family from least eigenvalues: a difference lives on the union of its two boxes."""

from fractions import Fraction
from itertools import combinations_with_replacement

from ..boxes import Boxes
from ..proved import OVER_C, UNIFORM
from ..strict import index, keys, rational, require
from .quartic import MAX_COLUMNS, below_projection

MAX_SUPPORTS = 1_000
MAX_BITS = 256


def projected_pairs(claim, ledger, work):
    """form/scale, which lies below the projection, is at least 1/bound^2 on the union of each pair of supports."""
    names = ("kind", "rows", "independent", "S", "scale", "psd_form", "bits", "bound")
    keys(claim, names, (), "projected-pairs")
    statement, bound = ledger.statement, rational(claim["bound"], "bound")
    require(statement.kind != "free", "projected-pairs: the model is free")
    require(statement.family_within(MAX_SUPPORTS), "projected-pairs: more supports than are compared")
    require(statement.count() <= MAX_COLUMNS, "projected-pairs: more columns than the checker takes")
    require(bound >= 1, "bound: below 1")
    bits = index(claim["bits"], MAX_BITS + 1, "bits")
    require(bits > 7, "bits: too few")
    _, form, scale = below_projection(claim, statement, work)
    boxes = Boxes(statement, form, scale, bits, work)
    for s, t in combinations_with_replacement(statement.maximal(), 2):
        boxes.least(boxes.union(s, t), Fraction(1) / bound, "projected-pairs: a pair has a greater gamma")
    ledger.high("dnsp.gamma", bound)
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")
