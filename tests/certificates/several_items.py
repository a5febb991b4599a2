"""Several classes with a generic product: degrees of rank-one tensors, pairs of open images, exchanges, forgeries."""

from accepted_items import COLLIDE, DISTINCT, NEURONS, P, operator, statement, strings, supports, terms
from bounds_items import vector
from refused_items import claim, edit, on

# kernel: e_00 + e_11 on two by two; with y beside it (x, y, 0; 0, x, y) on two by three
TWO = statement(*operator((2, 2), [vector(4, {1: 1}), vector(4, {2: 1}), vector(4, {0: 1, 3: -1})]))
THREE = statement(
    *operator((2, 3), [vector(6, {2: 1}), vector(6, {3: 1}), vector(6, {0: 1, 4: -1}), vector(6, {1: 1, 5: -1})])
)
ITEM = {
    "kernel": [[1, 0, 0, 1]],
    "prime": P,
    "degree": 2,
    "points": [[0, 1]],
    "flattenings": [[0]],
    "minors": [[0, 0, 1, 0, 1]],
    "forms": [],
    "products": [[0]],
}
THREE_ITEM = {
    **ITEM,
    "kernel": [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1]],
    "points": [[0, 2], [1, 2], [2, 2]],
    "minors": [[0, 0, 1, 0, 1], [0, 0, 1, 0, 2], [0, 0, 1, 1, 2]],
    "products": [[0], [1], [2]],
}


def degree(item):
    return {"kind": "segre-degree", "prime": P, "item": item}


def kernel(*basis):
    return {"kind": "kernel", "prime": P, "basis": list(basis)}


def pair(h, g, coordinate, one, two=None):
    sides = {"h": strings(h), "g": strings(g), "coordinate": coordinate}
    return {"kind": "open-pair", "prime": P, "supports": [one, two or one], **sides}


def swap(h, coordinate, factors=(1, 0), maps=((0, 1), (0, 1)), support=((0, 1), (0, 1))):
    parts = {"support": [list(s) for s in support], "factors": list(factors), "maps": [list(m) for m in maps]}
    return {"kind": "exchange", **parts, "h": [list(part) for part in h], "coordinate": coordinate}


FULL = [[0, 1], [0, 1, 2]]
# (x, y, 0; 0, x, y) at x = 1, y = 2 as a difference of two
LONG = pair([(1, 1), (2, 3, -2)], [(1, 2), (1, 1, -2)], [0, 0], FULL)
POSITIVE = {"kind": "free", "sign": "nonnegative"}
# kernel: ones less (1, 2) (x) (2, 1), and (1, 0) (x) (1, 1) less the same
INNER = statement(
    *operator((2, 2), [vector(4, {1: 1}), vector(4, {0: 1, 3: -1}), vector(4, {0: 3, 2: -1})]), model=POSITIVE
)
INNER_PAIR = pair([(1, 1), (1, 1)], [(1, 2), (2, 1)], [0, 0], [[0, 1], [0, 1]])
EDGE = statement(
    *operator((2, 2), [vector(4, {1: 1}), vector(4, {0: 2, 3: -1}), vector(4, {0: 4, 2: -1})]), model=POSITIVE
)
EDGE_PAIR = pair([(1, 0), (1, 1)], [(1, 2), (2, 1)], [0, 0], [[0, 1], [0, 1]])
# two equal columns, one for each support
TWINS = statement(terms((1, 1), 2, [0, 0, 0, "1"], [1, 0, 0, "1"]), model=supports([[0]], [[1]]))
TWIN = pair([(1, 0)], [(0, 1)], [0], [[0]], [[1]])
SWAP = swap([(1, 2), (1, 3)], [0, 1])
# the first factor's second tap is not allowed, the second one's is
ONE_SIDE = {**COLLIDE, "model": supports([[0], [0, 1]])}

ACCEPTED = {
    "segre_degree_two": (TWO, [degree(ITEM)]),
    "segre_degree_three": (THREE, [degree(THREE_ITEM)]),
    "open_pair": (THREE, [degree(THREE_ITEM), LONG]),
    "open_pair_of_nonnegative_parameters": (INNER, [kernel([-1, 0, -3, -1]), INNER_PAIR]),
    "open_pair_of_two_supports": (TWINS, [kernel([1, -1]), TWIN]),
    "exchange_of_filters": (COLLIDE, [SWAP]),
    "exchange_of_nonnegative_filters": ({**COLLIDE, "model": POSITIVE}, [SWAP]),
}


def forged(base, reason, *path, value, number=0):
    """One change in a claim of an accepted item."""
    kind = ACCEPTED[base][1][number]["kind"]
    return edit(base, (("claims", number, *path), value), reason=f"claims[{number}] ('{kind}'): {reason}")


REJECTED = {
    # -- degrees
    "segre_degree_of_neurons": on(
        NEURONS, [degree(ITEM)], claim("segre-degree", "segre-degree: the equivalence is not scale")
    ),
    "segre_degree_of_nonnegative_parameters": on(
        {**TWO, "model": POSITIVE},
        [degree(ITEM)],
        claim("segre-degree", "segre-degree: the model is not all real parameters"),
    ),
    "segre_degree_of_a_smaller_kernel": forged(
        "segre_degree_three",
        "segre-degree: the rank is not the dimension of the cone",
        "item",
        "kernel",
        value=THREE_ITEM["kernel"][:1],
    ),
    "segre_degree_of_a_vector_outside_the_kernel": forged(
        "segre_degree_two", "kernel: a vector is not in the kernel", "item", "kernel", value=[[1, 0, 0, 2]]
    ),
    "segre_degree_of_a_larger_kernel": on(
        statement(*operator((2, 2), [vector(4, {1: 1}), vector(4, {0: 1, 3: -1})])),
        [degree(ITEM)],
        claim("segre-degree", "kernel: the rank modulo the prime leaves room for more"),
    ),
    "segre_degree_of_a_kernel_of_rank_one": on(
        statement(*operator((2, 2), [vector(4, {i: 1}) for i in (1, 2, 3)])),
        [degree({**ITEM, "kernel": [[1, 0, 0, 0]]})],
        claim("segre-degree", "products: dependent modulo the prime, or in an order with a singular leading block"),
    ),
    # -- pairs
    "open_pair_of_an_unknown_rank": on(
        THREE, [LONG], claim("open-pair", "open-pair: the rank of the lifting is not known")
    ),
    "open_pair_of_one_class": forged(
        "open_pair", "open-pair: one class", "g", value=strings([(2, 2), (1, "3/2", -1)]), number=1
    ),
    "open_pair_of_two_products": forged(
        "open_pair", "open-pair: the products differ", "g", value=strings([(1, 2), (1, 1, 2)]), number=1
    ),
    "open_pair_outside_its_supports": forged(
        "open_pair_of_two_supports",
        "open-pair: parameters outside their support",
        "supports",
        value=[[[1]], [[0]]],
        number=1,
    ),
    "open_pair_at_the_edge": on(
        EDGE,
        [kernel([-1, 0, -4, -2]), EDGE_PAIR],
        "claims[1] ('open-pair'): open-pair: parameters at the edge of a non-negative model",
    ),
    "open_pair_that_fills_a_line": edit(
        (THREE, [degree(THREE_ITEM), pair([(1, 0), (1, 0, 0)], [(0, 1), (0, -1, 0)], [0, 0], FULL)]),
        reason="claims[1] ('open-pair'): open-pair: the Jacobian of g has rank 3",
    ),
    # -- exchanges
    "exchange_of_a_factor_twice": forged("exchange_of_filters", "factors: one twice", "factors", value=[1, 1]),
    "exchange_of_a_parameter_twice": forged(
        "exchange_of_filters", "maps: not one to one", "maps", value=[[0, 0], [0, 1]]
    ),
    "exchange_of_different_filters": on(DISTINCT, [SWAP], claim("exchange", "exchange: a column changes")),
    "exchange_that_leaves_the_model": on(
        ONE_SIDE,
        [swap([(1, 0), (1, 3)], [0, 1], support=((0,), (0, 1)))],
        claim("exchange", "exchange: it leaves the model"),
    ),
    "exchange_of_equal_filters": forged(
        "exchange_of_filters",
        "exchange: the coordinate does not tell the classes apart",
        "h",
        value=[[1, 2], [1, 2]],
    ),
    "exchange_of_nothing": forged(
        "exchange_of_filters",
        "exchange: the coordinate does not tell the classes apart",
        "factors",
        value=[0, 1],
    ),
}
MALFORMED = {}
