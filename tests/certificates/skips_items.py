"""Corpus of networks with free and known taps in one layer: claims of their own, and forgeries of each."""

from accepted_items import DISTINCT, FREE, P, jacobian, matrix, statement, supports, taps, witness
from refused_items import claim, on

ONE = [[0, 0, 0, "1"]]


def blocks(*kernels, **more):
    """(1 + a)(1 + b) on a circle of 12."""
    return statement(*(taps(12, *k, fixed=ONE) for k in kernels), equivalence="path-scale", **more)


def skip(found):
    return {**found, "kind": "skip-" + found["kind"]}


RESIDUAL, EQUAL = blocks([1, 2], [3, 6]), blocks([1], [1])
BY_RANK, BY_SHIFTS = {"kind": "skip-injective", "prime": P}, {"kind": "skip-injective", "prime": None}
EXCHANGED = skip(witness([[1], [0]], [[0], [1]], [0, 1]))
# y = (a + z) c + b z d z^2, the first through node 0, the second through node 1
TWO_NODES = statement(
    taps(8, (0, 0, 0), (0, 1, 1), nodes=(1, 2), fixed=[(0, 0, 1, "1")]),
    taps(8, (0, 0, 0), (1, 0, 2), nodes=(2, 1)),
    equivalence="path-scale",
)
# chains of known taps that cancel, and others that add up
CANCEL = statement(
    taps(8, 1, fixed=[(0, 0, 0, "1"), (0, 0, 4, "1")]),
    taps(8, 2, fixed=[(0, 0, 0, "1"), (0, 0, 4, "-1")]),
    equivalence="path-scale",
)
HALVES = statement(
    taps(8, 1, fixed=[(0, 0, 0, "1/2")]), taps(8, 2, fixed=[(0, 0, 0, "-2/3")]), equivalence="path-scale"
)

ACCEPTED = {
    "skip_injective": (RESIDUAL, [BY_RANK]),
    "skip_injective_by_shifts": (RESIDUAL, [BY_SHIFTS]),
    "skip_injective_by_sums_of_chains": (CANCEL, [BY_RANK]),
    "skip_injective_by_fractions": (HALVES, [BY_RANK]),
    "skip_injective_in_supports": ({**RESIDUAL, "model": supports([[0], [0, 1]])}, [BY_RANK]),
    "skip_witness": (EQUAL, [EXCHANGED]),
    "skip_jacobian": (EQUAL, [skip(jacobian([[0], [0]], [[3], [5]], 2))]),
    "skip_jacobian_through_two_nodes": (TWO_NODES, [skip(jacobian([[0, 1], [0, 1]], [[2, 3], [5, 7]], 3))]),
}
REJECTED = {
    "skip_counted_as_multilinear": on(
        RESIDUAL,
        [{"kind": "trivial-kernel", "prime": P}],
        claim(
            "trivial-kernel",
            "not a kind for this statement: free and known taps in one layer have kinds of their own",
        ),
    ),
    "skip_where_there_is_none": on(
        DISTINCT,
        [BY_RANK],
        claim(
            "skip-injective",
            "not a kind for this statement: free and known taps in one layer have kinds of their own",
        ),
    ),
    "skip_shifts_through_data": on(
        blocks([1, 2], [3, 6], data={k: matrix((12, 1), (0, 0, "1"))[k] for k in ("shape", "entries")}),
        [BY_SHIFTS],
        claim("skip-injective", "skip-injective: not a plain convolutional network"),
    ),
    "skip_shifts_behind_a_stride": on(
        statement(taps(12, 1, 2, fixed=ONE, stride=2), taps(12, 3, fixed=ONE), equivalence="path-scale"),
        [BY_SHIFTS],
        claim("skip-injective", "skip-injective: not a plain convolutional network"),
    ),
    "skip_shifts_that_meet": on(
        EQUAL, [BY_SHIFTS], claim("skip-injective", "skip-injective: shifts are not seen to be different")
    ),
    "skip_columns_that_meet": on(EQUAL, [BY_RANK], claim("skip-injective", "skip-injective: dependent columns")),
    "skip_chains_that_cancel": on(
        statement(taps(8, 1, fixed=[(0, 0, 0, "1"), (0, 0, 0, "-1")]), taps(8, 2, fixed=ONE), equivalence="path-scale"),
        [BY_RANK],
        claim("skip-injective", "skip-injective: dependent columns"),
    ),
    "skip_witness_outside_the_model": on(
        {**EQUAL, "model": {**FREE, "sign": "nonnegative"}},
        [skip(witness([[1], [-1]], [[-1], [1]], [0, 1]))],
        claim("skip-witness", "skip-witness: the parameters are not in the model"),
    ),
    "skip_witness_on_no_path": on(
        TWO_NODES,
        [skip(witness([[1, 0], [0, 1]], [[1, 0], [0, 0]], [0, 1]))],
        claim("skip-witness", "skip-witness: the coordinate is not alive"),
    ),
    "skip_witness_of_one_class": on(
        EQUAL,
        [skip(witness([[1], [0]], [[1], [0]], [0, 1]))],
        claim("skip-witness", "skip-witness: the coordinate does not tell the classes apart"),
    ),
    "skip_witness_of_two_products": on(
        EQUAL,
        [skip(witness([[1], [0]], [[2], [0]], [0, 1]))],
        claim("skip-witness", "skip-witness: the products differ"),
    ),
    "skip_witness_of_one_class_by_one_column": on(
        RESIDUAL,
        [skip(witness([[1, 0], [0, 0]], [[0, 0], [1, 0]], [0, 2]))],
        claim("skip-witness", "skip-witness: the products differ"),
    ),
    "skip_jacobian_of_a_larger_rank": on(
        EQUAL,
        [skip(jacobian([[0], [0]], [[3], [3]], 2))],
        claim("skip-jacobian", "skip-jacobian: the rank at the point is 1"),
    ),
    "skip_jacobian_modulo_a_denominator": on(
        statement(taps(8, 1, fixed=[(0, 0, 0, f"1/{P}")]), taps(8, 2), equivalence="path-scale"),
        [skip(jacobian([[0], [0]], [[1], [1]], 1))],
        claim("skip-jacobian", "skip-jacobian: the prime divides a known value's denominator"),
    ),
}
ROOTS = {"kind": "chain-fibre"}
STRIDED = statement(taps(12, 0, 1), taps(24, 0, 1, stride=2))
ACCEPTED |= {
    "chain_fibre_behind_a_stride": (STRIDED, [ROOTS]),
    "chain_fibre_before_a_stride": (statement(taps(24, 0, 1, stride=2), taps(24, 0, 1)), [ROOTS]),
}
REJECTED |= {
    "chain_fibre_that_skips_coefficients": on(
        statement(taps(2, 0, 1, boundary="zero"), taps(2, 0, 1, 2, 3, stride=3, boundary="zero")),
        [ROOTS],
        claim("chain-fibre", "chain-fibre: a stride that leaves out a coefficient of the product"),
    ),
    "chain_fibre_of_two_boundaries": on(
        statement(taps(8, 0, 1), taps(7, 0, 1, boundary="zero")),
        [ROOTS],
        claim("chain-fibre", "chain-fibre: two boundaries"),
    ),
}
MALFORMED = {}
