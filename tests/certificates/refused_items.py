"""The refused corpus, by hand: each item is an accepted one with a few edits, and the reason that must be given.

`REJECTED` holds forgeries of what is proved, `MALFORMED` what is not in the format at all.  An edit is a
path into the item (`statement`, `claims`, `certificate`, `result`, then keys) and a new value; the hash is
renewed after the edits, unless the item says otherwise.  `TEXT` edits replace a piece of the written file.
"""

from accepted_items import (
    COLLIDE,
    DENSE,
    DIAMOND,
    DISTINCT,
    FAMILY,
    FREE,
    GAUGE,
    GOLDEN,
    GROUPS,
    IDENTITY,
    LINE,
    MIXED,
    NO_L,
    NO_PATH,
    NONNEGATIVE,
    PAIRS,
    SKIP,
    SPARSE,
    TRIVIAL,
    TWO_SUPPORTS,
    UNIT_G,
    UNIT_H,
    P,
    bound,
    dense,
    difference,
    jacobian,
    matrix,
    operator,
    pattern,
    shift_counts,
    statement,
    supports,
    taps,
    terms,
    witness,
)

DROP = "drop this key"


def edit(base, *edits, reason, text=(), rehash=True, result=None):
    """An accepted item by name, or (statement, claims), with edits."""
    return {"base": base, "edits": edits, "text": text, "rehash": rehash, "result": result, "reason": reason}


def on(found, claims, reason):
    """Claims about a statement."""
    return edit((found, claims), reason=reason)


def about(found, reason):
    """A statement that is refused."""
    return edit((found, []), reason=reason)


def claim(kind, reason):
    return f"claims[0] ('{kind}'): {reason}"


def layer(**changes):
    """The collision of two layers, the first one changed."""
    return {**COLLIDE, "factors": [{**COLLIDE["factors"][0], **changes}, COLLIDE["factors"][1]]}


def model(**changes):
    return {**COLLIDE, "model": {**FREE, **changes}}


BASIS = {"kind": "kernel", "prime": P, "basis": [[0, 1, -1, 0]]}
WIDE_PAIR = statement(terms((1, 1), 2, [0, 0, 0, "1"]), terms((1, 1), 200_000, [0, 0, 0, "1"]))
TALL = statement(terms((1, 2_001), 1, *([0, 0, c, "1"] for c in range(2_001))))
MANY = statement(terms((1, 1), 2_001, [0, 0, 0, "1"]))
TWO_WAYS = statement(taps(4, 0, 1), taps(4, fixed=[(0, 0, 0, "1"), (0, 0, 1, "1")]), taps(4, 0))
TWO_LEAVES = statement(taps(4, 0, 1), taps(4, fixed=[(0, 0, 0, "1"), (0, 1, 0, "1")], nodes=(1, 2)))
NO_SHIFT = statement(taps(4, 0, 1), taps(4, fixed=[(0, 0, 0, "0")]))
OTHER_GRID = statement(taps((2, 4), [0, 0, 0, 0]), taps(8, 0, 1))
OTHER_NODES = statement(taps(4, (0, 0, 0), (0, 1, 0), nodes=(1, 2)), taps(8, 0, 1))

# a result that says what `trivial_kernel` proves about DISTINCT
YES = {
    "schema": "dmfverify/result/1",
    "case": {"title": "two filters", "K": 2, "parameters": [2, 2], "product_shape": [8, 8], "sha256": "0" * 64},
    "statement_sha256": "HASH",
    "equivalence": "scale",
    "lifting": {"columns": 4, "rank": 4, "kernel_dimension": 0, "sigma_min": ["0", "inf"], "sigma_max": ["0", "inf"]},
    "identifiability": {
        "uniform": {
            "verdict": "yes",
            "over_C": "yes",
            "method": "m",
            "reason": "",
            "conditions": [],
            "certificate": "c",
        },
        "generic": {"verdict": "yes", "fibre_real": [1, 1], "fibre_C": 1, "error_probability": "0"},
        "local": {"verdict": "yes", "rank": 3, "expected": 3},
    },
    "dnsp": {"gamma": ["1", "1"], "kappa": ["0", "inf"], "rho": "inf", "gamma_estimate": 1.0},
    "sparse_dnsp": None,
    "recovery_bound": None,
    "witness": None,
    "methods": [{"name": "m", "seconds": 0.25, "outcome": "proved gamma <= 1"}],
    "timings": {"total": 1.5},
    "versions": {"dmfverify": "0.1.0"},
}
NO = {
    **YES,
    "case": {**YES["case"], "product_shape": [4, 4]},
    "lifting": None,
    "identifiability": {"uniform": {"verdict": "no", "over_C": "no"}, "generic": None, "local": None},
    "dnsp": {"gamma": ["inf", "inf"], "kappa": ["0", "0"], "rho": "inf"},
    "witness": {"kind": "exact", "h": UNIT_H, "g": UNIT_G, "radius": "0", "why": "two indices meet"},
}


def told(*edits, reason, base="trivial_kernel", result=YES):
    """A result that says too much."""
    return edit(base, *edits, reason=reason, result=result)


def unproved(path, value, reason=None, **more):
    return told((("result", *path.split(".")), value), reason=reason or f"result: {path} is not proved", **more)


REJECTED = {
    # -- about something else
    "certificate_beside_another_statement": edit(
        "trivial_kernel",
        (("statement", "factors", 1, "taps", 1, 2), 3),
        rehash=False,
        reason="the certificate is about another statement",
    ),
    "certificate_beside_a_longer_file": edit(
        "trivial_kernel",
        text=[("statement", '{"schema"', ' {"schema"')],
        rehash=False,
        reason="the certificate is about another statement",
    ),
    "claim_about_an_affine_layer": on(
        MIXED, [TRIVIAL], claim("trivial-kernel", "a layer with parameters and fixed taps together is not linear")
    ),
    "claim_where_no_path_leads": on(
        NO_PATH, [TRIVIAL], claim("trivial-kernel", "no parameters of the model reach the product")
    ),
    "claim_where_no_support_meets_a_path": on(
        {**DIAMOND, "model": supports([[0, 1], [1]])},
        [TRIVIAL],
        claim("trivial-kernel", "no parameters of the model reach the product"),
    ),
    # -- kernels
    "kernel_of_colliding_shifts_called_trivial": on(
        COLLIDE, [TRIVIAL], claim("trivial-kernel", "the columns are dependent modulo the prime")
    ),
    "kernel_of_a_zero_column_called_trivial": on(
        statement(terms((1, 1), 2, [0, 0, 0, "1"])),
        [TRIVIAL],
        claim("trivial-kernel", "the columns are dependent modulo the prime"),
    ),
    "kernel_trivial_modulo_a_composite": on(
        DISTINCT, [{**TRIVIAL, "prime": 1_048_575}], claim("trivial-kernel", "prime: 1048575 is not prime")
    ),
    "kernel_trivial_modulo_the_square_of_1021": on(
        DISTINCT, [{**TRIVIAL, "prime": 1021**2}], claim("trivial-kernel", "prime: 1042441 is not prime")
    ),
    "kernel_trivial_modulo_a_long_prime": on(
        DISTINCT, [{**TRIVIAL, "prime": 2**61 - 1}], claim("trivial-kernel", "prime: not an integer between 3 and 2^20")
    ),
    "kernel_trivial_modulo_one": on(
        DISTINCT, [{**TRIVIAL, "prime": 1}], claim("trivial-kernel", "prime: not an integer between 3 and 2^20")
    ),
    "kernel_trivial_modulo_minus_three": on(
        DISTINCT, [{**TRIVIAL, "prime": -3}], claim("trivial-kernel", "prime: not an integer between 3 and 2^20")
    ),
    "kernel_vector_outside": on(
        COLLIDE, [{**BASIS, "basis": [[0, 1, 1, 0]]}], claim("kernel", "a basis vector is not in the kernel")
    ),
    "kernel_vector_twice": on(
        COLLIDE,
        [{**BASIS, "basis": [[0, 1, -1, 0], [0, 2, -2, 0]]}],
        claim("kernel", "the basis is dependent modulo the prime"),
    ),
    "kernel_vector_zero": on(
        COLLIDE, [{**BASIS, "basis": [[0, 0, 0, 0]]}], claim("kernel", "the basis is dependent modulo the prime")
    ),
    "kernel_vector_forgotten": on(
        COLLIDE, [{**BASIS, "basis": []}], claim("kernel", "the rank modulo the prime leaves room for more kernel")
    ),
    "kernel_vector_too_short": on(
        COLLIDE, [{**BASIS, "basis": [[0, 1, -1]]}], claim("kernel", "kernel.basis: 3 items, expected 4")
    ),
    "row_rank_left_kernel_outside": on(
        GOLDEN,
        [{"kind": "row-rank", "prime": P, "rows": "product", "left_kernel": [[1, -1]]}],
        claim("row-rank", "row-rank: a vector is not in the left kernel"),
    ),
    "row_rank_left_kernel_twice": edit(
        "row_rank",
        (("claims", 0, "left_kernel"), [[1, -1], [-1, 1]]),
        reason=claim("row-rank", "row-rank: the left kernel is dependent"),
    ),
    "row_rank_left_kernel_forgotten": edit(
        "row_rank",
        (("claims", 0, "left_kernel"), []),
        reason=claim("row-rank", "row-rank: the rank modulo the prime leaves room for more"),
    ),
    # -- one kernel vector
    "kernel_line_of_a_kernel_of_rank_two": on(
        {
            **IDENTITY,
            "factors": [
                IDENTITY["factors"][0],
                {**IDENTITY["factors"][1], "terms": [t for t in IDENTITY["factors"][1]["terms"] if t[2] != 7]},
            ],
        },
        [LINE],
        claim("kernel-line", "the rank modulo the prime leaves room for more kernel"),
    ),
    "kernel_line_under_path_scale": on(SKIP, [LINE], claim("kernel-line", "kernel-line: the equivalence is not scale")),
    "kernel_line_tail_zero": edit(
        "kernel_line", (("claims", 0, "tail"), "0"), reason=claim("kernel-line", "tail: not positive")
    ),
    "kernel_line_tail_too_large": edit(
        "kernel_line",
        (("claims", 0, "tail"), "34/100"),
        reason=claim("kernel-line", "the two largest eigenvalues leave less than the tail"),
    ),
    "kernel_line_gamma_too_small": edit(
        "kernel_line",
        (("claims", 0, "gamma"), "173205/100000"),
        reason=claim("kernel-line", "gamma^2 is less than 1/tail"),
    ),
    "kernel_line_gamma_negative": edit(
        "kernel_line", (("claims", 0, "gamma"), "-2"), reason=claim("kernel-line", "gamma^2 is less than 1/tail")
    ),
    "kernel_line_mu_too_small": edit(
        "kernel_line",
        (("claims", 0, "mu"), "1/2"),
        (("claims", 0, "tail"), "2/3"),
        reason=claim("kernel-line", "psd_gap: scale*M - L*L^T is not diagonally dominant"),
    ),
    "kernel_line_unit_zero": edit(
        "kernel_line",
        (("claims", 0, "unit"), 0),
        (("claims", 0, "mu"), "0"),
        reason=claim("kernel-line", "unit: not positive"),
    ),
    "kernel_line_unit_negative": edit(
        "kernel_line", (("claims", 0, "unit"), -1), reason=claim("kernel-line", "unit: not positive")
    ),
    "kernel_line_Y_negative": edit(
        "kernel_line",
        (("claims", 0, "Y"), [[-9, 0, 0], [0, 0, 0], [0, 0, 0]]),
        reason=claim("kernel-line", "psd_Y: scale*M - L*L^T is not diagonally dominant"),
    ),
    "kernel_line_Y_not_symmetric": edit(
        "kernel_line",
        (("claims", 0, "Y"), [[0, 5, 0], [0, 0, 0], [0, 0, 0]]),
        reason=claim("kernel-line", "Y: not symmetric"),
    ),
    "kernel_line_mode_twice": edit(
        "kernel_line", (("claims", 0, "modes"), [0, 0]), reason=claim("kernel-line", "modes: repeated, or none")
    ),
    "kernel_line_without_modes": edit(
        "kernel_line", (("claims", 0, "modes"), []), reason=claim("kernel-line", "modes: repeated, or none")
    ),
    "kernel_line_mode_out_of_range": edit(
        "kernel_line", (("claims", 0, "modes"), [2]), reason=claim("kernel-line", "modes: not an integer in 0..1")
    ),
    # -- semidefiniteness
    "psd_scale_negative": edit(
        "kernel_line",
        (("claims", 0, "psd_Y", "scale"), -1),
        (("claims", 0, "Y"), [[-9, 0, 0], [0, 0, 0], [0, 0, 0]]),
        reason=claim("kernel-line", "psd_Y.scale: not positive"),
    ),
    "psd_scale_zero": edit(
        "kernel_line",
        (("claims", 0, "psd_gap", "scale"), 0),
        reason=claim("kernel-line", "psd_gap.scale: not positive"),
    ),
    "psd_L_too_long_a_row": edit(
        "gram_bracket_columns",
        (("claims", 0, "psd_min", "L"), [[1, 0], [2, 0]]),
        reason=claim("gram-bracket", "psd_min.L: 2 items, expected 1"),
    ),
    # -- shift counts
    "shift_counts_sigma_too_high": edit(
        "shift_counts_collide",
        (("claims", 0, "sigma_min"), ["201/100", "3"]),
        reason=claim("shift-counts", "shift-counts: sigma_min is not sqrt(N c)"),
    ),
    "shift_counts_sigma_too_low": edit(
        "shift_counts_collide",
        (("claims", 0, "sigma_max"), ["2", "28/10"]),
        reason=claim("shift-counts", "shift-counts: sigma_max is not sqrt(N c)"),
    ),
    "shift_counts_of_fractions": on(
        GOLDEN,
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", "shift-counts: not a plain convolutional network"),
    ),
    "shift_counts_on_reshaped_grids": on(
        OTHER_GRID,
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", "shift-counts: not a plain convolutional network"),
    ),
    "shift_counts_on_other_nodes": on(
        OTHER_NODES,
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", "shift-counts: not a plain convolutional network"),
    ),
    "shift_counts_with_a_stride_that_does_not_divide": on(
        statement(taps(5, 0, 1, stride=2)),
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", "shift-counts: not a plain convolutional network"),
    ),
    "shift_counts_with_a_weight": edit(
        "shift_counts_signed_skip",
        (("statement", "factors", 1, "fixed", 0, 3), "2"),
        reason=claim("shift-counts", "shift-counts: fixed taps that are not plain shifts"),
    ),
    "shift_counts_with_a_sum": on(
        TWO_WAYS,
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", "shift-counts: fixed taps that are not plain shifts"),
    ),
    "shift_counts_of_one_index_at_two_leaves": on(
        TWO_LEAVES,
        [shift_counts(["2", "2"], ["2", "2"])],
        claim("shift-counts", "shift-counts: fixed taps that are not plain shifts"),
    ),
    "shift_counts_of_the_zero_lifting": on(
        NO_SHIFT, [shift_counts(["0", "inf"], ["0", "inf"])], claim("shift-counts", "shift-counts: the lifting is zero")
    ),
    "shift_counts_beyond_memory": on(
        statement(
            *[taps(2**24, *range(64))] * 3,
            taps(2**24, *((0, n, 0) for n in range(8)), nodes=(1, 8)),
            equivalence="path-scale",
        ),
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", "shift-counts: more shifts than the checker holds"),
    ),
    # -- families of shifts
    "shift_families_of_a_free_model": on(DISTINCT, [FAMILY], claim("shift-families", "the model is free")),
    "shift_families_of_fractions": on(
        SPARSE, [FAMILY], claim("shift-families", "shift-families: not a plain convolutional network")
    ),
    "shift_families_with_a_weight": on(
        {
            **SKIP,
            "model": supports([[0], [0]]),
            "factors": [SKIP["factors"][0], taps(4, fixed=[(0, 0, 1, "2")]), SKIP["factors"][2]],
        },
        [FAMILY],
        claim("shift-families", "shift-families: fixed taps that are not plain shifts"),
    ),
    "shift_families_with_a_dead_coordinate": on(
        {**DIAMOND, "equivalence": "scale", "model": supports([[0, 1, 2], [0]])},
        [FAMILY],
        claim("shift-families", "shift-families: a support with dead coordinates"),
    ),
    "shift_families_that_collide": on(
        {**TWO_SUPPORTS, "model": supports([[0, 1], [0, 1]])},
        [FAMILY],
        claim("shift-families", "shift-families: two multi-indices of a pair reach the same shift"),
    ),
    "shift_families_deficient_pair_hidden": edit(
        "shift_families",
        (("claims", 0, "deficient"), 0),
        reason=claim("shift-families", "shift-families: another number of deficient pairs"),
    ),
    "shift_families_gamma_too_small": on(
        {**TWO_SUPPORTS, "model": supports([[0], [1]])},
        [{**FAMILY, "deficient": 0}],
        claim("shift-families", "shift-families: gamma is another root"),
    ),
    "shift_families_kappa_too_large": edit(
        "shift_families",
        (("claims", 0, "sigma"), ["3", "3"]),
        reason=claim("shift-families", "shift-families: sigma is another root"),
    ),
    # -- singular values
    "gram_lower_end_too_high": edit(
        "gram_bracket_columns",
        (("claims", 0, "sigma_min"), ["62/100", "2/3"]),
        reason=claim("gram-bracket", "psd_min: scale*M - L*L^T is not diagonally dominant"),
    ),
    "gram_upper_end_too_low": edit(
        "gram_bracket_columns",
        (("claims", 0, "sigma_min"), ["1/2", "61/100"]),
        reason=claim("gram-bracket", "sigma_min: the row vector does not reach the upper end"),
    ),
    "gram_row_vector_in_the_kernel": edit(
        "gram_bracket_with_a_kernel",
        (("claims", 0, "row_vector"), [0, 1, -1, 0]),
        reason=claim("gram-bracket", "row_vector: in the kernel"),
    ),
    "gram_greatest_too_high": edit(
        "gram_bracket_columns",
        (("claims", 0, "sigma_max"), ["163/100", "5/3"]),
        reason=claim("gram-bracket", "sigma_max: the top vector does not reach the lower end"),
    ),
    "gram_top_vector_zero": edit(
        "gram_bracket_columns",
        (("claims", 0, "top_vector"), [0, 0]),
        reason=claim("gram-bracket", "sigma_max: the top vector does not reach the lower end"),
    ),
    "gram_greatest_too_low": edit(
        "gram_bracket_columns",
        (("claims", 0, "sigma_max"), ["3/2", "161/100"]),
        reason=claim("gram-bracket", "psd_max: scale*M - L*L^T is not diagonally dominant"),
    ),
    "gram_kernel_too_wide": edit(
        "gram_bracket_with_a_kernel",
        (("claims", 0, "kernel"), [[0, 1, -1, 0], [1, 0, 0, 0]]),
        reason=claim("gram-bracket", "gram-bracket: a vector is not in the kernel"),
    ),
    "gram_kernel_weight_negative": edit(
        "gram_bracket_with_a_kernel",
        (("claims", 0, "weight"), -4),
        (("claims", 0, "sigma_min"), ["0", "2"]),
        reason=claim("gram-bracket", "weight: negative"),
    ),
    "gram_without_evidence": edit(
        "gram_bracket_with_a_kernel",
        (("claims", 0, "psd_min"), DROP),
        reason=claim("gram-bracket", "psd_min: not an object"),
    ),
    "gram_of_the_zero_lifting": on(
        statement(terms((1, 1), 1)),
        [
            {
                "kind": "gram-bracket",
                "side": "columns",
                "rows": "product",
                "sigma_min": ["9", "inf"],
                "sigma_max": None,
                "kernel": [[1]],
                "weight": 100,
                "psd_min": NO_L,
            }
        ],
        claim("gram-bracket", "gram-bracket: the lifting is zero"),
    ),
    "gram_bracket_infinite": edit(
        "gram_bracket_says_little",
        (("claims", 0, "sigma_min"), ["inf", "inf"]),
        reason=claim("gram-bracket", "sigma_min: not a bracket"),
    ),
    "gram_bracket_inverted": edit(
        "gram_bracket_says_little",
        (("claims", 0, "sigma_min"), ["2", "1"]),
        reason=claim("gram-bracket", "sigma_min: not a bracket"),
    ),
    "gram_response_of_fractions": edit(
        "gram_bracket_columns",
        (("claims", 0, "rows"), "response"),
        reason=claim("gram-bracket", "the product has no response form"),
    ),
    # -- witnesses
    "witness_of_another_product": on(
        DISTINCT, [witness(UNIT_H, UNIT_G, [0, 1])], claim("witness", "witness: the products differ")
    ),
    "witness_of_another_product_by_a_hair": edit(
        "witness",
        (("claims", 0, "g", 0, 1), "1000000000000000000001/1000000000000000000000"),
        reason=claim("witness", "witness: the products differ"),
    ),
    "witness_of_one_class": on(
        COLLIDE,
        [witness([[2, 0], [1, 0]], [[1, 0], [2, 0]], [0, 0])],
        claim("witness", "witness: the coordinate does not tell the classes apart"),
    ),
    "witness_outside_the_support": edit(
        "witness_in_a_support",
        (("claims", 0, "h", 0), ["1", "1"]),
        reason=claim("witness", "the parameters are not in the model"),
    ),
    "witness_from_two_supports": edit(
        "witness_in_a_support",
        (("claims", 0, "h"), [["1", "0"], ["1", "0"]]),
        reason=claim("witness", "the parameters are not in the model"),
    ),
    "witness_not_sparse": edit(
        "witness_sparse",
        (("claims", 0, "g", 0), ["1", "1"]),
        reason=claim("witness", "the parameters are not in the model"),
    ),
    "witness_of_two_groups": edit(
        "witness_group_sparse",
        (("claims", 0, "g", 0), ["1", "1"]),
        reason=claim("witness", "the parameters are not in the model"),
    ),
    "witness_outside_all_groups": on(
        {**GROUPS, "model": {**GROUPS["model"], "groups": [[[0], [1]]]}},
        [witness([[0, 0, 1, 0]], [[0, 0, 0, 0]], [2])],
        claim("witness", "the parameters are not in the model"),
    ),
    "witness_negative": on(
        NONNEGATIVE,
        [witness([[1, 1], [1, 1]], [[1, -1], [1, -1]], [0, 1])],
        claim("witness", "the parameters are not in the model"),
    ),
    "witness_at_a_dead_coordinate": on(
        DIAMOND,
        [witness([[1, 0, 0], [0, 0]], [[0, 0, 0], [0, 0]], [0, 1])],
        claim("witness", "witness: the coordinate is not alive"),
    ),
    # -- differences
    "difference_of_nothing": on(
        COLLIDE,
        [difference([[2, 0], [1, 0]], [[1, 0], [2, 0]], kappa="0")],
        claim("difference", "difference: T is zero"),
    ),
    "difference_outside_the_model": on(
        NONNEGATIVE,
        [difference([[1, 1], [1, 1]], [[1, -1], [1, -1]], kappa="0")],
        claim("difference", "the parameters are not in the model"),
    ),
    "difference_kappa_too_small": edit(
        "difference_kappa",
        (("claims", 0, "kappa"), "2828/1000"),
        reason=claim("difference", "difference: kappa is less than |AT|/|T|"),
    ),
    "difference_kappa_negative": edit(
        "difference_kappa",
        (("claims", 0, "kappa"), "-3"),
        reason=claim("difference", "difference: kappa is less than |AT|/|T|"),
    ),
    "difference_gamma_too_large": edit(
        "difference_kernel_part",
        (("claims", 0, "gamma"), "17321/10000"),
        reason=claim("difference", "difference: gamma is more than |T| over the distance to the kernel"),
    ),
    "difference_gamma_negative": edit(
        "difference_kernel_part",
        (("claims", 0, "gamma"), "-1/2"),
        reason=claim("difference", "difference: gamma is more than |T| over the distance to the kernel"),
    ),
    "difference_gamma_infinite": edit(
        "difference_kernel_part", (("claims", 0, "gamma"), "inf"), reason=claim("difference", "gamma: not a rational")
    ),
    "difference_kernel_part_outside": edit(
        "difference_kernel_part",
        (("claims", 0, "kernel_part", 1), "1/9"),
        reason=claim("difference", "kernel_part: not in the kernel"),
    ),
    "difference_row_solution_wrong": edit(
        "difference_row_solution",
        (("claims", 0, "row_solution", 7), "1/3"),
        reason=claim("difference", "row_solution: does not solve A A^T y = A T"),
    ),
    "difference_row_solution_of_responses": on(
        COLLIDE,
        [difference([[1, 0], [1, 0]], [[0, 0], [0, 0]], gamma="1", row_solution=["1"])],
        claim("difference", "row_solution: the rows are responses"),
    ),
    # -- the rank at generic points
    "jacobian_rank_too_high": edit(
        "jacobian", (("claims", 0, "rank"), 4), reason=claim("jacobian", "jacobian: the rank at the point is 3")
    ),
    "jacobian_at_a_special_point": edit(
        "jacobian",
        (("claims", 0, "point", 0), [0, 0]),
        reason=claim("jacobian", "jacobian: the rank at the point is 2"),
    ),
    "jacobian_on_too_few_rows": edit(
        "jacobian_at_some_rows",
        (("claims", 0, "rows"), [[0, 0], [0, 1], [1, 0]]),
        reason=claim("jacobian", "jacobian: the rank at the point is 3"),
    ),
    "jacobian_rows_of_responses": edit(
        "jacobian", (("claims", 0, "rows"), [[0, 0]]), reason=claim("jacobian", "rows: the rows are responses")
    ),
    "jacobian_on_part_of_a_support": on(
        DISTINCT, [jacobian([[0], [0]], [[1, 2], [3, 5]], 1)], claim("jacobian", "support: not a maximal support")
    ),
    "jacobian_of_too_large_a_family": on(
        statement(terms((1, 1), 5_000, [0, 0, 0, "1"]), model={"kind": "sparse", "sign": "real", "sparsity": [1]}),
        [jacobian([[0]], [[0] * 5_000], 0)],
        claim("jacobian", "support: more supports than the checker compares"),
    ),
    "gauge_that_is_none": edit(
        "gauge",
        (("claims", 0, "fields", 0, "E"), [[0, 0, "2"]]),
        reason=claim("gauge", "gauge: a field does not satisfy its identity at parameter 0 on the left"),
    ),
    "gauge_that_is_none_on_the_right": edit(
        "gauge",
        (("claims", 0, "fields", 0, "V"), []),
        reason=claim("gauge", "gauge: a field does not satisfy its identity at parameter 0 on the right"),
    ),
    "gauge_counted_twice": edit(
        "gauge",
        (("claims", 0, "fields", 1), GAUGE["fields"][0]),
        reason=claim("gauge", "gauge: the fields are dependent at the point"),
    ),
    "gauge_zero": edit(
        "gauge",
        (("claims", 0, "fields", 0), {"at": 0, "E": [], "U": [], "V": []}),
        reason=claim("gauge", "gauge: the fields are dependent at the point"),
    ),
    "gauge_dependent_at_the_point": edit(
        "gauge",
        (("claims", 0, "point"), [[0] * 4, [0] * 4]),
        reason=claim("gauge", "gauge: the fields are dependent at the point"),
    ),
    "gauge_out_of_the_support": on(
        {**DENSE, "model": supports([[0, 1, 2], [0, 1, 2, 3]])},
        [{**GAUGE, "support": [[0, 1, 2], [0, 1, 2, 3]]}],
        claim("gauge", "field.U: leaves the support"),
    ),
    "gauge_with_one_side": on(
        statement(dense(2, 2), matrix((2, 2), (0, 0, "1")), matrix((2, 2), (0, 0, "1"))),
        [
            {
                **GAUGE,
                "point": [[1, 2, 3, 5]],
                "support": [[0, 1, 2, 3]],
                "fields": [{"at": 1, "E": [], "U": [], "V": []}],
            }
        ],
        claim("gauge", "field.at: no factor with parameters on one side"),
    ),
    # -- families
    "pairs_of_a_free_model": on(DISTINCT, [PAIRS], claim("pairs-injective", "the model is free")),
    "pairs_of_too_large_a_family": on(
        {**MANY, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [PAIRS],
        claim("pairs-injective", "more supports than the checker compares"),
    ),
    "pairs_that_are_dependent": on(
        {**SPARSE, "model": {"kind": "sparse", "sign": "real", "sparsity": [2]}},
        [PAIRS],
        claim("pairs-injective", "pairs-injective: a union of two boxes has dependent columns"),
    ),
    "pairs_of_a_zero_column": on(
        {**SPARSE, "factors": [terms((3, 1), 4, [0, 0, 0, "1"], [1, 1, 0, "1"], [2, 2, 0, "1"])]},
        [PAIRS],
        claim("pairs-injective", "pairs-injective: a union of two boxes has dependent columns"),
    ),
    "pairs_deficient_by_an_unlucky_prime": on(
        statement(
            *operator((2, 2), [[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0], [0, 0, 3, 0]]),
            model=supports([[0], [0]], [[1], [1]]),
        ),
        [{**PAIRS, "prime": 3, "deficient": 1}],
        claim("pairs-injective", "pairs-injective: the prime is unlucky for a box"),
    ),
    "pairs_deficient_count_hidden": edit(
        "pairs_injective_with_a_deficient_box",
        (("claims", 0, "deficient"), 0),
        reason=claim("pairs-injective", "pairs-injective: another number of deficient pairs"),
    ),
    "pairs_deficient_count_invented": edit(
        "pairs_injective",
        (("claims", 0, "deficient"), 1),
        reason=claim("pairs-injective", "pairs-injective: another number of deficient pairs"),
    ),
    "pairs_lower_rip_of_deficient_boxes": edit(
        "pairs_injective_with_a_deficient_box",
        (("claims", 0, "lower_rip"), ["0", "inf"]),
        reason=claim("pairs-injective", "lower_rip: some boxes have a kernel"),
    ),
    "pairs_lower_rip_too_high": edit(
        "pairs_injective",
        (("claims", 0, "lower_rip"), ["2/10", "2/5"]),
        reason=claim("pairs-injective", "lower_rip: a pair has a smaller singular value"),
    ),
    "pairs_lower_rip_too_low": edit(
        "pairs_injective",
        (("claims", 0, "lower_rip"), ["1/100", "19/100"]),
        reason=claim("pairs-injective", "lower_rip: the vector does not reach the upper end"),
    ),
    "pairs_lower_rip_by_the_zero_vector": edit(
        "pairs_injective",
        (("claims", 0, "worst", "vector"), [0, 0]),
        reason=claim("pairs-injective", "lower_rip: the vector does not reach the upper end"),
    ),
    "pairs_lower_rip_of_another_pair": edit(
        "pairs_injective",
        (("claims", 0, "worst", "pair"), [0, 3]),
        reason=claim("pairs-injective", "lower_rip: the vector does not reach the upper end"),
    ),
    "pairs_without_a_worst_pair": edit(
        "pairs_injective", (("claims", 0, "worst"), DROP), reason=claim("pairs-injective", "lower_rip: not an object")
    ),
    # -- the ledger
    "rank_three_and_four": on(
        COLLIDE,
        [BASIS, {"kind": "row-rank", "prime": P, "rows": "response", "left_kernel": []}, bound(1), bound(2)],
        "claims[3] ('recovery-bound'): recovery-bound: two different p",
    ),
    "recovery_bound_of_order_three": edit(
        "recovery_bound",
        (("claims", 0, "p"), 3),
        reason=claim("recovery-bound", "recovery-bound: p is not 1, 2 or inf"),
    ),
    "recovery_bound_of_a_list": edit(
        "recovery_bound",
        (("claims", 0, "p"), [1, 2]),
        reason=claim("recovery-bound", "recovery-bound: p is not 1, 2 or inf"),
    ),
    # -- cost
    "more_columns_than_are_expanded": on(
        WIDE_PAIR, [TRIVIAL], claim("trivial-kernel", "more columns than the checker expands")
    ),
    "more_columns_than_a_gram_matrix_has": on(
        MANY,
        [{"kind": "gram-bracket", "side": "columns", "rows": "product", "sigma_min": None, "sigma_max": None}],
        claim("gram-bracket", "more columns than the checker takes"),
    ),
    "more_rows_than_a_gram_matrix_has": on(
        TALL,
        [{"kind": "row-rank", "prime": P, "rows": "product", "left_kernel": []}],
        claim("row-rank", "more rows than the checker takes"),
    ),
    "more_rows_than_are_contracted": on(
        {**TALL, "factors": [terms((1, 4_000), 4_000, [0, 0, 0, "1"])]},
        [{"kind": "row-rank", "prime": P, "rows": "product", "left_kernel": []}],
        claim("row-rank", "more rows than the checker takes"),
    ),
    "more_words_than_are_contracted": on(
        statement(terms((1500, 14), 1, *([0, 0, b, "1"] for b in range(14))), terms((14, 1), 2_001, [0, 0, 0, "1"])),
        [{"kind": "row-rank", "prime": P, "rows": "product", "left_kernel": []}],
        claim("row-rank", "more words than the checker holds"),
    ),
    "a_grid_of_a_trillion_cells": on(
        statement(taps(2**39, 0, 1), data=None),
        [{"kind": "gram-bracket", "side": "columns", "rows": "product", "sigma_min": None, "sigma_max": None}],
        claim("gram-bracket", "the claim costs more than the checker's work limit"),
    ),
    "a_grid_of_a_trillion_cells_in_a_jacobian": on(
        statement(taps(2**39, 0, 1, stride=2)),
        [jacobian([[0, 1]], [[1, 1]], 1)],
        claim("jacobian", "the claim costs more than the checker's work limit"),
    ),
    "a_grid_of_a_trillion_cells_in_a_gauge": on(
        statement(taps(2**39, 0), taps(2**39, 0)),
        [
            {
                "kind": "gauge",
                "prime": P,
                "point": [[1], [1]],
                "support": [[0], [0]],
                "fields": [{"at": 0, "E": [], "U": [], "V": []}],
            }
        ],
        claim("gauge", "the claim costs more than the checker's work limit"),
    ),
    "a_cover_by_many_groups": on(
        statement(
            terms((1, 1), 60, [0, 0, 0, "1"]),
            model={
                "kind": "group-sparse",
                "sign": "real",
                "active": [25],
                "groups": [[[a, b] for a in range(60) for b in range(a + 1, min(60, a + 12))]],
            },
        ),
        [witness([[1] * 60], [[0] * 60], [0])],
        claim("witness", "the claim costs more than the checker's work limit"),
    ),
    # -- results
    "result_about_another_statement": told(
        (("result", "statement_sha256"), "0" * 64), reason="result: about another statement"
    ),
    "result_under_another_equivalence": told(
        (("result", "equivalence"), "path-scale"), reason="result: another equivalence"
    ),
    "result_of_another_schema": told((("result", "schema"), "dmfverify/result/2"), reason="result: unknown schema"),
    "result_of_another_depth": told((("result", "case", "K"), 3), reason="result: another K"),
    "result_of_other_sizes": told(
        (("result", "case", "parameters"), [2, 3]), reason="result: other numbers of parameters"
    ),
    "result_of_another_shape": told(
        (("result", "case", "product_shape"), [8, 4]), reason="result: another product shape"
    ),
    "result_without_a_case": told((("result", "case"), None), reason="result: no case"),
    "result_rank_off_by_one": unproved("lifting.rank", 5),
    "result_rank_as_a_float": unproved("lifting.rank", 4.0),
    "result_count_as_true": unproved("identifiability.generic.fibre_C", True),
    "result_pairs_of_a_free_model": unproved("sparse_dnsp", {"pairs": 1}, "result: sparse_dnsp.pairs is not proved"),
    "result_sigma_invented": unproved("lifting.sigma_min", ["2", "3"]),
    "result_gamma_in_other_words": unproved("dnsp.gamma", ["1", "2/2"]),
    "result_gamma_as_floats": unproved("dnsp.gamma", [1.0, 1.0]),
    "result_gamma_without_an_upper_end": unproved("dnsp.gamma", ["1"]),
    "result_gamma_as_one_number": unproved("dnsp.gamma", "1"),
    "result_gamma_as_an_object": unproved("dnsp.gamma", {"lo": "1", "hi": "1"}),
    "result_gamma_nested": unproved("dnsp.gamma", [["1", "1"]]),
    "result_kappa_trivial_for_gamma": unproved("dnsp.gamma", ["0", "inf"]),
    "result_verdict_no": unproved("identifiability.uniform.verdict", "no"),
    "result_verdict_unproved": unproved(
        "identifiability.generic.verdict",
        "yes",
        base="jacobian",
        result={**YES, "identifiability": {"generic": {}}, "dnsp": None, "lifting": None},
    ),
    "result_verdict_as_true": unproved("identifiability.uniform.verdict", True),
    "result_verdict_as_an_object": unproved("identifiability.uniform.verdict", {"value": "yes"}),
    "result_verdict_in_capitals": unproved("identifiability.local.verdict", "Yes"),
    "result_section_as_a_verdict": unproved("identifiability.uniform", "yes", "result: uniform is not an object"),
    "result_section_as_a_list": unproved("lifting", [{"rank": 5}], "result: lifting is not an object"),
    "result_recovery_bound_unproved": unproved(
        "recovery_bound", {"constant": ["1", "2"], "p": None}, "result: recovery_bound.constant is not proved"
    ),
    "result_recovery_bound_of_another_p": told(
        (("result", "recovery_bound"), {"p": 1}),
        base="recovery_bound",
        result={**YES, "lifting": None, "identifiability": None, "dnsp": None},
        reason="result: recovery_bound.p is not proved",
    ),
    "result_recovery_bound_of_p_true": told(
        (("result", "recovery_bound"), {"p": True}),
        (("claims",), [bound(1)]),
        base="recovery_bound",
        result={**YES, "lifting": None, "identifiability": None, "dnsp": None},
        reason="result: recovery_bound.p is not proved",
    ),
    "result_pair_among_the_methods": unproved(
        "methods", [{"gamma": ["1", "2"]}], "result: 'methods.0.gamma' is a pair that is not proved"
    ),
    "result_pair_under_a_dotted_key": unproved(
        "extra", {"dnsp.gamma": ["1", "1"]}, "result: 'extra.dnsp.gamma' is a pair that is not proved"
    ),
    "result_pair_as_an_estimate": unproved(
        "dnsp.kappa_estimate", ["1", "2"], "result: 'dnsp.kappa_estimate' is a pair that is not proved"
    ),
    "result_verdict_elsewhere": unproved("stable", {"verdict": "yes"}, "result: 'stable.verdict' is not proved"),
    "result_number_of_another_name": unproved(
        "dnsp.gamma_upper", "3/2", "result: 'dnsp.gamma_upper' is a number that is not proved"
    ),
    "result_boolean_of_another_name": unproved(
        "dnsp.stable", True, "result: 'dnsp.stable' is a number that is not proved"
    ),
    "result_witness_unproved": unproved(
        "witness", {"kind": "exact", "h": UNIT_H, "g": UNIT_G}, "result: the witness is not proved"
    ),
    "result_witness_changed": told(
        (("result", "witness", "h", 0, 0), "2"), base="witness", result=NO, reason="result: the witness is not proved"
    ),
    "result_witness_as_an_enclosure": told(
        (("result", "witness", "kind"), "enclosure"),
        base="witness",
        result=NO,
        reason="result: the witness is of another kind",
    ),
    "result_witness_with_a_bound": told(
        (("result", "witness", "gamma"), ["1", "2"]),
        base="witness",
        result=NO,
        reason="result: witness has an unknown form",
    ),
    "result_witness_as_text": told(
        (("result", "witness"), "yes"), base="witness", result=NO, reason="result: witness has an unknown form"
    ),
    "result_verdict_no_but_gamma_finite": told(
        (("result", "dnsp", "gamma"), ["1", "9"]), base="witness", result=NO, reason="result: dnsp.gamma is not proved"
    ),
}

RAW = "certificate"
MALFORMED = {
    # -- the text
    "text_empty": edit(
        "nothing", text=[(RAW, None, "")], reason="certificate: not JSON (Expecting value: line 1 column 1 (char 0))"
    ),
    "text_not_utf8": edit(
        "nothing",
        text=[(RAW, None, "latin-1:\u00e9")],
        reason="certificate: not JSON ('utf-8' codec can't decode byte 0xe9 in position 0: unexpected end of data)",
    ),
    "text_of_nan": edit("nothing", text=[(RAW, '"claims":[]', '"claims":NaN')], reason="NaN is not an integer"),
    "text_of_infinity": edit(
        "nothing", text=[(RAW, '"claims":[]', '"claims":-Infinity')], reason="-Infinity is not an integer"
    ),
    "text_of_a_fraction": edit(
        "trivial_kernel", text=[(RAW, str(P), "1048573.0")], reason="1048573.0 is not an integer"
    ),
    "text_of_an_exponent": edit("trivial_kernel", text=[(RAW, str(P), "1e6")], reason="1e6 is not an integer"),
    "text_with_a_duplicate_key": edit(
        "trivial_kernel", text=[(RAW, '"prime":', '"prime":4,"prime":')], reason="duplicate key in an object"
    ),
    "text_with_a_duplicate_key_in_the_result": told(reason="duplicate key in an object", base="trivial_kernel")
    | {"text": [("result", '"rank":4', '"rank":5,"rank":4')]},
    "text_of_a_long_integer": edit(
        "kernel", (("claims", 0, "basis", 0, 1), 10**1000), reason="integer with more than 1,000 digits"
    ),
    "text_nested_deeply": edit(
        "nothing",
        text=[(RAW, '"claims":[]', '"claims":' + "[" * 16 + "]" * 16)],
        reason="certificate: nested too deeply",
    ),
    "text_nested_beyond_recursion": edit(
        "nothing", text=[(RAW, '"claims":[]', '"claims":' + "[" * 5000)], reason="certificate: nested too deeply"
    ),
    "text_of_a_boolean": edit(
        "trivial_kernel", (("claims", 0, "prime"), True), reason="certificate: a boolean where none is allowed"
    ),
    "text_of_a_boolean_in_the_statement": edit(
        "nothing", (("statement", "factors", 0, "stride"), True), reason="statement: a boolean where none is allowed"
    ),
    "text_of_a_list": edit("nothing", text=[(RAW, None, "[]")], reason="certificate: not an object"),
    "result_of_a_list": told(reason="result: not an object") | {"text": [("result", None, "[]")]},
    # -- the envelope
    "certificate_without_claims": edit(
        "nothing", (("certificate", "claims"), DROP), reason="certificate: missing key 'claims'"
    ),
    "certificate_with_a_statement": edit(
        "nothing", (("certificate", "statement"), {}), reason="certificate: unknown key 'statement'"
    ),
    "certificate_of_another_schema": edit(
        "nothing", (("certificate", "schema"), "dmfverify/certificate/2"), reason="certificate: unknown schema"
    ),
    "certificate_claims_of_text": edit(
        "nothing", (("certificate", "claims"), "none"), reason="certificate.claims: not a list"
    ),
    "certificate_key_for_a_terminal": edit(
        "nothing", (("certificate", "\u001b[2J\ud800"), 1), reason="certificate: unknown key '\\x1b[2J\\ud800'"
    ),
    "claim_of_text": edit("nothing", (("claims",), ["trivial-kernel"]), reason="claims[0] (no object): not an object"),
    "claim_of_no_kind": edit("nothing", (("claims",), [{}]), reason="claims[0] (None): unknown kind"),
    "claim_of_unknown_kind": edit(
        "nothing", (("claims",), [{"kind": "\u001b[31myes"}]), reason="claims[0] ('\\x1b[31myes'): unknown kind"
    ),
    "claim_kind_of_a_list": edit(
        "nothing", (("claims",), [{"kind": ["witness"]}]), reason="claims[0] (['witness']): unknown kind"
    ),
    "claim_with_an_unknown_key": edit(
        "trivial_kernel",
        (("claims", 0, "rank"), 4),
        reason=claim("trivial-kernel", "trivial-kernel: unknown key 'rank'"),
    ),
    "claim_with_a_missing_key": edit(
        "trivial_kernel",
        (("claims", 0, "prime"), DROP),
        reason=claim("trivial-kernel", "trivial-kernel: missing key 'prime'"),
    ),
    # -- evidence
    "integer_of_bad_hexadecimal": edit(
        "kernel",
        (("claims", 0, "basis", 0, 1), "0x0f"),
        reason=claim("kernel", "kernel.basis: not a hexadecimal integer"),
    ),
    "integer_of_capital_hexadecimal": edit(
        "kernel",
        (("claims", 0, "basis", 0, 1), "0xFF"),
        reason=claim("kernel", "kernel.basis: not a hexadecimal integer"),
    ),
    "integer_of_null": edit(
        "kernel", (("claims", 0, "basis", 0, 1), None), reason=claim("kernel", "kernel.basis: not an integer")
    ),
    "prime_of_text": edit(
        "kernel", (("claims", 0, "prime"), "0x7"), reason=claim("kernel", "prime: not an integer between 3 and 2^20")
    ),
    "rational_of_an_integer": edit(
        "witness", (("claims", 0, "h", 0, 0), 1), reason=claim("witness", "h: not a rational")
    ),
    "rational_with_a_zero_denominator": edit(
        "witness", (("claims", 0, "h", 0, 0), "1/0"), reason=claim("witness", "h: not a rational")
    ),
    "rational_with_a_sign_below": edit(
        "witness", (("claims", 0, "h", 0, 0), "1/-2"), reason=claim("witness", "h: not a rational")
    ),
    "rational_with_a_point": edit(
        "witness", (("claims", 0, "h", 0, 0), "0.5"), reason=claim("witness", "h: not a rational")
    ),
    "rational_in_other_digits": edit(
        "witness", (("claims", 0, "h", 0, 0), "\u0661"), reason=claim("witness", "h: not a rational")
    ),
    "rational_too_long": edit(
        "witness", (("claims", 0, "h", 0, 0), "1" * 1001), reason=claim("witness", "h: not a rational")
    ),
    "rational_with_a_line_feed": edit(
        "witness", (("claims", 0, "h", 0, 0), "1\n"), reason=claim("witness", "h: not a rational")
    ),
    "parameters_of_too_few_factors": edit(
        "witness", (("claims", 0, "h"), [["1", "0"]]), reason=claim("witness", "h: 1 items, expected 2")
    ),
    "coordinate_negative": edit(
        "witness", (("claims", 0, "coordinate"), [0, -1]), reason=claim("witness", "coordinate: not an integer in 0..1")
    ),
    "bracket_of_three": edit(
        "gram_bracket_says_little",
        (("claims", 0, "sigma_min"), ["0", "1", "inf"]),
        reason=claim("gram-bracket", "sigma_min: 3 items, expected 2"),
    ),
    "bracket_negative": edit(
        "gram_bracket_says_little",
        (("claims", 0, "sigma_min"), ["-1", "1"]),
        reason=claim("gram-bracket", "sigma_min: not a bracket"),
    ),
    "side_unknown": edit(
        "gram_bracket_says_little",
        (("claims", 0, "side"), "left"),
        reason=claim("gram-bracket", "side: not one of columns, rows"),
    ),
    "gram_kernel_of_a_number": edit(
        "gram_bracket_with_a_kernel",
        (("claims", 0, "kernel"), 5),
        reason=claim("gram-bracket", "gram-bracket.kernel: not a list"),
    ),
    "worst_pair_of_a_number": edit(
        "pairs_injective",
        (("claims", 0, "worst", "pair"), 5),
        reason=claim("pairs-injective", "lower_rip.pair: not a list"),
    ),
    "worst_pair_of_three": edit(
        "pairs_injective",
        (("claims", 0, "worst", "pair"), [0, 1, 2]),
        reason=claim("pairs-injective", "lower_rip.pair: 3 items, expected 2"),
    ),
    "jacobian_rows_of_lists": edit(
        "jacobian_at_some_rows",
        (("claims", 0, "rows"), [[[0], 0]]),
        reason=claim("jacobian", "rows: not an integer in 0..1"),
    ),
    "support_not_sorted": edit(
        "jacobian", (("claims", 0, "support", 0), [1, 0]), reason=claim("jacobian", "support: not sorted, or empty")
    ),
    "support_empty": edit(
        "jacobian", (("claims", 0, "support", 0), []), reason=claim("jacobian", "support: not sorted, or empty")
    ),
    "gauge_at_the_end": edit(
        "gauge", (("claims", 0, "fields", 0, "at"), 1), reason=claim("gauge", "field.at: not an integer in 0..0")
    ),
    # -- statements
    "statement_of_another_schema": about({**COLLIDE, "schema": "dmfverify/statement/2"}, "statement: unknown schema"),
    "statement_with_a_title": about({**COLLIDE, "title": "yes"}, "statement: unknown key 'title'"),
    "statement_of_unknown_equivalence": about(
        {**COLLIDE, "equivalence": "none"}, "statement.equivalence: not one of scale, path-scale, neuron-scale"
    ),
    "statement_without_parameters": about(
        statement(matrix((1, 1), (0, 0, "1"))), "statement: between 1 and 1,000 factors with parameters are needed"
    ),
    "statement_of_too_many_parameters": about(
        statement(*[terms((1, 1), 6 * 10**6)] * 2), "statement: more than 10000000 parameters"
    ),
    "statement_that_does_not_compose": about(
        statement(dense(2, 2), dense(3, 2)), "statement: neighbouring shapes do not agree"
    ),
    "statement_factor_of_text": about({**COLLIDE, "factors": ["dense"]}, "factors[0]: not an object"),
    "statement_factor_unknown": about(
        {**COLLIDE, "factors": [{"form": "__init__"}]}, "factors[0].form: not one of terms, pattern, matrix, taps"
    ),
    "statement_neuron_scale_of_taps": about(
        {**COLLIDE, "equivalence": "neuron-scale"}, "neuron-scale needs pattern factors"
    ),
    "statement_path_scale_of_patterns": about({**DENSE, "equivalence": "path-scale"}, "path-scale needs taps factors"),
    "statement_path_scale_on_other_nodes": about(
        {**OTHER_NODES, "equivalence": "path-scale"}, "path-scale needs layers that agree in nodes and grid"
    ),
    "statement_path_scale_on_other_grids": about(
        {**OTHER_GRID, "equivalence": "path-scale"}, "path-scale needs layers that agree in nodes and grid"
    ),
    "statement_data_too_tall": about(
        {**GOLDEN, "data": {"shape": [2, 1], "entries": []}}, "statement.data: shape does not fit the last factor"
    ),
    "statement_data_without_columns": about(
        {**GOLDEN, "data": {"shape": [1, 0], "entries": []}}, "statement.data: shape does not fit the last factor"
    ),
    "statement_data_entry_twice": about(
        {**GOLDEN, "data": {"shape": [1, 1], "entries": [[0, 0, "1"], [0, 0, "1"]]}}, "data.entries: repeated position"
    ),
    "terms_of_no_shape": about(statement(terms((0, 1), 1)), "factors[0].shape: empty"),
    "terms_of_no_parameter": about(statement(terms((1, 1), 0)), "factors[0]: no parameter"),
    "terms_out_of_range": about(
        statement(terms((1, 1), 1, [0, 1, 0, "1"])), "factors[0].terms: not an integer in 0..0"
    ),
    "pattern_of_no_entry": about(statement(pattern((1, 1), [])), "factors[0]: no parameter"),
    "pattern_entry_twice": about(statement(pattern((1, 1), [(0, 0), (0, 0)])), "factors[0].entries: repeated"),
    "taps_of_three_dimensions": about(layer(grid=[2, 2, 2]), "factors[0].grid: not one or two lengths"),
    "taps_of_no_cell": about(layer(grid=[0]), "factors[0]: an empty grid, stride or node list"),
    "taps_of_stride_zero": about(layer(stride=0), "factors[0]: an empty grid, stride or node list"),
    "taps_of_no_tap": about(layer(taps=[]), "factors[0]: no tap"),
    "taps_beyond_the_circle": about(layer(taps=[[0, 0, 4]]), "factors[0].taps: not an integer in 0..3"),
    "taps_of_a_short_fixed_tap": about(layer(fixed=[[0, 0, "1"]]), "factors[0].fixed: 3 items, expected 4"),
    "model_of_text": about({**COLLIDE, "model": "free"}, "statement.model: not an object"),
    "model_unknown": about(model(kind="convex"), "model.kind: not one of free, supports, sparse, group-sparse"),
    "model_of_unknown_sign": about(model(sign="negative"), "model.sign: not one of real, nonnegative"),
    "model_with_a_key_of_another": about(model(sparsity=[1, 1]), "statement.model: unknown key 'sparsity'"),
    "model_of_no_support": about(model(kind="supports", supports=[]), "model.supports: empty"),
    "model_of_an_empty_support": about(
        model(kind="supports", supports=[[[0], []]]), "model.supports: not sorted, or empty"
    ),
    "model_of_sparsity_zero": about(model(kind="sparse", sparsity=[1, 0]), "model.sparsity: must be positive"),
    "model_of_no_group": about(model(kind="group-sparse", groups=[[], [[0]]], active=[1, 1]), "model.groups: empty"),
}
