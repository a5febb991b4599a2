"""Claims about all sets of columns and all boxes of two supports."""

from accepted_items import DISTINCT, operator, pattern, statement, supports, terms
from refused_items import DROP, MANY, claim, edit, on


def sparse(*counts, sign="real"):
    return {"kind": "sparse", "sign": sign, "sparsity": list(counts)}


def groups(*found, active=(1,)):
    return {"kind": "group-sparse", "sign": "real", "groups": list(found), "active": list(active)}


def columns(*rows, model):
    """K = 1: the matrix with these rows."""
    n = len(rows[0])
    found = [[i, r, 0, str(row[i])] for r, row in enumerate(rows) for i in range(n) if row[i]]
    return statement(terms((len(rows), 1), n, *found), model=model)


# columns e_0, e_1, e_0 + e_1: the worst pair has the Gram matrix [[1, 1], [1, 2]] with eigenvalues 0.382 and 2.618
THREE = columns([1, 0, 1], [0, 1, 1], model=sparse(1))
FIVE, EIGHT = {"columns": [0, 2], "vector": [8, -5]}, {"columns": [0, 2], "vector": [5, 8]}
SUBSETS = {
    "kind": "column-subsets",
    "order": 2,
    "bits": 30,
    "rows": "product",
    "least": ["3/5", "31/50"],
    "greatest": ["8/5", "81/50"],
    "worst": FIVE,
    "top": EIGHT,
}
# an equal column: one box of six has a kernel
TWICE = columns([1, 1, 0], [0, 0, 1], model=sparse(1))
TREE = {
    "kind": "support-tree",
    "bits": 30,
    "rows": "product",
    "tree": [1, 2, -1, 0, 0],
    "kernels": [{"columns": [0, 1], "vectors": [[1, -1]]}],
    "lower_rip": ["9/10", "1"],
    "lower_rip_union": None,
    "gamma": None,
    "worst": {"pair": [[[0]], [[2]]], "vector": [1, 0]},
}
# the two equal columns: Gram matrix of ones, least non-zero eigenvalue 2
PAIR = {"kind": "support-pair", "rows": "product", "pair": [[[0]], [[1]]], "vector": [1, 0], "lower_rip": "3/2"}
# kernel e_00 + e_01 + e_10 + e_11: only the box of all four holds it, and half of it lies in each of its unions
GRID_ROWS = [[1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 1, -1]]
GRID = statement(*operator((2, 2), GRID_ROWS), model=sparse(1, 1))
GRID_LIST = statement(*operator((2, 2), GRID_ROWS), model=supports([[0], [0]], [[0], [1]], [[1], [0]], [[1], [1]]))
WORST = {"pair": [[[0], [0]], [[0], [1]]], "vector": [8, 5]}
GRID_TREE = {
    **TREE,
    "tree": [1, 2, 3, 4, -1, 0, 0, 0, 0],
    "kernels": [{"columns": [0, 1, 2, 3], "vectors": [[1, 1, 1, 1]]}],
    "lower_rip": ["3/5", "31/50"],
    "lower_rip_union": ["3/5", "31/50"],
    "gamma": "3/2",
    "worst": WORST,
    "worst_union": WORST,
}
ON_KERNEL = {"pair": [[[0], [0]], [[1], [1]]], "vector": [1, 0, 0, -1]}
BOXES = {**GRID_TREE, "tree": None}
# eighteen columns that add up to zero: 24,310 pairs make up their box
SIMPLEX = columns(*([int(i == j) - int(i == 17) for i in range(18)] for j in range(17)), model=sparse(9))
SIMPLEX_TREE = {
    **TREE,
    "tree": [*range(1, 19), -1, *([0] * 18)],
    "kernels": [{"columns": list(range(18)), "vectors": [[1] * 18]}],
    "lower_rip": ["1/10", "inf"],
    "gamma": "2",
}
# the equal columns 0 and 1 exchanged; of the two by two grid both factors turned over
SWAP = {"factors": [0], "codes": [[2, 0, 4]]}
TURN = {"factors": [0, 1], "codes": [[2, 0], [2, 0]]}
# two pairs of equal columns, exchanged: one box with a kernel stands for the other, where the vector lies
PAIRS = columns([1, 1, 0, 0], [0, 0, 1, 1], model=sparse(1))
ELSEWHERE = {
    **TREE,
    "tree": [1, 2, -1, 3, 0, 0, 0],
    "lower_rip": ["9/10", "3/2"],
    "worst": {"pair": [[[2]], [[3]]], "vector": [1, 0]},
    "generators": [{"factors": [0], "codes": [[4, 6, 0, 2]]}],
}
# two diagonal factors: only equal indices meet
DIAGONAL = {
    **statement(pattern((2, 2), [(0, 0), (1, 1)]), pattern((2, 2), [(0, 0), (1, 1)]), model=sparse(1, 1)),
    "equivalence": "neuron-scale",
}
PAIRED = columns([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], model=groups([[0, 1], [2], [3]]))

ACCEPTED = {
    "column_subsets": (THREE, [SUBSETS]),
    "column_subsets_of_non_negative_vectors": ({**THREE, "model": sparse(1, sign="nonnegative")}, [SUBSETS]),
    "column_subsets_of_another_order": ({**THREE, "model": sparse(2)}, [SUBSETS]),
    "column_subsets_one_side": (THREE, [{**SUBSETS, "least": None, "greatest": ["0", "9/5"]}]),
    "column_subsets_single": (
        THREE,
        [{**SUBSETS, "order": 1, "least": ["99/100", "inf"], "greatest": ["0", "3/2"]}],
    ),
    "support_pair": (TWICE, [PAIR]),
    "support_pair_beside_a_tree": (TWICE, [{**PAIR, "pair": [[[0]], [[0]]], "vector": [3]}, TREE]),
    "support_tree": (TWICE, [TREE]),
    "support_tree_by_orbits": (TWICE, [{**TREE, "generators": [SWAP]}]),
    "support_tree_box_by_box_by_orbits": (GRID_LIST, [{**BOXES, "generators": [TURN]}]),
    "support_tree_worst_at_an_image": (PAIRS, [ELSEWHERE]),
    "support_tree_box_by_box_worst_at_an_image": (PAIRS, [{**ELSEWHERE, "tree": None}]),
    "support_tree_of_groups": (
        PAIRED,
        [{**TREE, "tree": [1, 2, 0, 0, 0], "kernels": [], "worst": {"pair": [[[0, 1]], [[2]]], "vector": [1, 0, 0]}}],
    ),
    "support_tree_with_unions": (GRID, [GRID_TREE]),
    "support_tree_box_by_box": (GRID_LIST, [BOXES]),
    "support_tree_at_a_box_with_a_kernel": (
        GRID,
        [{**GRID_TREE, "lower_rip": ["3/5", "4/5"], "worst": {**ON_KERNEL, "vector": [5, 2, -2, -5]}}],
    ),
}


def tree(base, *edits, reason):
    return edit(base, *((("claims", 0, *path), value) for path, value in edits), reason=claim("support-tree", reason))


def subsets(*edits, reason):
    found = [(("claims", 0, *path), value) for path, value in edits]
    return edit("column_subsets", *found, reason=claim("column-subsets", reason))


REJECTED = {
    "column_subsets_of_two_factors": on(DISTINCT, [SUBSETS], claim("column-subsets", "column-subsets: K is not 1")),
    "column_subsets_of_no_column": subsets((("order",), 0), reason="column-subsets: no columns, or no bits"),
    "column_subsets_by_the_zero_vector": subsets((("worst", "vector"), [0, 0]), reason="worst: the vector is zero"),
    "column_subsets_by_three_columns": subsets(
        (("worst",), {"columns": [0, 1, 2], "vector": [1, 1, -1]}), reason="worst: more columns than the order"
    ),
    "column_subsets_least_too_low": subsets(
        (("least",), ["3/5", "61/100"]), reason="least: the vector does not reach the upper end"
    ),
    "column_subsets_least_too_high": subsets(
        (("least",), ["63/100", "16/25"]), reason="least: the bound is not shown for some columns"
    ),
    "column_subsets_least_above_a_column": subsets(
        (("least",), ["21/20", "2"]), reason="least: a column is beyond the bound"
    ),
    "column_subsets_greatest_too_high": subsets(
        (("greatest",), ["163/100", "2"]), reason="greatest: the vector does not reach the lower end"
    ),
    "column_subsets_greatest_too_low": subsets(
        (("greatest",), ["8/5", "161/100"]), reason="greatest: the bound is not shown for some columns"
    ),
    "support_pair_of_a_free_model": on(
        {**TWICE, "model": {"kind": "free", "sign": "real"}}, [PAIR], claim("support-pair", "the model is free")
    ),
    "support_pair_below_zero": on(
        TWICE, [{**PAIR, "lower_rip": "-3/2"}], claim("support-pair", "lower_rip: not positive")
    ),
    "support_pair_by_a_vector_of_the_kernel": on(
        TWICE, [{**PAIR, "vector": [1, -1], "lower_rip": "1/2"}], claim("support-pair", "vector: in the kernel")
    ),
    "support_pair_too_low": on(
        TWICE, [{**PAIR, "lower_rip": "7/5"}], claim("support-pair", "lower_rip: the vector does not reach it")
    ),
    "support_tree_of_a_free_model": on(
        {**TWICE, "model": {"kind": "free", "sign": "real"}}, [TREE], claim("support-tree", "the model is free")
    ),
    "support_tree_without_bits": tree("support_tree", (("bits",), 7), reason="bits: too few"),
    "support_tree_that_says_nothing": tree(
        "support_tree", (("lower_rip",), ["0", "1"]), reason="lower_rip: nothing is said"
    ),
    "support_tree_of_a_list": on(
        GRID_LIST, [{**BOXES, "tree": [0]}], claim("support-tree", "tree: the model is a list")
    ),
    "support_tree_box_by_box_of_many": on(
        {**MANY, "model": sparse(1)},
        [{**TREE, "tree": None}],
        claim("support-tree", "more supports than the checker compares"),
    ),
    "support_tree_of_many_atoms": on(
        {**MANY, "model": sparse(1)}, [TREE], claim("support-tree", "tree: more atoms than the checker takes")
    ),
    "support_tree_an_uncovered_branch": tree("support_tree", (("tree",), [1, 2, -1, 0]), reason="tree: ends too early"),
    "support_tree_a_branch_too_many": tree(
        "support_tree", (("tree",), [1, 2, -1, 0, 0, 0]), reason="tree: codes after its end"
    ),
    "support_tree_an_unknown_code": tree("support_tree", (("tree",), [4, 2, -1, 0, 0]), reason="tree: an unknown code"),
    "support_tree_divides_by_an_atom_twice": tree(
        "support_tree", (("tree",), [1, 1, -1, 0, 0]), reason="tree: a split that divides nothing"
    ),
    "support_tree_pruned_over_a_kernel": tree(
        "support_tree", (("tree",), [1, 0, 0]), reason="tree: a leaf has a smaller singular value"
    ),
    "support_tree_pruned_over_a_smaller_value": tree(
        "support_tree_of_groups",
        (("lower_rip",), ["1", "1"]),
        reason="tree: the lower end is above every column",
    ),
    "support_tree_lower_end_too_high": tree(
        "support_tree_with_unions",
        (("lower_rip",), ["16/25", "1"]),
        reason="tree: a leaf has a smaller singular value",
    ),
    "support_tree_a_kernel_for_many_boxes": tree(
        "support_tree", (("tree",), [1, -1, 0]), reason="tree: a deficient leaf is more than one box"
    ),
    "support_tree_a_kernel_of_overlapping_groups": on(
        {**TWICE, "model": groups([[0], [1], [0, 2]])},
        [TREE],
        claim("support-tree", "tree: overlapping groups"),
    ),
    "support_tree_a_kernel_that_is_none": tree(
        "support_tree", (("tree",), [1, 2, -1, 3, -1, 0, 0]), reason="tree: a deficient leaf without a kernel"
    ),
    "support_tree_a_smaller_value_beside_a_kernel": on(
        statement(*operator((2, 2), [[1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 1, -1]]), model=sparse(2, 2)),
        [{**GRID_TREE, "tree": [-1], "lower_rip": ["4/5", "1"], "lower_rip_union": None, "worst": ON_KERNEL}],
        claim("support-tree", "tree: a box has a smaller singular value"),
    ),
    "support_tree_part_of_a_kernel": on(
        columns([1, 1, 1], model=sparse(2)),
        [{**TREE, "tree": [1, 2, 3, -1], "kernels": [{"columns": [0, 1, 2], "vectors": [[1, -1, 0]]}]}],
        claim("support-tree", "tree: a box has a smaller singular value"),
    ),
    "support_tree_boxes_lower_end_too_high": tree(
        "support_tree_box_by_box",
        (("lower_rip",), ["16/25", "1"]),
        reason="lower_rip: a box has a smaller singular value",
    ),
    "support_tree_a_vector_outside_the_kernel": tree(
        "support_tree",
        (("kernels", 0, "vectors"), [[1, 1]]),
        reason="kernels: a vector is not in the kernel",
    ),
    "support_tree_a_kernel_of_zeros": tree(
        "support_tree", (("kernels", 0, "vectors"), [[0, 0]]), reason="kernels: no vector"
    ),
    "support_tree_unions_say_nothing": tree(
        "support_tree_with_unions",
        (("lower_rip_union",), ["0", "1"]),
        reason="lower_rip_union: nothing is said",
    ),
    "support_tree_unions_beyond_the_boxes": tree(
        "support_tree_with_unions",
        (("lower_rip_union",), ["61/100", "31/50"]),
        reason="lower_rip_union: a tree says no more than of boxes",
    ),
    "support_tree_unions_lower_end_too_high": tree(
        "support_tree_box_by_box",
        (("lower_rip_union",), ["16/25", "1"]),
        reason="lower_rip_union: a union has a smaller singular value",
    ),
    "support_tree_gamma_too_small": tree(
        "support_tree_with_unions", (("gamma",), "7/5"), reason="gamma: a pair has a greater one"
    ),
    "support_tree_gamma_infinite": tree(
        "support_tree_with_unions", (("gamma",), "inf"), reason="gamma: not finite, or below 1"
    ),
    "support_tree_too_many_pairs_of_a_box": on(
        SIMPLEX,
        [SIMPLEX_TREE],
        claim("support-tree", "more pairs with a deficient box than the checker looks at"),
    ),
    "support_tree_by_the_zero_vector": tree(
        "support_tree", (("worst", "vector"), [0, 0]), reason="worst: the vector is zero"
    ),
    "support_tree_by_a_vector_of_the_kernel": tree(
        "support_tree_at_a_box_with_a_kernel", (("worst", "vector"), [1, 1, 1, 1]), reason="worst: the vector is zero"
    ),
    "support_tree_upper_end_too_low": tree(
        "support_tree_with_unions",
        (("lower_rip",), ["3/5", "61/100"]),
        reason="worst: the vector does not reach the upper end",
    ),
    "support_tree_union_upper_end_too_low": tree(
        "support_tree_with_unions",
        (("lower_rip_union",), ["3/5", "61/100"]),
        reason="worst_union: the vector does not reach the upper end",
    ),
    "support_tree_by_a_support_that_is_too_large": tree(
        "support_tree_with_unions",
        (("worst", "pair"), [[[0], [0]], [[0], [0, 1]]]),
        reason="worst.pair: not a maximal support",
    ),
    "support_tree_by_a_support_that_is_not_listed": tree(
        "support_tree_box_by_box",
        (("worst", "pair"), [[[0], [0]], [[0], [0, 1]]]),
        reason="worst.pair: not a maximal support",
    ),
    "support_tree_two_factors_to_one": tree(
        "support_tree_with_unions",
        (("generators",), [{**TURN, "factors": [0, 0]}]),
        reason="generators: two factors go to one",
    ),
    "support_tree_two_parameters_to_one": tree(
        "support_tree",
        (("generators",), [{**SWAP, "codes": [[2, 2, 4]]}]),
        reason="generators: not a permutation of the parameters",
    ),
    "support_tree_a_path_to_none": on(
        DIAGONAL,
        [{**GRID_TREE, "kernels": [], "generators": [{"factors": [0, 1], "codes": [[2, 0], [0, 2]]}]}],
        claim("support-tree", "generators: a coordinate goes to none"),
    ),
    "support_tree_by_another_gram": tree(
        "support_tree",
        (("generators",), [{**SWAP, "codes": [[4, 2, 0]]}]),
        reason="generators: the Gram matrix changes",
    ),
    "support_tree_by_a_sign_of_one": tree(
        "support_tree",
        (("generators",), [{**SWAP, "codes": [[3, 0, 4]]}]),
        reason="generators: the Gram matrix changes",
    ),
    "support_tree_groups_to_none": on(
        {**PAIRED, "model": groups([[0, 1], [2], [3]])},
        [{**TREE, "kernels": [], "generators": [{"factors": [0], "codes": [[4, 2, 0, 6]]}]}],
        claim("support-tree", "generators: a support goes to none"),
    ),
    "support_tree_listed_supports_to_none": on(
        {**GRID_LIST, "model": supports([[0], [0]], [[0], [1]])},
        [{**BOXES, "kernels": [], "generators": [TURN]}],
        claim("support-tree", "generators: a support goes to none"),
    ),
    "support_tree_by_a_vector_of_the_kernel_of_an_image": tree(
        "support_tree_worst_at_an_image", (("worst", "vector"), [1, -1]), reason="worst: the vector is zero"
    ),
    "support_tree_box_by_box_by_a_vector_of_the_kernel_of_an_image": tree(
        "support_tree_box_by_box_worst_at_an_image", (("worst", "vector"), [1, -1]), reason="worst: the vector is zero"
    ),
    "support_tree_without_a_worst_pair": tree("support_tree", (("worst",), DROP), reason="worst: not an object"),
}
