"""Claims about one factor with a sparse model: l1 null space constant, spark, coherence.

Most are about A = [1 1 0; 0 1 1], whose kernel is spanned by (1, -1, 1): alpha_1 = 1/3, alpha_2 = 2/3, spark 3.
"""

from accepted_items import FREE, P, statement, terms
from refused_items import DROP, claim, edit, on


def sensing(rows, sparsity, sign="real"):
    """A matrix by its rows, and how many entries may be non-zero."""
    found = [[i, r, 0, str(x)] for r, row in enumerate(rows) for i, x in enumerate(row) if x]
    factor = terms((len(rows), 1), len(rows[0]), *sorted(found))
    return statement(factor, model={"kind": "sparse", "sign": sign, "sparsity": [sparsity]})


ROWS = [[1, 1, 0], [0, 1, 1]]
ONE, TWO = sensing(ROWS, 1), sensing(ROWS, 2)
ALTERNATING = {"kind": "null-space-vector", "vector": [1, -1, 1]}
FIRST, SECOND, THIRD = [2, -1], [1, 1], [-1, 2]
LINEAR = {"kind": "l1-linear", "scale": 3, "Y": [FIRST, SECOND, THIRD]}
LEVEL = {"size": 1, "bound": "1/3", "tree": [FIRST, SECOND, THIRD]}
TREE = {"kind": "l1-tree", "scale": 3, "unit": 1, "generators": [], "levels": [LEVEL]}
REFLECTION = {"map": [4, 2, 0], "R": [[0, 1], [1, 0]]}
ORBITS = {**TREE, "generators": [REFLECTION], "levels": [{**LEVEL, "tree": [FIRST, SECOND]}]}
# the pairs above +e_0 one by one, those above +e_1 by its dual and alpha_1
BRANCH = {"size": 2, "bound": "2/3", "tree": [[], [3, 0], [1, -2], [1, 1], [3, -3], SECOND]}
PAIRS = {**TREE, "levels": [LEVEL, BRANCH]}
# the reflection is a symmetry up to 1/1000
NEARLY = sensing([[1, 1, 0], [0, 1, "1001/1000"]], 1)
NEARLY_TREE = {**ORBITS, "levels": [{"size": 1, "bound": "1/3", "tree": [[20_000, -9_990], [10_000, 9_980]]}]}
COHERENT = {"kind": "mutual-coherence"}
INDEPENDENT = {"kind": "independent-columns", "prime": P, "size": 2}
SEMIDEFINITE = {
    "kind": "l1-semidefinite",
    "scale": 300,
    "unit": 1,
    "kernel_side": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "cross": [[-100, 100, -100], [100, -100, 100], [-100, 100, -100]],
    "spread": [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
    "trace": [[2, 0, 0], [0, 2, 0], [0, 0, 2]],
    "rows": [[30_000, 0], [0, 30_000]],
    "psd": {
        "scale": 153720305275824,
        "L": [
            [3037000704],
            [3036950016, 3037025792],
            [0, 3036924416, 21474304],
            [-10123264, 5061120, 47616, 18250240],
            [-5061632, -5061632, -11776, -1403904, 20197888],
            [5061632, -10122752, -59904, 5615104, -878080, 17342464],
        ],
    },
}
# 5,040 permutations of seven equal columns
SYMMETRIC = sensing([[1] * 7], 1)
SEVEN = {
    **TREE,
    "generators": [
        {"map": [2, 0, 4, 6, 8, 10, 12], "R": [[1]]},
        {"map": [2, 4, 6, 8, 10, 12, 0], "R": [[1]]},
    ],
    "levels": [{"size": 1, "bound": "1", "tree": [[0]]}],
}


def tree(*edits, base="l1_tree", reason):
    """An edit of the tree's claim."""
    return edit(base, *((("claims", 0, *path), value) for path, value in edits), reason=claim("l1-tree", reason))


ACCEPTED = {
    "null_space_vector": (ONE, [ALTERNATING]),
    "null_space_vector_dependent_columns": (TWO, [ALTERNATING]),
    "null_space_vector_nonnegative": (sensing(ROWS, 2, "nonnegative"), [ALTERNATING]),
    "l1_linear": (ONE, [LINEAR, ALTERNATING]),
    "l1_linear_of_two": (TWO, [LINEAR]),
    "l1_semidefinite": (ONE, [SEMIDEFINITE]),
    "l1_tree": (ONE, [TREE, ALTERNATING]),
    "l1_tree_of_orbits": (ONE, [ORBITS]),
    "l1_tree_of_pairs": (TWO, [PAIRS]),
    "l1_tree_picks_one_of_two": (TWO, [TREE]),
    "l1_tree_nearly_symmetric": (
        NEARLY,
        [{**NEARLY_TREE, "scale": 30_000, "unit": 1, "levels": [{**NEARLY_TREE["levels"][0], "bound": "67/200"}]}],
    ),
    "mutual_coherence": (ONE, [COHERENT]),
    "mutual_coherence_of_a_zero_column": (sensing([[1, 0, 3], [0, 0, 4]], 1), [COHERENT]),
    "independent_columns": (ONE, [INDEPENDENT, ALTERNATING]),
    "independent_columns_where_the_prime_is_unlucky": (sensing([[1, 1], [0, P]], 1), [INDEPENDENT]),
    "trivial_kernel_of_columns": (sensing([[1, 1], [0, 2]], 1), [{"kind": "trivial-kernel", "prime": P}]),
}
REJECTED = {
    "l1_of_a_free_model": on(
        {**ONE, "model": FREE}, [ALTERNATING], claim("null-space-vector", "not one factor with a sparse model")
    ),
    "null_space_vector_of_zeros": edit(
        "null_space_vector",
        (("claims", 0, "vector"), [0, 0, 0]),
        reason=claim("null-space-vector", "vector: zero"),
    ),
    "null_space_vector_outside_the_kernel": edit(
        "null_space_vector",
        (("claims", 0, "vector"), [1, -1, 0]),
        reason=claim("null-space-vector", "vector: not in the kernel"),
    ),
    "l1_linear_of_scale_zero": edit(
        "l1_linear", (("claims", 0, "scale"), 0), reason=claim("l1-linear", "scale: not positive")
    ),
    "l1_semidefinite_without_the_rows": edit(
        "l1_semidefinite",
        (("claims", 0, "rows"), [[0, 0], [0, 0]]),
        reason=claim("l1-semidefinite", "psd: scale*M - L*L^T is not diagonally dominant"),
    ),
    "l1_tree_with_a_smaller_bound": tree(
        (("levels", 0, "bound"), "3333/10000"), reason="tree: a dual leaves more than the bound"
    ),
    "l1_tree_of_an_inexact_symmetry": edit(
        "l1_tree_nearly_symmetric",
        (("claims", 0, "levels", 0, "bound"), "167/500"),
        reason=claim("l1-tree", "tree: a dual leaves more than the bound"),
    ),
    "l1_tree_of_an_invented_symmetry": tree(
        (("generators", 0, "map"), [2, 4, 0]),
        (("levels", 0, "tree"), [FIRST]),
        base="l1_tree_of_orbits",
        reason="tree: a dual leaves more than the bound",
    ),
    "l1_tree_that_leaves_one_out": tree(
        (("levels", 0, "tree"), [FIRST, SECOND]), reason="tree: a signed set is not covered"
    ),
    "l1_tree_with_one_too_many": tree(
        (("levels", 0, "tree"), [FIRST, SECOND, THIRD, THIRD]), reason="tree: more items than signed sets"
    ),
    "l1_tree_without_a_dual": tree(
        (("levels", 0, "tree"), [FIRST, SECOND, []]), reason="tree: a signed set without a dual"
    ),
    "l1_tree_of_a_map_that_forgets": tree(
        (("generators", 0, "map"), [4, 2, 5]), base="l1_tree_of_orbits", reason="map: two images in one place"
    ),
    "l1_tree_of_the_empty_set": tree((("levels", 0, "size"), 0), reason="size: not greater than those before"),
    "l1_tree_of_a_large_group": on(
        SYMMETRIC, [SEVEN], claim("l1-tree", "generators: a group that is too large")
    ),
    "independent_columns_one_by_one": edit(
        "independent_columns",
        (("claims", 0, "size"), 1),
        reason=claim("independent-columns", "size: less than two"),
    ),
    "independent_columns_that_are_parallel": on(
        sensing([[1, 2], [1, 2]], 1), [INDEPENDENT], claim("independent-columns", "some columns are dependent")
    ),
    "independent_columns_three_in_a_plane": edit(
        "independent_columns",
        (("claims", 0, "size"), 3),
        reason=claim("independent-columns", "some columns are dependent"),
    ),
    "independent_columns_with_a_zero_column": on(
        sensing([[1, P], [0, 0]], 1),
        [INDEPENDENT],
        claim("independent-columns", "fewer columns are dependent modulo the prime"),
    ),
}
MALFORMED = {
    "l1_tree_without_levels": tree((("levels",), DROP), reason="l1-tree: missing key 'levels'"),
}
