"""Claims that bound gamma from above on the kernel: mode projectors, and the ratio e_3/e_2."""

from accepted_items import EYE, IDENTITY, SKIP, P, statement, supports, taps, terms
from bounds_items import lifted, vector
from refused_items import MANY, claim, edit, on

# w = e_00 + e_11 + e_22, W = w w^T: (I x trace over a mode)(W) = I, so that 3*(2 I - 4 W) equals 2*(3 I) - 3*4*W
COLUMN = [[x] for x in EYE]
WHOLE = {
    "box": [[0, 1, 2], [0, 1, 2]],
    "groups": [[0], [1]],
    "scale": 1,
    "gram": 3,
    "parts": [[[0], COLUMN], [[1], COLUMN]],
}
PROJECTORS = {
    "kind": "mode-projectors",
    "prime": P,
    "kernel": [EYE],
    "theta": "2/3",
    "gamma": "17321/10000",
    "items": [WHOLE],
}
# theta = 3/4: 3*(3 I) - 4*4*W - 4*(2 I - 4 W) = I, which a triangular factor takes away after scaling by 4
DOUBLED = [[a, [[2 * x] for (x,) in COLUMN]] for a in ([0], [1])]
ROOMY = {
    **PROJECTORS,
    "theta": "3/4",
    "gamma": "2",
    "items": [{**WHOLE, "scale": 4, "gram": 4, "parts": [[[], [[0] * i + [1] for i in range(9)]], *DOUBLED]}],
}
# one support: two of the three entries are all that is left, without any projector
CORNER = {**IDENTITY, "model": supports([[0, 1], [0, 1]])}
IN_CORNER = {
    **PROJECTORS,
    "items": [{"box": [[0, 1], [0, 1]], "groups": [], "scale": 1, "gram": 1, "parts": []}],
}
# two supports, the union of which is everything
CORNERS = {**IDENTITY, "model": supports([[0, 1], [0, 1]], [[1, 2], [1, 2]])}
# e_00 x e_0 + e_11 x e_0 + e_22 x e_0: the third mode is left alone
LEFT_ALONE = lifted(
    (3, 3, 2),
    [
        *(vector(18, {i: 1}) for i in range(18) if i not in (0, 8, 16)),
        vector(18, {0: 1, 8: -1}),
        vector(18, {8: 1, 16: -1}),
    ],
)
ALONE = {
    **PROJECTORS,
    "kernel": [vector(18, {0: 1, 8: 1, 16: 1})],
    "items": [{**WHOLE, "box": [[0, 1, 2], [0, 1, 2], [0, 1]]}],
}
# e_3 = x^6 and e_1 e_2 = 9 x^6: 6*(10*1 - 1*9) = 6*1, and phi_3(1/5) = (4/125)/(8/25) = 1/10
RATIO = {
    "kind": "kernel-ratio",
    "prime": P,
    "kernel": [EYE],
    "flattenings": [[[0], 1]],
    "ratio": "1/10",
    "tail": "1/5",
    "gamma": "9/4",
    "scale": 1,
    "gram": 6,
    "L": [[1]],
}
INJECTIVE = statement(taps(8, 0, 1), taps(8, 0, 2))
COLUMNS = statement(terms((1, 1), 1_500))
WIDE = lifted((32, 32), [vector(1_024, {i: 1}) for i in range(1_023)])
# e_00 spans the kernel: e_2 and e_3 are zero, and gamma is infinite
RANK_ONE = lifted((3, 3), [vector(9, {i: 1}) for i in range(1, 9)])
FLAT = lifted((2, 2), [vector(4, {i: 1}) for i in (0, 1, 2)])

LEFT = "item: what the parts leave is not dominated by its diagonal"
SQUARES = "kernel-ratio: what the squares leave is not dominated by its diagonal"

ACCEPTED = {
    "mode_projectors": (IDENTITY, [PROJECTORS]),
    "mode_projectors_with_room": (IDENTITY, [ROOMY]),
    "mode_projectors_in_a_support": (CORNER, [IN_CORNER]),
    "mode_projectors_of_two_supports": (CORNERS, [PROJECTORS]),
    "mode_projectors_beside_a_mode": (LEFT_ALONE, [ALONE]),
    "kernel_ratio": (IDENTITY, [RATIO]),
}


def forged(base, path, value, reason):
    """The one claim of an accepted item, with another value at a path."""
    kind = "kernel-ratio" if base.startswith("kernel_ratio") else "mode-projectors"
    return edit(base, (("claims", 0, *path), value), reason=claim(kind, reason))


REJECTED = {
    # -- projectors of rank two on the modes
    "mode_projectors_under_path_scale": on(
        SKIP, [PROJECTORS], claim("mode-projectors", "mode-projectors: the equivalence is not scale")
    ),
    "mode_projectors_of_many_columns": on(
        MANY, [PROJECTORS], claim("mode-projectors", "mode-projectors: more columns than the checker takes")
    ),
    "mode_projectors_of_a_trivial_kernel": on(
        INJECTIVE,
        [{**PROJECTORS, "kernel": [], "items": []}],
        claim("mode-projectors", "mode-projectors: the kernel is trivial"),
    ),
    "mode_projectors_theta_negative": forged(
        "mode_projectors", ("theta",), "-2/3", "mode-projectors: theta or gamma is negative"
    ),
    "mode_projectors_gamma_negative": forged(
        "mode_projectors", ("gamma",), "-2", "mode-projectors: theta or gamma is negative"
    ),
    "mode_projectors_gamma_rounded_down": forged(
        "mode_projectors", ("gamma",), "433/250", "mode-projectors: gamma^2 is less than 1/(1 - theta)"
    ),
    "mode_projectors_theta_too_small": forged("mode_projectors", ("theta",), "3/5", LEFT),
    "mode_projectors_tampered_factor": forged("mode_projectors", ("items", 0, "parts", 0, 1, 4), [2], LEFT),
    "mode_projectors_without_a_part": forged("mode_projectors", ("items", 0, "parts"), WHOLE["parts"][:1], LEFT),
    "mode_projectors_parts_subtracted": forged(
        "mode_projectors", ("items", 0, "gram"), -3, "item: scale and gram have to be positive"
    ),
    "mode_projectors_of_scale_zero": forged(
        "mode_projectors", ("items", 0, "scale"), 0, "item: scale and gram have to be positive"
    ),
    "mode_projectors_one_mode_in_two_groups": forged(
        "mode_projectors", ("items", 0, "groups"), [[0], [0]], "groups: a mode twice"
    ),
    "mode_projectors_of_rank_two_on_one_index": forged(
        "mode_projectors_in_a_support", ("items", 0, "groups"), [[]], "groups: a group of one index"
    ),
    "mode_projectors_part_of_a_group_twice": forged(
        "mode_projectors", ("items", 0, "parts", 0, 0), [0, 0], "parts: a group twice"
    ),
    "mode_projectors_rows_that_get_shorter": forged(
        "mode_projectors",
        ("items", 0, "parts", 0, 1, 8),
        [],
        "parts: rows too long, or shorter than the one before",
    ),
    "mode_projectors_rows_too_long": forged(
        "mode_projectors",
        ("items", 0, "parts", 0, 1, 8),
        [0] * 10,
        "parts: rows too long, or shorter than the one before",
    ),
    "mode_projectors_of_a_large_size": on(
        WIDE,
        [
            {
                **PROJECTORS,
                "kernel": [vector(1_024, {1_023: 1})],
                "items": [{**WHOLE, "box": [list(range(32))] * 2, "parts": []}],
            }
        ],
        claim("mode-projectors", "item: larger than the checker takes"),
    ),
    "mode_projectors_of_some_pairs": forged(
        "mode_projectors_of_two_supports",
        ("items",),
        [{**IN_CORNER["items"][0], "box": [[0, 1], [0, 1]]}],
        "mode-projectors: a pair of supports is in no item",
    ),
    "mode_projectors_of_no_item": forged(
        "mode_projectors", ("items",), [], "mode-projectors: a pair of supports is in no item"
    ),
    "mode_projectors_of_too_large_a_family": on(
        {**COLUMNS, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [{**PROJECTORS, "items": []}],
        claim("mode-projectors", "mode-projectors: more supports than are compared"),
    ),
    "mode_projectors_of_another_kernel": forged(
        "mode_projectors", ("kernel", 0, 0), 2, "a basis vector is not in the kernel"
    ),
    # -- e_3 against e_2 on the kernel
    "kernel_ratio_under_path_scale": on(
        SKIP, [RATIO], claim("kernel-ratio", "kernel-ratio: the equivalence is not scale")
    ),
    "kernel_ratio_of_a_trivial_kernel": on(
        INJECTIVE,
        [{**RATIO, "kernel": []}],
        claim("kernel-ratio", "kernel-ratio: the kernel is trivial, or larger than the checker takes"),
    ),
    "kernel_ratio_of_scale_zero": forged(
        "kernel_ratio", ("scale",), 0, "kernel-ratio: scale and gram have to be positive"
    ),
    "kernel_ratio_squares_added": forged(
        "kernel_ratio", ("gram",), -6, "kernel-ratio: scale and gram have to be positive"
    ),
    "kernel_ratio_tail_negative": forged(
        "kernel_ratio", ("tail",), "-1/5", "kernel-ratio: the tail and gamma have to be positive"
    ),
    "kernel_ratio_gamma_negative": forged(
        "kernel_ratio", ("gamma",), "-9/4", "kernel-ratio: the tail and gamma have to be positive"
    ),
    "kernel_ratio_negative_weight": forged("kernel_ratio", ("flattenings", 0, 1), -1, "flattenings: a negative weight"),
    "kernel_ratio_of_no_rows": forged(
        "kernel_ratio", ("flattenings", 0, 0), [0, 1], "flattenings: all modes on one side"
    ),
    "kernel_ratio_of_a_kernel_of_rank_one": on(
        RANK_ONE,
        [{**RATIO, "kernel": [vector(9, {0: 1})], "L": [[0]]}],
        claim("kernel-ratio", "kernel-ratio: the squares are not definite"),
    ),
    "kernel_ratio_of_two_rows": on(
        FLAT,
        [{**RATIO, "kernel": [[0, 0, 0, 1]]}],
        claim("kernel-ratio", "kernel-ratio: a flattening whose tail cannot be that large"),
    ),
    "kernel_ratio_of_a_tail_beyond_all": forged(
        "kernel_ratio", ("tail",), "1/2", "kernel-ratio: a flattening whose tail cannot be that large"
    ),
    "kernel_ratio_tail_too_large": forged(
        "kernel_ratio", ("tail",), "201/1000", "kernel-ratio: the ratio does not prove the tail"
    ),
    "kernel_ratio_gamma_rounded_down": forged(
        "kernel_ratio", ("gamma",), "223/100", "kernel-ratio: gamma^2 is less than 1/tail"
    ),
    "kernel_ratio_too_large": edit(
        "kernel_ratio",
        (("claims", 0, "ratio"), "1/8"),
        reason=claim("kernel-ratio", SQUARES),
    ),
    "kernel_ratio_tampered_gram": forged("kernel_ratio", ("L", 0, 0), 2, SQUARES),
}
MALFORMED = {
    "mode_projectors_parts_of_an_unknown_group": forged(
        "mode_projectors", ("items", 0, "parts", 0, 0), [2], "parts: not an integer in 0..1"
    ),
    "kernel_ratio_long_row": forged("kernel_ratio", ("L", 0), [1, 1], "L: 2 items, expected 1"),
}
