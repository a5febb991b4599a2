"""Claims that bound or decide by polynomials: degree four, restricted minors, roots of a chain."""

from accepted_items import (
    COLLIDE,
    EYE,
    GOLDEN,
    IDENTITY,
    NO_L,
    SKIP,
    TWO_SUPPORTS,
    P,
    dense,
    pattern,
    statement,
    supports,
    taps,
    terms,
)
from refused_items import MANY, claim, edit, model, on

# roots can be dealt in two ways
CHAIN = {"kind": "chain-fibre"}
# one cubic form on a line: the determinant of the identity is 1
MINORS = {
    "kind": "restricted-minors",
    "prime": P,
    "items": [
        {
            "left": [[0, 1, 2], [0, 1, 2]],
            "right": [[0, 1, 2], [0, 1, 2]],
            "kernel": [EYE],
            "prime": P,
            "degree": 3,
            "points": [[0, 1]],
            "flattenings": [[0]],
            "minors": [[0, 0, 1, 2, 0, 1, 2]],
            "forms": [],
            "products": [[0]],
        }
    ],
}
DETERMINANT = [[1, 0, 4, 8], [-1, 0, 5, 7], [-1, 1, 3, 8], [1, 1, 5, 6], [1, 2, 3, 7], [-1, 2, 4, 6]]
# two different supports: where only one has a say, 2 x 2 minors vanish
PLANES = {**IDENTITY, "model": supports([[0, 1], [0, 1]], [[2], [2]])}
PLANES_ITEM = {
    "left": [[0, 1], [0, 1]],
    "right": [[2], [2]],
    "kernel": [[1, 0, 0, 1, 1]],
    "prime": P,
    "degree": 2,
    "points": [[0, 1]],
    "flattenings": [[0]],
    "minors": [[0, 0, 1, 0, 1]],
    "forms": [],
    "products": [[0]],
}
PLANES_MINORS = {**MINORS, "items": [PLANES_ITEM]}
# sums of squares of degree four, one for each target
QUARTIC_KAPPA = {
    "kind": "quartic",
    "target": "kappa",
    "rows": "product",
    "lambda": "1/4",
    "bound": "1/2",
    "items": [
        {
            "left": [[0, 1]],
            "right": [[0, 1]],
            "scale": 4,
            "gram": 1,
            "minor": 1,
            "L": [[3], [5, 3], [0, 5, 1]],
            "minors": [],
            "dets": [],
        }
    ],
}
QUARTIC_GAMMA = {
    **QUARTIC_KAPPA,
    "target": "gamma",
    "lambda": "1",
    "bound": "1",
    "independent": [0, 1],
    "S": [[1, -1], [-1, 2]],
    "scale": 1,
    "psd_form": NO_L,
    "items": [{**QUARTIC_KAPPA["items"][0], "scale": 1, "L": [[0], [0, 0], [0, 0, 0]]}],
}
# three layers with eight different shifts: F is the identity, and less than it leaves room for a determinant
THREE = statement(taps(8, 0, 1), taps(8, 0, 2), taps(8, 0, 4))
QUARTIC_THREE = {
    **QUARTIC_GAMMA,
    "rows": "response",
    "lambda": "1/2",
    "bound": "3/2",
    "independent": list(range(8)),
    "S": [[int(i == j) for j in range(8)] for i in range(8)],
    "items": [
        {
            "left": [[0, 1]] * 3,
            "right": [[0, 1]] * 3,
            "scale": 16,
            "gram": 1,
            "minor": 1,
            "L": [[0] * (i + 1) for i in range(36)],
            "minors": [],
            "dets": [[[[0], [1], [2]], [[[0], [1]]] * 3, 1]],
        }
    ],
}

ACCEPTED = {
    "chain_fibre": (COLLIDE, [CHAIN]),
    "chain_fibre_of_two_strides": (statement(taps(16, 3, 5, 7), taps(16, 0, 2), taps(16, 15, 0), taps(16, 4)), [CHAIN]),
    "chain_fibre_zero_boundary": (
        statement(taps(6, 0, 1, boundary="zero"), taps(4, 0, 1, 2, boundary="zero")),
        [CHAIN],
    ),
    "restricted_minors": (IDENTITY, [MINORS]),
    "restricted_minors_by_a_form": (
        IDENTITY,
        [{**MINORS, "items": [{**MINORS["items"][0], "minors": [], "flattenings": [], "forms": [DETERMINANT]}]}],
    ),
    "restricted_minors_of_a_degree_more": (
        IDENTITY,
        [{**MINORS, "items": [{**MINORS["items"][0], "degree": 4, "products": [[0, 0]]}]}],
    ),
    "restricted_minors_of_rank_one": (PLANES, [PLANES_MINORS]),
    "quartic_kappa": (GOLDEN, [QUARTIC_KAPPA]),
    "quartic_gamma": (GOLDEN, [QUARTIC_GAMMA]),
    "quartic_with_a_determinant": (THREE, [QUARTIC_THREE]),
}


def minors(path, value, reason):
    """One change in the item of `restricted_minors`."""
    return edit(
        "restricted_minors", (("claims", 0, "items", 0, *path), value), reason=claim("restricted-minors", reason)
    )


REJECTED = {
    # -- roots dealt to layers
    "chain_fibre_of_a_family": on(
        TWO_SUPPORTS, [CHAIN], claim("chain-fibre", "chain-fibre: the model is not all real parameters")
    ),
    "chain_fibre_of_nonnegative_kernels": on(
        model(sign="nonnegative"), [CHAIN], claim("chain-fibre", "chain-fibre: the model is not all real parameters")
    ),
    "chain_fibre_in_two_dimensions": edit(
        "shift_counts_two_dimensions",
        (("claims",), [CHAIN]),
        reason=claim("chain-fibre", "chain-fibre: not a chain of convolutions"),
    ),
    "chain_fibre_with_data": on(
        {**COLLIDE, "data": {"shape": [4, 1], "entries": [[0, 0, "1"]]}},
        [CHAIN],
        claim("chain-fibre", "chain-fibre: not a chain of convolutions"),
    ),
    "chain_fibre_through_a_known_layer": edit(
        "shift_counts_signed_skip",
        (("claims",), [CHAIN]),
        reason=claim("chain-fibre", "chain-fibre: not a single path of free kernels"),
    ),
    "chain_fibre_of_two_paths": edit(
        "trivial_kernel_path_scale",
        (("claims",), [CHAIN]),
        reason=claim("chain-fibre", "chain-fibre: not a single path of free kernels"),
    ),
    "chain_fibre_of_a_kernel_with_a_hole": on(
        statement(taps(16, 0, 1, 3), taps(16, 0, 1)),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: a kernel is not a full run of taps"),
    ),
    "chain_fibre_of_a_tap_twice": on(
        statement(taps(16, 0, 0), taps(16, 0, 1)),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: a kernel is not a full run of taps"),
    ),
    "chain_fibre_that_wraps_around": on(
        statement(taps(3, 0, 1), taps(3, 0, 1, 2)),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: the product wraps around"),
    ),
    "chain_fibre_of_many_roots": on(
        statement(taps(1, *range(402), boundary="zero")),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: more roots than the checker deals"),
    ),
    # -- forms on the kernel
    "restricted_minors_of_too_large_a_family": on(
        {**MANY, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [MINORS],
        claim("restricted-minors", "more supports than are compared"),
    ),
    "restricted_minors_kernel_outside": minors(
        ("kernel",), [[1, 0, 0, 0, 1, 0, 0, 0, 2]], reason="kernel: a vector is not in the kernel"
    ),
    "restricted_minors_kernel_forgotten": on(
        {
            **IDENTITY,
            "factors": [
                IDENTITY["factors"][0],
                {**IDENTITY["factors"][1], "terms": [t for t in IDENTITY["factors"][1]["terms"] if t[2] != 7]},
            ],
        },
        [MINORS],
        claim("restricted-minors", "kernel: the rank modulo the prime leaves room for more"),
    ),
    "restricted_minors_without_kernel": on(
        {**IDENTITY, "factors": [dense(1, 1), dense(1, 1)]},
        [{**MINORS, "items": [{**MINORS["items"][0], "left": [[0], [0]], "right": [[0], [0]], "kernel": []}]}],
        claim("restricted-minors", "kernel: no vector"),
    ),
    "restricted_minors_of_many_forms": on(
        statement(terms((1, 1), 4)),
        [
            {
                **MINORS,
                "items": [
                    {
                        **MINORS["items"][0],
                        "left": [[0, 1, 2, 3]],
                        "right": [[0, 1, 2, 3]],
                        "kernel": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
                        "degree": 59,
                    }
                ],
            }
        ],
        claim("restricted-minors", "item: more forms than the checker takes"),
    ),
    "restricted_minors_flattening_of_all_modes": minors(
        ("flattenings", 0), [0, 1], reason="flattenings: all modes on one side"
    ),
    "restricted_minors_of_size_one": minors(("minors", 0), [0, 0, 0], reason="minors: neither 2 x 2 nor 3 x 3"),
    "restricted_minors_of_no_size": minors(("minors", 0), [0, 0, 1, 2, 0, 1], reason="minors: neither 2 x 2 nor 3 x 3"),
    "restricted_minors_at_a_dead_coordinate": on(
        statement(
            pattern((1, 2), [(0, 0), (0, 1)]),
            pattern((2, 2), [(0, 0), (1, 1)]),
            equivalence="neuron-scale",
            data={"shape": [2, 1], "entries": [[0, 0, "1"], [1, 0, "1"]]},
        ),
        [
            {
                **MINORS,
                "items": [{**PLANES_ITEM, "left": [[0, 1], [0, 1]], "right": [[0, 1], [0, 1]], "kernel": [[1, -1]]}],
            }
        ],
        claim("restricted-minors", "minors: a cell that is no coordinate"),
    ),
    "restricted_minors_of_rank_one_where_both_have_a_say": edit(
        "restricted_minors",
        (("claims", 0, "items", 0, "degree"), 2),
        (("claims", 0, "items", 0, "minors"), [[0, 0, 1, 0, 1]]),
        reason=claim("restricted-minors", "minors: 2 x 2, but both boxes have a say"),
    ),
    "restricted_minors_by_a_constant": edit(
        "restricted_minors_by_a_form",
        (("claims", 0, "items", 0, "forms"), [[]]),
        reason=claim("restricted-minors", "forms: a form of degree 1 to 6 is needed"),
    ),
    "restricted_minors_by_a_permanent": edit(
        "restricted_minors_by_a_form",
        (("claims", 0, "items", 0, "forms", 0, 1, 0), 1),
        reason=claim("restricted-minors", "forms: a form does not vanish on all differences"),
    ),
    "restricted_minors_by_another_degree": minors(
        ("products", 0), [0, 0], reason="products: a product of another degree"
    ),
    "restricted_minors_at_a_point_where_they_vanish": minors(
        ("points", 0),
        [0, 0],
        reason="products: dependent modulo the prime, or in an order with a singular leading block",
    ),
    "restricted_minors_of_some_pairs": edit(
        "restricted_minors_of_rank_one",
        (("claims", 0, "items"), []),
        reason=claim("restricted-minors", "a pair of supports with a kernel is in no item"),
    ),
    # -- sums of squares of degree four
    "quartic_under_path_scale": on(SKIP, [QUARTIC_KAPPA], claim("quartic", "quartic: the equivalence is not scale")),
    "quartic_of_many_columns": on(
        MANY, [QUARTIC_KAPPA], claim("quartic", "quartic: more columns than the checker takes")
    ),
    "quartic_lambda_negative": edit(
        "quartic_kappa",
        (("claims", 0, "lambda"), "-1"),
        reason=claim("quartic", "quartic: lambda and the bound have to be positive"),
    ),
    "quartic_bound_negative": edit(
        "quartic_gamma",
        (("claims", 0, "bound"), "-1"),
        reason=claim("quartic", "quartic: lambda and the bound have to be positive"),
    ),
    "quartic_kappa_too_large": edit(
        "quartic_kappa",
        (("claims", 0, "bound"), "51/100"),
        reason=claim("quartic", "quartic: kappa^2 is more than lambda"),
    ),
    "quartic_gamma_too_small": edit(
        "quartic_gamma",
        (("claims", 0, "bound"), "99/100"),
        reason=claim("quartic", "quartic: gamma^2 is less than 1/lambda"),
    ),
    "quartic_lambda_too_large": edit(
        "quartic_kappa",
        (("claims", 0, "lambda"), "40/100"),
        reason=claim("quartic", "item: what the squares leave is not dominated by its diagonal"),
    ),
    "quartic_row_twice": edit(
        "quartic_gamma", (("claims", 0, "independent"), [0, 0]), reason=claim("quartic", "independent: repeated")
    ),
    "quartic_form_above_the_projection": edit(
        "quartic_gamma",
        (("claims", 0, "S"), [[2, -2], [-2, 4]]),
        reason=claim("quartic", "psd_form: scale*M - L*L^T is not diagonally dominant"),
    ),
    "quartic_form_of_scale_zero": edit(
        "quartic_gamma",
        (("claims", 0, "scale"), 0),
        (("claims", 0, "S"), [[0, 0], [0, 0]]),
        reason=claim("quartic", "scale: not positive"),
    ),
    "quartic_item_of_scale_zero": edit(
        "quartic_kappa",
        (("claims", 0, "items", 0, "scale"), 0),
        (("claims", 0, "items", 0, "L"), [[0], [0, 0], [0, 0, 0]]),
        reason=claim("quartic", "item: scale, gram and minor have to be positive"),
    ),
    "quartic_squares_taken_twice": edit(
        "quartic_kappa",
        (("claims", 0, "items", 0, "gram"), -1),
        reason=claim("quartic", "item: scale, gram and minor have to be positive"),
    ),
    "quartic_of_many_coordinates": on(
        statement(*(taps(128, *range(11)) for _ in range(2))),
        [
            {
                **QUARTIC_KAPPA,
                "rows": "response",
                "items": [{**QUARTIC_KAPPA["items"][0], "left": [list(range(11))] * 2, "right": [list(range(11))] * 2}],
            }
        ],
        claim("quartic", "item: more coordinates than the checker takes"),
    ),
    "quartic_minor_of_all_modes": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "minors"), [[[0, 1, 2], [[0, 0, 0]] * 3, [[]] * 3, []]]),
        reason=claim("quartic", "minors: all modes on one side"),
    ),
    "quartic_minor_of_equal_rows": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "minors"), [[[0], [[0], [1], [0]], [[0, 0], [0, 1], [1, 1]], []]]),
        reason=claim("quartic", "minors: a row or column twice"),
    ),
    "quartic_determinant_of_two_modes": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 0), [[0], [1], [1]]),
        reason=claim("quartic", "dets: the groups do not divide the modes"),
    ),
    "quartic_determinant_of_equal_slices": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 1, 0), [[1], [1]]),
        reason=claim("quartic", "dets: the two indices of a group are equal"),
    ),
    "quartic_determinant_negative": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 2), -1),
        reason=claim("quartic", "dets: a negative weight"),
    ),
    "quartic_determinant_too_heavy": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 2), 99),
        reason=claim("quartic", "item: what the squares leave is not dominated by its diagonal"),
    ),
    "quartic_of_no_pair": edit(
        "quartic_gamma",
        (("claims", 0, "items"), []),
        reason=claim("quartic", "quartic: a pair of supports is in no item"),
    ),
    "quartic_of_half_a_box": edit(
        "quartic_kappa",
        (("claims", 0, "items", 0, "right"), [[0]]),
        reason=claim("quartic", "quartic: a pair of supports is in no item"),
    ),
    "quartic_of_too_large_a_family": on(
        {**statement(terms((1, 1), 1_500)), "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [{**QUARTIC_KAPPA, "items": []}],
        claim("quartic", "quartic: more supports than are compared"),
    ),
}
MALFORMED: dict = {}
