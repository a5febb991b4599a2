"""Limits of differences in the kernel, and kernels of dimension one outside the differences."""

from accepted_items import FREE, NONNEGATIVE, SKIP, P, operator, statement, supports, terms
from existence_items import COMPLEX, TANGENT
from refused_items import claim, edit, on

W = [0, 1, 1, 0, 1, 0, 0, 0]
ZERO, ONE, SLOPE, BELOW = [], ["1"], ["0", "1"], ["0", "-1"]
# (e_0 + t e_1)^3 - e_0^3 = t W + ...
LIMIT = {
    "kind": "limit",
    "order": 1,
    "h": [[ONE, SLOPE]] * 3,
    "g": [[ONE, ZERO]] * 3,
    "coordinate": [0, 0, 1],
}
CUBE = {
    "kind": "line-outside",
    "prime": P,
    "kernel": W,
    "because": "cube",
    "groups": [[0], [1], [2]],
    "indices": [[[0], [1]]] * 3,
}
COMPLEX_CUBE = {**CUBE, "kernel": [1, 0, 0, -1, 0, -1, -1, 0]}
# non-negative: e_01 + e_10
PLANE_LIMIT = {**LIMIT, "h": LIMIT["h"][:2], "g": LIMIT["g"][:2], "coordinate": [0, 1]}
SIGNS = {**CUBE, "kernel": [0, 1, 1, 0], "because": "signs", "groups": [[0], [1]], "indices": [[[0], [1]]] * 2}
# supports {0, 1}^2 and {0, 2}^2: e_01 + e_10 - e_02 - e_20
ACROSS = [0, 1, -1, 1, 0, 0, -1, 0, 0]
BESIDE = statement(
    *operator(
        (3, 3),
        [
            *([int(i == j) for j in range(9)] for i in (0, 4, 5, 7, 8)),
            [0, 1, 1, 0, 0, 0, 0, 0, 0],
            [0, 0, 1, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 0, 0, 1, 0, 0],
        ],
    ),
    model=supports([[0, 1], [0, 1]], [[0, 2], [0, 2]]),
)
BESIDE_LIMIT = {
    **PLANE_LIMIT,
    "h": [[ONE, SLOPE, ZERO]] * 2,
    "g": [[ONE, ZERO, SLOPE]] * 2,
}
BETWEEN = {**CUBE, "kernel": ACROSS, "because": "supports", "groups": [], "indices": []}
# e_000 + e_111 has hyperdeterminant one, e_000 + e_011 a flattening of rank one
UNITS = [[int(i == j) for j in range(8)] for i in range(8)]


def along(*places):
    """Three factors of two entries whose kernel is spanned by the sum of two units."""
    a, b = places
    rows = [UNITS[i] for i in range(8) if i not in places]
    rows.append([x - y for x, y in zip(UNITS[a], UNITS[b], strict=True)])
    return lifted(rows), [x + y for x, y in zip(UNITS[a], UNITS[b], strict=True)]


def lifted(rows):
    """Factors of sizes 2, 2, 2 with a given lifting."""
    return statement(
        terms((1, 2), 2, [0, 0, 0, "1"], [1, 0, 1, "1"]),
        terms((2, 4), 2, *([j, i, 2 * i + j, "1"] for i in range(2) for j in range(2))),
        terms(
            (4, len(rows)),
            2,
            *([i % 2, i // 2, n, str(x)] for n, row in enumerate(rows) for i, x in enumerate(row) if x),
        ),
    )


MANY_ONES = statement(terms((1, 60), 61, *([i, 0, i, "1"] for i in range(60))))
ACCEPTED = {
    "limit_of_three_factors": (TANGENT, [LIMIT]),
    "limit_and_identifiable": (TANGENT, [CUBE, LIMIT]),
    "limit_and_identifiable_nonnegative": (NONNEGATIVE, [SIGNS, PLANE_LIMIT]),
    "limit_and_identifiable_across_supports": (BESIDE, [BETWEEN, BESIDE_LIMIT]),
    "limit_of_order_two": (TANGENT, [{**LIMIT, "order": 2, "h": [[ONE, ["0", "0", "1"]]] * 3}]),
    "limit_and_a_bound": (
        TANGENT,
        [
            CUBE,
            LIMIT,
            {
                "kind": "gram-bracket",
                "side": "columns",
                "rows": "product",
                "sigma_min": ["0", "2"],
                "sigma_max": ["1", "inf"],
                "row_vector": [1, 0, 0, 0, 0, 0, 0, 0],
                "top_vector": [1, 0, 0, 0, 0, 0, 0, 0],
            },
            {"kind": "recovery-bound", "p": 2},
        ],
    ),
    "line_outside_over_the_reals": (COMPLEX, [COMPLEX_CUBE]),
}
REJECTED = {
    "limit_of_a_negative_entry": on(
        NONNEGATIVE,
        [{**PLANE_LIMIT, "h": [[ONE, BELOW]] * 2}],
        claim("limit", "limit: the curves are not in the model"),
    ),
    "limit_across_two_supports": on(
        BESIDE,
        [{**BESIDE_LIMIT, "h": [[ONE, SLOPE, BELOW]] * 2, "g": [[ONE, ZERO, ZERO]] * 2}],
        claim("limit", "limit: the curves are not in the model"),
    ),
    "limit_of_one_class": on(
        TANGENT,
        [{**LIMIT, "g": LIMIT["h"]}],
        claim("limit", "limit: the coordinate does not tell the curves apart"),
    ),
    "limit_beyond_its_order": on(
        TANGENT,
        [{**LIMIT, "coordinate": [1, 1, 0]}],
        claim("limit", "limit: the coordinate does not tell the curves apart"),
    ),
    "limit_that_leaves_the_kernel": on(COMPLEX, [LIMIT], claim("limit", "limit: the products differ")),
    "limit_of_another_order": edit(
        "limit_of_three_factors", (("claims", 0, "order"), 2), reason=claim("limit", "limit: the products differ")
    ),
    "line_outside_of_rank_two": on(
        along(0, 7)[0],
        [{**CUBE, "kernel": along(0, 7)[1]}],
        claim("line-outside", "line-outside: the hyperdeterminant is positive"),
    ),
    "line_outside_of_a_matrix": on(
        along(0, 3)[0],
        [{**CUBE, "kernel": along(0, 3)[1]}],
        claim("line-outside", "line-outside: a flattening of rank one"),
    ),
    "line_outside_by_signs_of_real_parameters": on(
        {**NONNEGATIVE, "model": FREE}, [SIGNS], claim("line-outside", "line-outside: the model is not non-negative")
    ),
    "line_outside_with_a_positive_diagonal": edit(
        "limit_and_identifiable_nonnegative",
        (("claims", 0, "indices"), [[[0], [1]], [[1], [0]]]),
        reason=claim("line-outside", "line-outside: a positive entry on the diagonal"),
    ),
    "line_outside_with_a_zero_beside_the_diagonal": edit(
        "limit_and_identifiable_nonnegative",
        (("claims", 0, "indices"), [[[0], [0]], [[0], [1]]]),
        reason=claim("line-outside", "line-outside: a positive entry on the diagonal"),
    ),
    "line_outside_with_negative_entries": edit(
        "limit_and_identifiable_nonnegative",
        (("claims", 0, "kernel"), [0, -1, -1, 0]),
        reason=claim("line-outside", "line-outside: an entry beside the diagonal that is not positive"),
    ),
    "line_outside_of_one_support": on(
        {**BESIDE, "model": FREE},
        [BETWEEN],
        claim("line-outside", "line-outside: a pair of supports is not excluded"),
    ),
    "line_outside_of_wider_supports": on(
        {**BESIDE, "model": supports([[0, 1], [0, 1, 2]], [[0, 1, 2], [0, 2]])},
        [BETWEEN],
        claim("line-outside", "line-outside: a pair of supports is not excluded"),
    ),
    "line_outside_of_many_supports": on(
        {**MANY_ONES, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [{**BETWEEN, "kernel": [int(i == 60) for i in range(61)]}],
        claim("line-outside", "line-outside: more supports than are compared"),
    ),
    "line_outside_with_cells_to_spare": edit(
        "limit_and_identifiable_across_supports",
        (("claims", 0, "groups"), [[0], [1]]),
        reason=claim("line-outside", "line-outside: cells that are not needed"),
    ),
    "line_outside_of_some_modes": edit(
        "limit_and_identifiable",
        (("claims", 0, "groups"), [[0], [1], [1]]),
        reason=claim("line-outside", "groups: they do not divide the modes"),
    ),
    "line_outside_under_path_scale": on(
        SKIP, [CUBE], claim("line-outside", "line-outside: the equivalence is not scale")
    ),
}
MALFORMED = {
    "limit_of_order_zero": edit(
        "limit_of_three_factors",
        (("claims", 0, "order"), 0),
        reason=claim("limit", "order: not an integer in 1..12"),
    ),
    "limit_with_another_key": edit(
        "limit_of_three_factors",
        (("claims", 0, "note"), "x"),
        reason=claim("limit", "limit: unknown key 'note'"),
    ),
    "line_outside_with_another_key": edit(
        "limit_and_identifiable",
        (("claims", 0, "note"), "x"),
        reason=claim("line-outside", "line-outside: unknown key 'note'"),
    ),
}
