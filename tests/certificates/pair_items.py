"""Gamma of the pairs of a family: the kernel on a box or a union, worked out by hand."""

from accepted_items import DIAMOND, ROOT8, SKIP, TWO_SUPPORTS, supports, taps
from family_items import DIAGONAL, GRID_LIST, columns, sparse
from refused_items import DROP, claim, edit, on

# kernel (1, 1, 1, 1) on the grid, supports of one index: opposite corners make the two boxes with a kernel; there
# T = a e_00 + b e_11, dist^2 = a^2 + b^2 - (a + b)^2/4, so gamma^2 = 2.  W is [[2, -1, 0], [-1, 2, -1], [0, -1, 2]],
# and Y = 4 W^-1 C makes the form 16 times the projection: for lambda = 2/5 what has to be a sum of squares is
# 28 (a^4 + 2 a^2 b^2 + b^4) - 40 (a^3 b + a b^3), which has a dominant diagonal
CORNERS = [([0], [0]), ([1], [1]), [[3, 2, 1], [-1, -2, -3]]], [([0], [1]), ([1], [0]), [[-1, 2, 1], [-1, -2, 1]]]
ITEMS = [
    {
        "left": list(left), "right": list(right), "unit": 4, "Y": Y,
        "scale": 1, "gram": 1, "minor": 1, "L": [[0], [0, 0], [0, 0, 0]], "minors": [], "dets": [],
    }
    for left, right, Y in CORNERS
]  # fmt: skip
UPPER = {"kind": "quartic-pairs", "where": "box", "prime": 1_048_573, "lambda": "2/5", "bound": "8/5", "items": ITEMS}
UNIONS = {**UPPER, "where": "union", "lambda": "1", "bound": "1", "items": []}
LOWER = {
    "kind": "pair-difference",
    "where": "box",
    "pair": [[[0], [0]], [[1], [1]]],
    "h": [["1", "0"], ["1", "0"]],
    "g": [["0", "1"], ["0", "-1"]],
    "kernel": [1, 1, 1, 1],
    "denominator": 2,
    "gamma": "7/5",
}
# S = 4 W^-1 makes F four times the projection; on opposite corners its least eigenvalue is 2
PROJECTED = {
    "kind": "projected-pairs",
    "rows": "product",
    "independent": [0, 1, 2],
    "S": [[3, 2, 1], [2, 4, 2], [1, 2, 3]],
    "scale": 4,
    "psd_form": {"scale": 1, "L": [[1], [1, 0], [1, 0, 0], [1, 0, 0, 0]]},
    "bits": 30,
    "bound": "3/2",
}
# on all unions the projection has its eigenvalues from 1/2 on: no pair needs an item
EASED = {
    **{name: PROJECTED[name] for name in ("rows", "independent", "S", "scale", "psd_form")},
    "kind": "quartic",
    "target": "gamma",
    "lambda": "2/5",
    "bound": "8/5",
    "items": [],
    "eased": {"bits": 30, "low": "2/3"},
}
FREE = {**GRID_LIST, "model": {"kind": "free", "sign": "real"}}
LONG = columns([1] * 2_001, model=sparse(1))
LONG_LIST = columns([1] * 2_001, model=supports([[0]]))
FORTY_SIX = columns([1] * 46, model=sparse(2))
NAME, BELOW, PROJECTION = "quartic-pairs", "pair-difference", "projected-pairs"
NOT_DOMINATED = claim(NAME, "item: what the squares leave is not dominated by its diagonal")
TOO_SMALL = claim(NAME, "quartic-pairs: gamma^2 is less than 1 or 1/lambda")
TOO_LARGE = claim(BELOW, "pair-difference: gamma is more than |T| over the distance to the kernel")

# taps {0, 1} twice on eight cells: the box of everything reaches 0 and 2 once, 1 twice
SHIFTS = {"kind": "shift-pair", "pair": [[[0, 1], [0, 1]]] * 2, "lower_rip": ROOT8, "lower_rip_union": ROOT8}
COLLIDING = {**TWO_SUPPORTS, "model": supports([[0, 1], [0, 1]])}
# the first layer's tap from the second inner node, the second layer's tap to the first one
DEAD = {**DIAMOND, "equivalence": "scale", "model": supports([[0], [1]])}
SHIFT = "shift-pair"
ACCEPTED = {
    "shift_pair": (COLLIDING, [SHIFTS]),
    "quartic_pairs": (GRID_LIST, [UPPER]),
    "quartic_pairs_of_unions": (GRID_LIST, [UNIONS]),
    "projected_pairs": (GRID_LIST, [PROJECTED]),
    "quartic_eased": (GRID_LIST, [EASED]),
    "pair_difference": (GRID_LIST, [LOWER, UPPER]),
    "pair_difference_on_a_union": (
        GRID_LIST,
        [{**LOWER, "where": "union", "kernel": [0, 0], "denominator": 1, "gamma": "1"}],
    ),
}
REJECTED = {
    "quartic_pairs_of_another_equivalence": on(
        DIAGONAL, [UNIONS], claim(NAME, "quartic-pairs: the equivalence is not scale")
    ),
    "quartic_pairs_of_a_free_model": on(FREE, [UNIONS], claim(NAME, "quartic-pairs: the model is free")),
    "quartic_pairs_of_many_columns": on(
        LONG, [UNIONS], claim(NAME, "quartic-pairs: more columns than the checker takes")
    ),
    "quartic_pairs_of_many_supports": on(
        FORTY_SIX, [UNIONS], claim(NAME, "quartic-pairs: more supports than are compared")
    ),
    "quartic_pairs_with_lambda_zero": edit(
        "quartic_pairs", (("claims", 0, "lambda"), "0"), reason=claim(NAME, "quartic-pairs: lambda has to be positive")
    ),
    "quartic_pairs_with_a_smaller_bound": edit("quartic_pairs", (("claims", 0, "bound"), "3/2"), reason=TOO_SMALL),
    "quartic_pairs_below_one": edit(
        "quartic_pairs_of_unions", (("claims", 0, "bound"), "9/10"), (("claims", 0, "lambda"), "2"), reason=TOO_SMALL
    ),
    "quartic_pairs_with_a_larger_lambda": edit(
        "quartic_pairs", (("claims", 0, "lambda"), "11/20"), reason=NOT_DOMINATED
    ),
    "quartic_pairs_with_a_wrong_projection": edit(
        "quartic_pairs", (("claims", 0, "items", 1, "Y", 0, 0), 1), reason=NOT_DOMINATED
    ),
    "quartic_pairs_on_the_union_alone": edit(
        "quartic_pairs", (("claims", 0, "where"), "union"), reason=claim(NAME, "Y: 3 items, expected 2")
    ),
    "quartic_pairs_without_a_pair": edit(
        "quartic_pairs",
        (("claims", 0, "items"), ITEMS[:1]),
        reason=claim(NAME, "quartic-pairs: a pair with dependent columns is in no item"),
    ),
    "quartic_pairs_of_a_smaller_support": edit(
        "quartic_pairs",
        (("claims", 0, "items", 0, "left"), [[0, 1], [0]]),
        reason=claim(NAME, "left: not a maximal support"),
    ),
    "shift_pair_of_a_free_model": on(
        {**COLLIDING, "model": {"kind": "free", "sign": "real"}},
        [SHIFTS],
        claim(SHIFT, "shift-pair: not a family on a plain network"),
    ),
    "shift_pair_with_a_weight": on(
        {
            **SKIP,
            "model": supports([[0], [0]]),
            "factors": [SKIP["factors"][0], taps(4, fixed=[(0, 0, 1, "2")]), SKIP["factors"][2]],
        },
        [{**SHIFTS, "pair": [[[0], [0]]] * 2}],
        claim(SHIFT, "shift-pair: fixed taps that are not plain shifts"),
    ),
    "shift_pair_that_reaches_nothing": on(
        DEAD,
        [{**SHIFTS, "pair": [[[0], [1]]] * 2}],
        claim(SHIFT, "shift-pair: no coordinate of the pair reaches a shift"),
    ),
    "shift_pair_above": edit(
        "shift_pair",
        (("claims", 0, "lower_rip"), ["3", "3"]),
        reason=claim(SHIFT, "shift-pair: lower_rip is another root"),
    ),
    "shift_pair_below": edit(
        "shift_pair",
        (("claims", 0, "lower_rip_union"), ["2", "5/2"]),
        reason=claim(SHIFT, "shift-pair: lower_rip_union is another root"),
    ),
    "quartic_eased_of_few_bits": edit(
        "quartic_eased", (("claims", 0, "eased", "bits"), 7), reason=claim("quartic", "bits: too few")
    ),
    "quartic_eased_with_a_lower_root": edit(
        "quartic_eased",
        (("claims", 0, "eased", "low"), "3/5"),
        reason=claim("quartic", "low: less than the root of lambda"),
    ),
    "quartic_eased_with_a_smaller_eigenvalue": edit(
        "quartic_eased",
        (("claims", 0, "eased", "low"), "3/4"),
        reason=claim("quartic", "quartic: a pair in no item has a smaller eigenvalue"),
    ),
    "quartic_neither_eased_nor_in_an_item": edit(
        "quartic_eased",
        (("claims", 0, "eased"), DROP),
        reason=claim("quartic", "quartic: a pair of supports is in no item"),
    ),
    "projected_pairs_of_a_free_model": on(
        FREE, [PROJECTED], claim(PROJECTION, "projected-pairs: the model is free")
    ),
    "projected_pairs_of_many_supports": on(
        FORTY_SIX, [PROJECTED], claim(PROJECTION, "projected-pairs: more supports than are compared")
    ),
    "projected_pairs_of_many_columns": on(
        LONG_LIST, [PROJECTED], claim(PROJECTION, "projected-pairs: more columns than the checker takes")
    ),
    "projected_pairs_below_one": edit(
        "projected_pairs", (("claims", 0, "bound"), "9/10"), reason=claim(PROJECTION, "bound: below 1")
    ),
    "projected_pairs_of_few_bits": edit(
        "projected_pairs", (("claims", 0, "bits"), 7), reason=claim(PROJECTION, "bits: too few")
    ),
    "projected_pairs_with_a_smaller_bound": edit(
        "projected_pairs",
        (("claims", 0, "bound"), "7/5"),
        reason=claim(PROJECTION, "projected-pairs: a pair has a greater gamma"),
    ),
    "projected_pairs_of_more_than_the_projection": edit(
        "projected_pairs",
        (("claims", 0, "scale"), 3),
        reason=claim(PROJECTION, "psd_form: scale*M - L*L^T is not diagonally dominant"),
    ),
    "pair_difference_of_another_support": edit(
        "pair_difference",
        (("claims", 0, "h"), [["0", "1"], ["1", "0"]]),
        reason=claim(BELOW, "pair-difference: the parameters are not in the pair of supports"),
    ),
    "pair_difference_beside_the_kernel": edit(
        "pair_difference", (("claims", 0, "kernel"), [1, 0, 0, 1]), reason=claim(BELOW, "kernel: not in the kernel")
    ),
    "pair_difference_over_zero": edit(
        "pair_difference", (("claims", 0, "denominator"), 0), reason=claim(BELOW, "denominator: not positive")
    ),
    "pair_difference_of_nothing": edit(
        "pair_difference",
        (("claims", 0, "h"), [["0", "0"], ["1", "0"]]),
        (("claims", 0, "g"), [["0", "0"], ["0", "1"]]),
        (("claims", 0, "kernel"), [0, 0, 0, 0]),
        reason=claim(BELOW, "pair-difference: T is zero"),
    ),
    "pair_difference_of_more": edit("pair_difference", (("claims", 0, "gamma"), "3/2"), reason=TOO_LARGE),
    "pair_difference_below_zero": edit("pair_difference", (("claims", 0, "gamma"), "-1"), reason=TOO_LARGE),
    "pair_difference_nearer_than_the_union_allows": edit(
        "pair_difference_on_a_union",
        (("claims", 0, "kernel"), [1, 1]),
        reason=claim(BELOW, "kernel: not in the kernel"),
    ),
}
MALFORMED = {
    "quartic_pairs_elsewhere": edit(
        "quartic_pairs",
        (("claims", 0, "where"), "everywhere"),
        reason=claim(NAME, "where: not one of box, union"),
    ),
    "quartic_pairs_of_a_number": edit(
        "quartic_pairs", (("claims", 0, "items", 0), 3), reason=claim(NAME, "item: not an object")
    ),
    "quartic_pairs_with_another_key": edit(
        "quartic_pairs", (("claims", 0, "items", 0, "note"), "x"), reason=claim(NAME, "item: unknown key 'note'")
    ),
    "pair_difference_without_a_kernel": edit(
        "pair_difference", (("claims", 0, "kernel"), 1), reason=claim(BELOW, "kernel: not a list")
    ),
}
