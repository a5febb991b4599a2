"""Statements, claims and results of the accepted corpus, by hand: `ACCEPTED` maps names to items."""

from fractions import Fraction

P = 1_048_573
FREE = {"kind": "free", "sign": "real"}
RESULT = "dmfverify/result/1"


def statement(*factors, equivalence="scale", model=FREE, data=None):
    return {
        "schema": "dmfverify/statement/1",
        "equivalence": equivalence,
        "factors": list(factors),
        "model": model,
        "data": data,
    }


def taps(grid, *found, nodes=(1, 1), boundary="circular", stride=1, fixed=()):
    """A layer; a plain integer is a shift between the only two nodes."""
    entries = [[0, 0, t] if isinstance(t, int) else list(t) for t in found]
    return {
        "form": "taps",
        "grid": [grid] if isinstance(grid, int) else list(grid),
        "boundary": boundary,
        "stride": stride,
        "nodes": list(nodes),
        "taps": entries,
        "fixed": [list(t) for t in fixed],
    }


def pattern(shape, entries):
    return {"form": "pattern", "shape": list(shape), "entries": [list(e) for e in entries]}


def dense(rows, cols):
    return pattern((rows, cols), [(r, c) for r in range(rows) for c in range(cols)])


def terms(shape, parameters, *found):
    return {"form": "terms", "shape": list(shape), "parameters": parameters, "terms": [list(t) for t in found]}


def matrix(shape, *entries):
    return {"form": "matrix", "shape": list(shape), "entries": [list(e) for e in entries]}


def operator(sizes, rows):
    """Two factors with a given lifting: h_1 as a row, then `rows`, one integer row for each row of A."""
    s, t = sizes
    found = [
        [j, i, n, str(row[i * t + j])]
        for n, row in enumerate(rows)
        for i in range(s)
        for j in range(t)
        if row[i * t + j]
    ]
    return [dense(1, s), terms((s, len(rows)), t, *found)]


def supports(*found, sign="real"):
    return {"kind": "supports", "sign": sign, "supports": [[list(part) for part in s] for s in found]}


def witness(h, g, coordinate):
    return {"kind": "witness", "h": strings(h), "g": strings(g), "coordinate": coordinate}


def strings(h):
    return [[str(Fraction(x)) for x in part] for part in h]


def difference(h, g, gamma=None, kappa=None, kernel_part=None, row_solution=None):
    found = {"gamma": gamma, "kappa": kappa, "kernel_part": kernel_part, "row_solution": row_solution}
    return {"kind": "difference", "h": strings(h), "g": strings(g), **found}


def shift_counts(least, greatest):
    return {"kind": "shift-counts", "sigma_min": least, "sigma_max": greatest}


def bound(p=2):
    return {"kind": "recovery-bound", "p": p}


NO_L = {"scale": 1, "L": []}
TRIVIAL = {"kind": "trivial-kernel", "prime": P}
ROOT8 = ["2828/1000", "2829/1000"]

# {0, 1} and {0, 2} in Z/8: shifts 0, 2, 1, 3, all different
DISTINCT = statement(taps(8, 0, 1), taps(8, 0, 2))
# {0, 1} twice in Z/4: shifts 0, 1, 1, 2
COLLIDE = statement(taps(4, 0, 1), taps(4, 0, 1))
# the kernel is spanned by the identity of size 3
IDENTITY = statement(
    *operator(
        (3, 3),
        [
            [0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 1, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 1, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 1, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 1, 0],
            [1, 0, 0, 0, -1, 0, 0, 0, 0],
            [0, 0, 0, 0, 1, 0, 0, 0, -1],
        ],
    )
)
EYE = [1, 0, 0, 0, 1, 0, 0, 0, 1]
E1, E2 = [1, 0, 0], [0, 1, 0]
LINE = {
    "kind": "kernel-line",
    "prime": P,
    "kernel": EYE,
    "modes": [0],
    "tail": "1/3",
    "gamma": "17321/10000",
    "mu": "1",
    "unit": 1,
    "Y": [[0, 0, 0]] * 3,
    "psd_Y": NO_L,
    "psd_gap": NO_L,
}
SLOPED = {
    "mu": "1",
    "unit": 2,
    "Y": [[0, 0, 0]] * 3,
    "psd_Y": {"scale": 1, "L": [[0], [0, 0], [0, 0, 0]]},
    "psd_gap": {"scale": 3, "L": []},
    "modes": [1],
}
# the eigenvalues of [[1, 1], [1, 2]] are 0.38 and 2.61
GOLDEN = statement(terms((2, 1), 2, [0, 0, 0, "1"], [1, 0, 0, "1"], [1, 1, 0, "1"]))
GOLDEN_BRACKET = {
    "kind": "gram-bracket",
    "side": "columns",
    "rows": "product",
    "sigma_min": ["1/2", "2/3"],
    "sigma_max": ["3/2", "5/3"],
    "psd_min": {"scale": 1, "L": [[1], [2, 0]]},
    "row_vector": [5, -3],
    "psd_max": {"scale": 1, "L": [[3], ["-0x2", 0]]},
    "top_vector": [5, 8],
}
GOLDEN_ROWS = {
    **GOLDEN_BRACKET,
    "side": "rows",
    "psd_min": {"scale": 1, "L": [[2], [1, 0]]},
    "row_vector": [-3, 5],
    "psd_max": {"scale": 1, "L": [[2], [-3, 0]]},
    "top_vector": [8, 5],
}
COLLIDE_BRACKET = {
    "kind": "gram-bracket",
    "side": "columns",
    "rows": "response",
    "sigma_min": ["2", "2"],
    "kernel": [[0, 1, -1, 0]],
    "weight": 4,
    "psd_min": NO_L,
    "row_vector": [1, 0, 0, 0],
    "sigma_max": ["14/5", "3"],
    "psd_max": NO_L,
    "top_vector": [0, 1, 1, 0],
}
UNIT_H = [["1", "0"], ["0", "1"]]
UNIT_G = [["0", "1"], ["1", "0"]]

# two paths from x to y through u and v, with shifts {0, 1} after {0} each; output first
DIAMOND = statement(
    taps(8, (0, 0, 0), (0, 0, 1), (0, 1, 2), nodes=(1, 2)),
    taps(8, (0, 0, 0), (1, 0, 2), nodes=(2, 1)),
    equivalence="path-scale",
)
# a hidden skip: u reaches x through a known layer only
SKIP = statement(
    taps(4, 0, 1),
    taps(4, fixed=[(0, 0, 1, "-1")]),
    taps(4, 0, 2),
    equivalence="path-scale",
)
# disjoint blocks: neuron 0 joins row 0 and column 0, neuron 1 rows 1, 2 and columns 1, 2
NEURONS = statement(
    pattern((3, 2), [(0, 0), (1, 1), (2, 1)]), pattern((2, 3), [(0, 0), (1, 1), (1, 2)]), equivalence="neuron-scale"
)
DENSE = statement(dense(2, 2), dense(2, 2))
ALL4 = [[0, 1, 2, 3], [0, 1, 2, 3]]


def invertible(row, col):
    """The gauge M_1 -> M_1 (I + E), M_2 -> (I - E) M_2 with one entry of E, for two dense 2 x 2 factors."""
    return {
        "at": 0,
        "E": [[row, col, "1"]],
        "U": [[2 * r + col, 2 * r + row, "1"] for r in range(2)],
        "V": [[2 * row + c, 2 * col + c, "-1"] for c in range(2)],
    }


GAUGE = {
    "kind": "gauge",
    "prime": P,
    "point": [[1, 2, 3, 5], [7, 11, 13, 17]],
    "support": ALL4,
    "fields": [invertible(r, c) for r in range(2) for c in range(2)],
}


def jacobian(support, point, rank, **more):
    return {"kind": "jacobian", "prime": P, "support": support, "point": point, "rank": rank, **more}


# four parameters, three measurements; any two columns are independent, so all that is 1-sparse is seen
VANDERMONDE = terms((3, 1), 4, *([i, k, 0, str((i + 1) ** k)] for i in range(4) for k in range(2)))
SPARSE = statement(VANDERMONDE, model={"kind": "sparse", "sign": "real", "sparsity": [1]})
PAIRS = {"kind": "pairs-injective", "prime": P, "deficient": 0, "lower_rip": None, "lower_rip_union": None}
# columns (1, 1), (1, 2), (1, 3), (1, 4): the worst pair is 2, 3 with Gram matrix [[10, 13], [13, 17]], det 1, trace 27
SPARSE_RIP = {
    **PAIRS,
    "lower_rip": ["19/100", "2/5"],
    "lower_rip_union": ["0", "inf"],
    "worst": {"pair": [2, 3], "vector": [4, -3]},
}
TWO_SUPPORTS = statement(taps(8, 0, 1), taps(8, 0, 1), model=supports([[0], [0]], [[1], [1]]))
FAMILY = {
    "kind": "shift-families",
    "deficient": 1,
    "gamma": ["1", "1"],
    "sparse_gamma": ["1", "1"],
    "lower_rip": ROOT8,
    "sigma": ROOT8,
}
GROUPS = statement(
    terms((4, 1), 4, *([i, i, 0, "1"] for i in range(4))),
    model={"kind": "group-sparse", "sign": "nonnegative", "groups": [[[0, 1], [1, 2], [2, 3], [1]]], "active": [1]},
)
# 1x1, one row: h_1 h_2 with both dense, and a data matrix of one column
FRACTIONS = statement(
    terms((1, 2), 2, [0, 0, 0, "1/2"], [0, 0, 0, "1/2"], [1, 0, 1, "-2/3"]),
    matrix((2, 2), (0, 0, "3"), (1, 1, "1/5"), (0, 1, "0")),
    terms((2, 2), 1, [0, 0, 0, "1"], [0, 1, 1, "1"]),
    data={"shape": [2, 3], "entries": [[0, 0, "1/7"], [1, 2, "1"]]},
)
NONNEGATIVE = statement(
    *operator((2, 2), [[1, 0, 0, 0], [0, 1, -1, 0], [0, 0, 0, 1]]), model={"kind": "free", "sign": "nonnegative"}
)
PLANE = statement(taps((2, 4), [0, 0, 0, 0], [0, 0, 1, 0]), taps((2, 4), [0, 0, 0, 1], [0, 0, 0, 3]))
ZERO = statement(taps(5, 0, 2, boundary="zero"), taps(4, 0, 1, boundary="zero"))
STRIDE = statement(taps(8, 0, 1, stride=2), taps(8, 0, 3))
LONG = statement(*(taps(4096, 0, 2**k, (2 ** (k + 1) + 1) % 4096) for k in range(12)))
TREE = statement(
    taps(8, (0, 0, 0), (0, 1, 3), nodes=(1, 2)),
    taps(8, (0, 0, 0), (0, 0, 1), (1, 1, 0), nodes=(2, 2)),
    equivalence="path-scale",
)
MIXED = statement(taps(4, 0, fixed=[(0, 0, 1, "1")]), taps(4, 0, 1))
NO_PATH = statement(pattern((1, 2), [(0, 0)]), pattern((2, 1), [(1, 0)]), equivalence="neuron-scale")

# the same columns twice: A = [[1, 1, 0], [1, 1, 0]] has rank 1 and two rows
ROWS = statement(terms((2, 1), 3, [0, 0, 0, "1"], [0, 1, 0, "1"], [1, 0, 0, "1"], [1, 1, 0, "1"]))
ROW_RANK = {"kind": "row-rank", "prime": P, "rows": "product", "left_kernel": [[1, -1]]}

# 46 x 46 columns, of which rows (0, c) see the even ones
WIDE = statement(
    dense(1, 46), matrix((46, 2), *([r, r % 2, "1"] for r in range(46))), pattern((2, 46), [(0, c) for c in range(46)])
)

ACCEPTED = {
    "nothing": (DISTINCT, []),
    "nothing_about_an_affine_layer": (MIXED, []),
    "nothing_where_no_path_leads": (NO_PATH, []),
    "trivial_kernel": (DISTINCT, [TRIVIAL]),
    "trivial_kernel_of_fractions_and_data": (FRACTIONS, [TRIVIAL]),
    "trivial_kernel_path_scale": (DIAMOND, [TRIVIAL, bound(1)]),
    "trivial_kernel_neuron_scale": (NEURONS, [TRIVIAL, bound("inf")]),
    "trivial_kernel_group_sparse_nonnegative": (GROUPS, [TRIVIAL]),
    "trivial_kernel_strided": (STRIDE, [TRIVIAL]),
    "trivial_kernel_tree": (TREE, [TRIVIAL, bound(1)]),
    "kernel": (COLLIDE, [{"kind": "kernel", "prime": P, "basis": [[0, 1, -1, 0]]}]),
    "kernel_empty_is_trivial": (DISTINCT, [{"kind": "kernel", "prime": P, "basis": []}]),
    "kernel_in_hexadecimal": (
        COLLIDE,
        [{"kind": "kernel", "prime": P, "basis": [[0, "0x" + "f" * 900, "-0x" + "f" * 900, 0]]}],
    ),
    "kernel_line": (IDENTITY, [LINE, bound("inf")]),
    "kernel_line_with_a_factor": (IDENTITY, [{**LINE, **SLOPED}]),
    "kernel_nonnegative": (NONNEGATIVE, [{"kind": "kernel", "prime": P, "basis": [[0, 1, 1, 0]]}]),
    "shift_counts": (DISTINCT, [shift_counts(ROOT8, ["0", "inf"]), bound(2)]),
    "shift_counts_collide": (COLLIDE, [shift_counts(["2", "2"], ["2828/1000", "2829/1000"])]),
    "shift_counts_zero_boundary": (ZERO, [shift_counts(["2", "2"], ["2", "2"])]),
    "shift_counts_two_dimensions": (PLANE, [shift_counts(ROOT8, ROOT8)]),
    "shift_counts_signed_skip": (SKIP, [shift_counts(["2", "2"], ["2", "2"])]),
    "shift_counts_packed": (LONG, [shift_counts(["64", "inf"], ["64", "inf"])]),
    "gram_bracket_columns": (GOLDEN, [GOLDEN_BRACKET, TRIVIAL, bound(2)]),
    "gram_bracket_rows": (GOLDEN, [GOLDEN_ROWS]),
    "gram_bracket_with_a_kernel": (COLLIDE, [COLLIDE_BRACKET]),
    "gram_bracket_says_little": (
        COLLIDE,
        [
            {
                "kind": "gram-bracket",
                "side": "rows",
                "rows": "response",
                "sigma_min": ["0", "inf"],
                "sigma_max": ["0", "inf"],
            }
        ],
    ),
    "gram_bracket_says_nothing": (
        COLLIDE,
        [{"kind": "gram-bracket", "side": "rows", "rows": "product", "sigma_min": None, "sigma_max": None}],
    ),
    "row_rank": (ROWS, [ROW_RANK]),
    "row_rank_by_contraction": (WIDE, [{**ROW_RANK, "left_kernel": []}]),
    "witness": (COLLIDE, [witness(UNIT_H, UNIT_G, [0, 1])]),
    "witness_by_signs": ({**NONNEGATIVE, "model": FREE}, [witness([[1, 1], [1, 1]], [[1, -1], [1, -1]], [0, 1])]),
    "witness_in_a_support": (
        statement(taps(4, 0, 1), taps(4, 0, 1), model=supports([[0], [1]], [[1], [0]])),
        [witness(UNIT_H, UNIT_G, [0, 1])],
    ),
    "witness_sparse": (
        statement(taps(4, 0, 1), taps(4, 0, 1), model={"kind": "sparse", "sign": "nonnegative", "sparsity": [1, 1]}),
        [witness(UNIT_H, UNIT_G, [0, 1])],
    ),
    "witness_group_sparse": (
        statement(
            taps(4, 0, 1),
            taps(4, 0, 1),
            model={"kind": "group-sparse", "sign": "real", "groups": [[[0], [1]], [[0], [1]]], "active": [1, 1]},
        ),
        [witness(UNIT_H, UNIT_G, [0, 1])],
    ),
    "difference_kappa": (DISTINCT, [difference(UNIT_H, [[0, 0], [0, 0]], kappa="2829/1000")]),
    "difference_kernel_part": (
        IDENTITY,
        [
            difference(
                [E1, E1], [E2, [0, -1, 0]], gamma="433/250", kernel_part=["2/3", *["0"] * 3, "2/3", *["0"] * 3, "2/3"]
            ),
            LINE,
        ],
    ),
    "difference_row_solution": (
        IDENTITY,
        [difference([E1, E1], [E2, [0, -1, 0]], gamma="433/250", row_solution=["0"] * 6 + ["1/3", "2/3"])],
    ),
    "jacobian": (DISTINCT, [jacobian([[0, 1], [0, 1]], [[1, 2], [3, 5]], 3)]),
    "jacobian_at_some_rows": (
        DENSE,
        [jacobian(ALL4, [[1, 2, 3, 5], [7, 11, 13, 17]], 4, rows=[[0, 0], [0, 1], [1, 0], [1, 1]]), GAUGE],
    ),
    "jacobian_neuron_scale": (NEURONS, [jacobian([[0, 1, 2], [0, 1, 2]], [[1, 2, 3], [4, 5, 6]], 4)]),
    "jacobian_path_scale": (SKIP, [jacobian([[0, 1], [0, 1]], [[1, 2], [3, 5]], 3)]),
    "jacobian_with_data": (FRACTIONS, [jacobian([[0, 1], [0]], [[1, 2], [3]], 2)]),
    "gauge": (DENSE, [GAUGE]),
    "gauge_through_known_factors": (
        statement(pattern((1, 1), [(0, 0)]), matrix((1, 1), (0, 0, "2/3")), pattern((1, 1), [(0, 0)])),
        [
            {
                "kind": "gauge",
                "prime": P,
                "point": [[1], [1]],
                "support": [[0], [0]],
                "fields": [{"at": 1, "E": [[0, 0, "1/2"]], "U": [[0, 0, "1/2"]], "V": [[0, 0, "-1/2"]]}],
            }
        ],
    ),
    "pairs_injective": (SPARSE, [SPARSE_RIP]),
    "pairs_injective_says_less": (SPARSE, [PAIRS]),
    "pairs_injective_with_a_deficient_box": (
        TWO_SUPPORTS,
        [{**PAIRS, "deficient": 1, "lower_rip_union": ["2", "3"], "worst_union": {"pair": [0, 0], "vector": [1]}}],
    ),
    "pairs_injective_nested_supports": (
        statement(taps(8, 0, 1), taps(8, 0, 2), model=supports([[0], [0]], [[0, 1], [0]], [[0, 1], [0]])),
        [PAIRS],
    ),
    "shift_families": (TWO_SUPPORTS, [FAMILY]),
    "recovery_bound": (DISTINCT, [bound("inf"), bound("inf")]),
}
