"""One class at a point: with a kernel, on two supports, at parameters with zeros, and forgeries."""

from accepted_items import DENSE, P, operator, pattern, statement, strings, supports
from bounds_items import vector
from refused_items import MANY, claim, edit, on

ONES = strings([(1, 1), (1, 1, 1)])
BOX = [[0, 1], [0, 1, 2]]
# kernel: e_00 + e_11; P(h) = (x + y, x, x; x, x + y, x) has the minors 2xy + y^2 and xy
PLANK = statement(
    *operator((2, 3), [*(vector(6, {i: 1}) for i in (1, 2, 3, 5)), vector(6, {0: 1, 4: -1})]),
)
ITEM = {
    "support": BOX,
    "kernel": [[1, 1, 1, 1, 1, 1, -1], [1, 0, 0, 0, 1, 0, 0]],
    "prime": P,
    "degree": 2,
    "points": [[0, 2], [1, 2]],
    "flattenings": [[0]],
    "minors": [[0, 0, 1, 0, 1], [0, 0, 1, 0, 2]],
    "divided": [],
    "forms": [],
    "products": [[0], [1]],
}


def alone(h, *items):
    return {"kind": "one-class", "prime": P, "h": h, "items": list(items)}


def at(h):
    return {"kind": "point", "h": h}


ONE = alone(ONES, ITEM)
# h = (1, 0), (1, 1, 1): (x + y, x, x; 0, y, 0) has the minors xy + y^2 and -xy
EDGE = strings([(1, 0), (1, 1, 1)])
ON_EDGE = {**ITEM, "kernel": [[1, 1, 1, 0, 0, 0, -1], ITEM["kernel"][1]], "minors": [[0, 0, 1, 0, 1], [0, 0, 1, 1, 2]]}
HALVES = supports([[0, 1], [0, 1]], [[0, 1], [2, 3]])
LEFT, RIGHT = strings([(1, 1), (1, 1, 0, 0)]), strings([(1, 1), (0, 0, 1, 1)])
OTHER = [[0, 1], [2, 3]]
# kernel: all of the left half less e_02 + e_13, so that ones on the left have the product of a matrix of rank two
MIRROR = statement(
    *operator(
        (2, 4),
        [
            *(vector(8, {i: 1}) for i in (3, 6)),
            *(vector(8, {0: 1, i: -1}) for i in (1, 4, 5)),
            *(vector(8, {0: 1, i: 1}) for i in (2, 7)),
        ],
    ),
    model=HALVES,
)
MIRROR_ITEM = {
    "support": OTHER,
    "kernel": [[1, 0, 0, 1, -1]],
    "prime": P,
    "degree": 2,
    "points": [[0, 1]],
    "flattenings": [[0]],
    "minors": [[0, 0, 1, 2, 3]],
    "divided": [],
    "forms": [],
    "products": [[0]],
}
# kernel: e_02 + e_13, so that nothing on the right has the product of ones on the left
BESIDE = statement(
    *operator((2, 4), [*(vector(8, {i: 1}) for i in (0, 1, 4, 5, 3, 6)), vector(8, {2: 1, 7: -1})]), model=HALVES
)
APART = {"support": OTHER, "apart": vector(7, {0: 1})}
# kernel: 1 and e_00 + e_11 on two by two, where every line through P(h) meets another matrix of rank one
TWO = statement(*operator((2, 2), [vector(4, {i: 1}) for i in (1, 2)] + [vector(4, {0: 1, 3: -1})]))
TWO_ITEM = {
    **ITEM,
    "support": [[0, 1], [0, 1]],
    "kernel": [[1, 1, 1, 1, -1], [1, 0, 0, 1, 0]],
    "minors": [[0, 0, 1, 0, 1]],
    "products": [[0], [0]],
}
# a zero column: where x is not 0, the minor x (x + y) - x^2 over x is y
HOLE = statement(*operator((2, 2), [vector(4, {i: 1}) for i in (1, 2, 3)]))
HOLE_ITEM = {
    **ITEM,
    "support": [[0, 1], [0, 1]],
    "kernel": [[1, 1, 1, 1, -1], [1, 0, 0, 0, 0]],
    "degree": 1,
    "points": [[0, 2]],
    "minors": [[0, 0, 1, 0, 1]],
    "divided": [0],
    "products": [[0]],
}
# two neurons with an output each: all path products are seen
NEURONS = statement(
    pattern((2, 2), [(0, 0), (1, 0), (0, 1), (1, 1)]), pattern((2, 2), [(0, 0), (1, 1)]), equivalence="neuron-scale"
)

ACCEPTED = {
    "one_class": (PLANK, [ONE]),
    "one_class_at_the_point": (PLANK, [at(ONES), ONE]),
    "one_class_at_another_point": (PLANK, [at(EDGE), ONE]),
    "one_class_before_the_point": (PLANK, [ONE, at(ONES)]),
    "one_class_at_a_point_with_a_zero": (PLANK, [at(EDGE), alone(EDGE, ON_EDGE)]),
    "one_class_of_nonnegative_parameters": (
        {**PLANK, "model": {"kind": "free", "sign": "nonnegative"}},
        [ONE],
    ),
    "one_class_by_a_form": (
        PLANK,
        [alone(ONES, {**ITEM, "minors": ITEM["minors"][:1], "forms": [[[1, 0, 5], [-1, 2, 3]]]})],
    ),
    "one_class_of_two_supports": (MIRROR, [alone(LEFT, MIRROR_ITEM), alone(RIGHT)]),
    "one_class_of_one_of_two_supports": (MIRROR, [alone(LEFT, MIRROR_ITEM)]),
    "one_class_beside_a_kernel": (BESIDE, [at(LEFT), alone(LEFT, APART)]),
    "one_class_beside_a_zero_column": (HOLE, [alone(strings([(1, 1), (1, 1)]), HOLE_ITEM)]),
    "one_class_of_neurons": (NEURONS, [alone(strings([(1, 1, 1, 1), (1, 1)]))]),
}

DEPENDENT = "products: dependent modulo the prime, or in an order with a singular leading block"
LEFT_OUT = "a support with a kernel, or with the product of h, is in no item"


def forged(base, reason, path, value):
    """One change in the first item of an accepted claim."""
    return edit(base, (("claims", 0, "items", 0, *path), value), reason=claim("one-class", reason))


REJECTED = {
    "one_class_of_too_large_a_family": on(
        {**MANY, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [alone(strings([[0] * 2_001]))],
        claim("one-class", "more supports than are compared"),
    ),
    "one_class_of_two": on(TWO, [alone(strings([(1, 1), (1, 1)]), TWO_ITEM)], claim("one-class", DEPENDENT)),
    "one_class_of_a_gauge": on(DENSE, [alone(strings([(1, 0, 0, 1)] * 2))], claim("one-class", LEFT_OUT)),
    "one_class_of_a_vector_outside_the_kernel": forged(
        "one_class", "kernel: a vector is not in the kernel", ("kernel", 1), [1, 0, 0, 0, 0, 1, 0]
    ),
    "one_class_at_another_product": edit(
        "one_class",
        (("claims", 0, "h"), strings([(1, 1), (1, 1, 2)])),
        reason=claim("one-class", "kernel: a vector is not in the kernel"),
    ),
    "one_class_of_a_smaller_kernel": edit(
        "one_class",
        (("claims", 0, "items", 0, "kernel"), ITEM["kernel"][:1]),
        (("claims", 0, "items", 0, "degree"), 1),
        reason=claim("one-class", "kernel: the rank modulo the prime leaves room for more"),
    ),
    "one_class_with_a_form_too_few": forged("one_class", "products: 1 items, expected 2", ("products",), [[0]]),
    "one_class_of_none": forged("one_class_of_two_supports", "products: 0 items, expected 1", ("products",), []),
    "one_class_by_products_of_one_form": forged("one_class", DEPENDENT, ("products",), [[1], [1]]),
    "one_class_by_a_form_that_does_not_vanish": forged(
        "one_class_by_a_form",
        "forms: a form does not vanish on all differences",
        ("forms",),
        [[[1, 0, 4], [1, 1, 3]]],
    ),
    "one_class_divided_by_what_moves": forged(
        "one_class", "divided: not a minor that the first variable divides", ("divided",), [0]
    ),
    "one_class_divided_by_another_variable": forged(
        "one_class_beside_a_zero_column",
        "kernel: z is not the first variable",
        ("kernel",),
        [[1, 1, 1, 1, -1], [2, 1, 1, 1, -1]],
    ),
    "one_class_divided_by_zero": edit(
        "one_class_beside_a_zero_column",
        (("claims", 0, "items", 0, "prime"), 3),
        (("claims", 0, "items", 0, "points"), [[0, 2]]),
        reason=claim("one-class", "points: the first variable is 0 modulo the prime"),
    ),
    "one_class_beside_two_zero_columns": on(
        statement(*operator((2, 2), [vector(4, {i: 1}) for i in (2, 3)])),
        [
            alone(
                strings([(1, 1), (1, 1)]),
                {
                    **HOLE_ITEM,
                    "kernel": [[1, 1, 1, 1, -1], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0]],
                    "points": [[0, 3], [1, 3]],
                    "products": [[0], [0]],
                },
            )
        ],
        claim("one-class", DEPENDENT),
    ),
    "one_class_with_its_own_support_left_out": edit(
        "one_class", (("claims", 0, "items"), []), reason=claim("one-class", LEFT_OUT)
    ),
    "one_class_with_another_support_left_out": edit(
        "one_class_of_two_supports", (("claims", 0, "items"), []), reason=claim("one-class", LEFT_OUT)
    ),
    "one_class_apart_from_some_columns": edit(
        "one_class_beside_a_kernel",
        (("claims", 1, "items", 0, "apart"), vector(7, {0: 1, 4: 1})),
        reason="claims[1] ('one-class'): apart: not orthogonal to a column of the support",
    ),
    "one_class_apart_by_nothing": edit(
        "one_class_beside_a_kernel",
        (("claims", 1, "items", 0, "apart"), vector(7, {})),
        reason="claims[1] ('one-class'): apart: orthogonal to the product of h",
    ),
    "one_class_on_half_a_support": forged(
        "one_class", "support: not a maximal support", ("support",), [[0, 1], [0, 1]]
    ),
}
MALFORMED = {}
