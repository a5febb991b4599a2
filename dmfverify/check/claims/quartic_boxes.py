"""Sums of squares of degree four for supports with few coordinates in a large lifting, without other columns."""

from itertools import product as cartesian
from math import prod

from ..algebra import apply, dot
from ..lifting import product, row_gram
from ..statement import denominator
from ..strict import array, integer, integers, keys, require
from .quartic import MAX_COORDINATES, conclude, covered, inequality, targeted


def quartic_boxes(claim, ledger, work):
    """form(T) >= lambda*|T|^2 for the differences of each pair of supports, from the columns in their boxes."""
    keys(claim, ("kind", "target", "lambda", "bound", "items"), (), "quartic-boxes")
    statement, target, least, bound = targeted(claim, ledger)
    rows = None
    if target == "gamma":
        require(not statement.has_response, "quartic-boxes: the rows are responses")
        rows = row_gram(statement, work)
    boxes = [_item(item, statement, rows, least, work) for item in array(claim["items"], "items")]
    covered(statement, boxes, work)
    conclude(ledger, target, bound)


def _item(item, statement, rows, least, work):
    """One pair of boxes: its columns, the form on them, and the inequality."""
    require(type(item) is dict, "item: not an object")
    sides = [statement.read_box(item.get(side), side) for side in ("left", "right")]
    count = sum(prod(map(len, box)) for box in sides)
    require(count <= 2 * MAX_COORDINATES, "quartic-boxes: more coordinates than the checker takes")
    coordinates = sorted({multi for box in sides for multi in cartesian(*box)})
    columns = [product(statement, _one_hot(multi, statement.sizes), work) for multi in coordinates]
    if rows is None:
        form, unit = _image(columns, statement)
    else:
        form, unit = below_projection(item, columns, *rows, work)
        item = {name: value for name, value in item.items() if name not in ("unit", "Y")}
    return inequality(item, statement, coordinates, form, unit, least, work)


def _one_hot(multi, sizes):
    return [[int(i == j) for j in range(n)] for i, n in zip(multi, sizes, strict=True)]


def _image(columns, statement):
    """d^2 A^T A."""
    weight = prod(statement.forms[-1].grid) if statement.has_response else 1
    form = [[weight * sum(x * b.get(row, 0) for row, x in a.items()) for b in columns] for a in columns]
    return form, denominator(statement) ** 2


def below_projection(item, columns, rows, W, work):
    """u (Y^T C + C^T Y) - Y^T W Y <= u^2 C^T W^+ C, for any Y, C being the columns and W = d^2 A A^T."""
    unit = integer(item.get("unit"), "unit")
    require(unit >= 1, "unit: not positive")
    Y = [integers(y, len(rows), "Y") for y in array(item.get("Y"), "Y", len(columns))]
    C = [[column.get(row, 0) for row in rows] for column in columns]
    image = [apply(W, y, work) for y in Y]
    work.spend(3 * len(C) ** 2 * len(rows), max(1, work.bits))
    form = [
        [unit * (dot(y, c2) + dot(c, y2)) - dot(y, w2) for c2, y2, w2 in zip(C, Y, image, strict=True)]
        for c, y in zip(C, Y, strict=True)
    ]
    return form, unit**2
