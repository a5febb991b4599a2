"""Given parameters, and sparse patterns: point, rank, stiffness, distinct paths, Kronecker-sparse chains, peeling."""

from accepted_items import COLLIDE, DENSE, GAUGE, RESULT, P, pattern, statement, strings, supports, terms
from accepted_items import dense as full
from refused_items import claim, edit, on

# x y^T for x, y in R^2, by scale and with one neuron in between
OUTER = statement(full(2, 1), full(1, 2))
NEURON = {**OUTER, "equivalence": "neuron-scale"}
# the product of two numbers, twice over: h_1 (1 + x) and the like has no place where it is not determined but zero
LINE = statement(terms((1, 1), 2, [0, 0, 0, "1"], [1, 0, 0, "1"]))
WIDE = statement(terms((1, 1), 1_001, [0, 0, 0, "1"]))
PATH = {**COLLIDE, "equivalence": "path-scale"}
# two supports of a vector, and of an outer product
HALVES = {**OUTER, "model": supports([[0], [0, 1]], [[1], [0, 1]])}
# neuron 1 has no way out, so that its entry lies on no path
DEAD = statement(
    pattern((2, 2), [(0, 0), (1, 0), (0, 1)]),
    pattern((2, 2), [(0, 0), (0, 1)]),
    equivalence="neuron-scale",
    model=supports([[0, 1, 2], [0, 1]]),
)


def at(*h):
    return {"kind": "point", "h": strings(h)}


def stiff(*items):
    return {"kind": "stiffness", "items": list(items)}


def rank(value, support, kernel=(), **more):
    return {"kind": "point-rank", "prime": P, "support": support, "rank": value, "kernel": [*kernel], **more}


ALL = [[0, 1], [0, 1]]
NONE = {"scale": 1, "L": []}
# at x = y = e_0: J^T J couples x_0 and y_0 by ((1, 1), (1, 1)); with w = 2 the scale adds ((2, -2), (-2, 2)),
# with w = 1 the neuron ((1, -1), (-1, 1)); the other two directions have length one
ITEM = {"support": ALL, "weight": "2", "lower": "1", "psd": NONE, "vector": [0, 1, 0, 0], "upper": "1"}
NEURON_ITEM = {**ITEM, "weight": "1"}
CORNER = at((1, 0), (1, 0))
ONE = {"support": [[0], [0, 1]], "weight": "2", "lower": "1", "psd": NONE, "vector": [0, 0, 1], "upper": "1"}
# both taps 1: (1 + z)^2, whose Jacobian (1 1 0; 0 1 1; 1 1 0; 0 1 1) has rank 2
DOUBLE = at((1, 1), (1, 1))
SWAP = {"kind": "witness", "h": [["1", "2"], ["1", "3"]], "g": [["1", "3"], ["1", "2"]], "coordinate": [0, 1]}

# sums of two blocks of rank one that meet in the entry (0, 0): an arrow
ARROW = statement(
    pattern((3, 2), [(0, 0), (1, 0), (0, 1), (2, 1)]),
    pattern((2, 3), [(0, 0), (0, 1), (1, 0), (1, 2)]),
    equivalence="neuron-scale",
)
THREE = statement(*ARROW["factors"], pattern((3, 3), [(0, 0), (1, 1), (2, 2)]), equivalence="neuron-scale")
PEEL = {"kind": "peeling", "splits": [[0, 1, 2, [0, 1]]]}
PEEL_THREE = {"kind": "peeling", "splits": [[0, 1, 3, [0, 1]], [1, 2, 3, [0, 1, 2]]]}
ARROW_POINT = at((1, 2, 3, 4), (5, 6, 7, 8))
# two butterflies of order four
BUTTERFLY = statement(
    pattern((4, 4), [(r, c) for r in range(4) for c in range(4) if r % 2 == c % 2]),
    pattern((4, 4), [(r, c) for r in range(4) for c in range(4) if r // 2 == c // 2]),
    equivalence="neuron-scale",
)
KRONECKER = {"kind": "kronecker-sparse", "factors": [[1, 2, 2, 2], [2, 2, 2, 1]]}
DISTINCT_PATHS = {"kind": "distinct-paths"}
NEURAL_DENSE = {**DENSE, "equivalence": "neuron-scale"}
WITH_DATA = {**BUTTERFLY, "data": {"shape": [4, 1], "entries": [[0, 0, "1"]]}}

ACCEPTED = {
    "point_of_a_zero_factor": (OUTER, [at((0, 0), (1, "1/2"))]),
    "point_of_a_zero_neuron": (NEURON, [at((0, 0), (1, "1/2"))]),
    "point_of_a_zero_kernel": (PATH, [at((0, 0), (1, 1))]),
    "point_of_trivial_kernel": (OUTER, [{"kind": "trivial-kernel", "prime": P}, at((1, 0), (0, 2))]),
    "point_of_a_witness": (COLLIDE, [at((1, 2), (1, 3)), SWAP]),
    "point_that_a_gauge_moves": (DENSE, [at((1, 2, 3, 4), (5, 6, 7, 9)), GAUGE]),
    "point_rank_full": (COLLIDE, [at((1, 2), (1, 3)), rank(3, ALL)]),
    "point_rank_at_positions": (OUTER, [CORNER, rank(3, ALL, rows=[[0, 0], [0, 1], [1, 0]])]),
    "point_rank_at_a_double_root": (COLLIDE, [DOUBLE, rank(2, ALL, [[1, 0, -1, 0], [0, 1, 0, -1]])]),
    "stiffness_across_the_scale": (OUTER, [CORNER, stiff(ITEM)]),
    "stiffness_across_a_neuron": (NEURON, [CORNER, stiff(NEURON_ITEM)]),
    "stiffness_on_one_support": (HALVES, [at((1, 0), (1, 0)), stiff(ONE)]),
    "stiffness_of_one_factor": (
        statement(full(1, 2)),
        [at((1, 2)), stiff({**ITEM, "support": [[0, 1]], "vector": [1, 0]})],
    ),
    "distinct_paths": (BUTTERFLY, [DISTINCT_PATHS]),
    "kronecker_sparse": (BUTTERFLY, [KRONECKER]),
    "peeling_of_an_arrow": (ARROW, [PEEL]),
    "peeling_at_a_point": (ARROW, [ARROW_POINT, PEEL]),
    "peeling_at_a_zero": (ARROW, [at((1, 2, 3, 4), (5, 6, 7, 0)), PEEL]),
    "peeling_of_three_factors": (THREE, [PEEL_THREE]),
}


def second(kind, reason):
    return f"claims[1] ('{kind}'): {reason}"


def of(found, point, evidence, reason):
    """A claim about a point."""
    return on(found, [point, evidence], second(evidence["kind"], reason))


def told(**at_section):
    """A result about the point of `stiffness_across_the_scale`."""
    return {
        "schema": RESULT,
        "statement_sha256": "HASH",
        "equivalence": "scale",
        "case": {"K": 2, "parameters": [2, 2], "product_shape": [2, 2]},
        "at": {"h": CORNER["h"], **at_section},
    }


NO_UPPER = "stiffness: the vector shows no such upper end"
NOT_DOMINANT = "psd: scale*M - L*L^T is not diagonally dominant"

REJECTED = {
    "point_outside_the_model": on(HALVES, [at((1, 1), (1, 0))], claim("point", "point: not in the model")),
    "point_twice": of(OUTER, CORNER, CORNER, "point: a second one"),
    "point_rank_without_a_point": on(OUTER, [rank(3, ALL)], claim("point-rank", "no point was given before")),
    "point_rank_on_another_support": of(HALVES, CORNER, rank(2, [[1], [0, 1]]), "support: does not hold the point"),
    "point_rank_above_the_rank": of(COLLIDE, DOUBLE, rank(3, ALL), "point-rank: the rank modulo the prime is 2"),
    "point_rank_with_room_for_more": of(
        COLLIDE, at((1, 2), (1, 3)), rank(2, ALL), "point-rank: the kernel leaves room for a rank of 3"
    ),
    "point_rank_of_vectors_outside_the_kernel": of(
        COLLIDE,
        at((1, 2), (1, 3)),
        rank(2, ALL, [[1, 0, 0, 0]]),
        "point-rank: a vector is not in the kernel of the Jacobian",
    ),
    "stiffness_without_a_point": on(OUTER, [stiff(ITEM)], claim("stiffness", "no point was given before")),
    "stiffness_of_a_support_left_out": of(
        HALVES, at((0, 0), (1, 0)), stiff(ONE), "stiffness: not the supports that hold the point"
    ),
    "stiffness_of_a_zero_factor": of(
        OUTER, at((0, 0), (1, 0)), stiff(ITEM), "stiffness: a factor is zero at the point"
    ),
    "stiffness_of_a_parameter_on_no_path": of(
        DEAD,
        at((1, 0, 1), (1, 0)),
        stiff({**ITEM, "support": [[0, 1, 2], [0, 1]]}),
        "stiffness: a parameter of the support lies on no path of it",
    ),
    "stiffness_of_many_parameters": of(
        WIDE,
        at([1] + [0] * 1_000),
        stiff({**ITEM, "support": [list(range(1_001))]}),
        "stiffness: more parameters than the checker takes",
    ),
    "stiffness_of_a_negative_weight": of(
        OUTER, CORNER, stiff({**ITEM, "weight": "-2"}), "stiffness: a bound is not positive"
    ),
    "stiffness_of_zero": of(OUTER, CORNER, stiff({**ITEM, "lower": "0"}), "stiffness: a bound is not positive"),
    "stiffness_too_high": of(OUTER, CORNER, stiff({**ITEM, "lower": "3/2"}), NOT_DOMINANT),
    "stiffness_of_too_small_a_weight": of(OUTER, CORNER, stiff({**ITEM, "weight": "1/2"}), NOT_DOMINANT),
    "stiffness_at_a_double_root": of(COLLIDE, DOUBLE, stiff({**ITEM, "lower": "1/9"}), NOT_DOMINANT),
    "stiffness_along_the_scale": of(
        OUTER, CORNER, stiff({**ITEM, "vector": [1, 0, -1, 0]}), "stiffness: the vector is in the kernel"
    ),
    "stiffness_upper_end_too_low": of(OUTER, CORNER, stiff({**ITEM, "upper": "99/100"}), NO_UPPER),
    "distinct_paths_that_meet": on(
        ARROW, [DISTINCT_PATHS], claim("distinct-paths", "distinct-paths: two paths share both ends")
    ),
    "distinct_paths_of_a_scale": on(
        DENSE, [DISTINCT_PATHS], claim("distinct-paths", "the equivalence is not neuron-scale")
    ),
    "distinct_paths_with_data": on(
        WITH_DATA, [DISTINCT_PATHS], claim("distinct-paths", "the product is multiplied by data")
    ),
    "kronecker_sparse_of_nothing": on(
        BUTTERFLY,
        [{**KRONECKER, "factors": [[1, 2, 2, 0], [2, 2, 2, 1]]}],
        claim("kronecker-sparse", "factors: not four positive integers"),
    ),
    "kronecker_sparse_of_another_shape": on(
        BUTTERFLY,
        [{**KRONECKER, "factors": [[1, 2, 4, 1], [2, 2, 2, 1]]}],
        claim("kronecker-sparse", "kronecker-sparse: another shape"),
    ),
    "kronecker_sparse_with_an_entry_missing": on(
        {**BUTTERFLY, "factors": [pattern((4, 4), BUTTERFLY["factors"][0]["entries"][1:]), BUTTERFLY["factors"][1]]},
        [KRONECKER],
        claim("kronecker-sparse", "kronecker-sparse: another number of entries"),
    ),
    "kronecker_sparse_of_the_other_factor": on(
        BUTTERFLY,
        [{**KRONECKER, "factors": [[2, 2, 2, 1], [2, 2, 2, 1]]}],
        claim("kronecker-sparse", "kronecker-sparse: an entry outside"),
    ),
    "kronecker_sparse_dense_factors": on(
        NEURAL_DENSE,
        [{**KRONECKER, "factors": [[1, 2, 2, 1], [1, 2, 2, 1]]}],
        claim("kronecker-sparse", "kronecker-sparse: two factors do not chain with q = 1"),
    ),
    "peeling_of_a_family": on(
        {**ARROW, "model": supports([[0, 1, 2, 3], [0, 1, 2, 3]])},
        [PEEL],
        claim("peeling", "peeling: the model has supports"),
    ),
    "peeling_of_equal_blocks": on(
        NEURAL_DENSE, [PEEL], claim("peeling", "peeling: what is seen of a block does not determine it")
    ),
    "peeling_without_a_neuron": on(
        ARROW, [{**PEEL, "splits": [[0, 1, 2, [0]]]}], claim("peeling", "peeling: not all neurons, each once")
    ),
    "peeling_of_a_neuron_twice": on(
        ARROW, [{**PEEL, "splits": [[0, 1, 2, [0, 1, 1]]]}], claim("peeling", "peeling: not all neurons, each once")
    ),
    "peeling_of_the_wrong_factors": on(
        THREE,
        [{**PEEL_THREE, "splits": [[0, 1, 3, [0, 1]], [0, 1, 2, [0, 1]]]}],
        claim("peeling", "peeling: a split of other factors"),
    ),
    "peeling_split_at_the_end": on(
        ARROW, [{**PEEL, "splits": [[0, 0, 2, [0, 1]]]}], claim("peeling", "peeling: a split outside its factors")
    ),
    "peeling_with_a_split_too_many": on(
        ARROW,
        [{**PEEL, "splits": [*PEEL["splits"], [0, 1, 2, [0, 1]]]}],
        claim("peeling", "peeling: more splits than factors"),
    ),
    "peeling_with_a_split_too_few": on(
        THREE, [{**PEEL_THREE, "splits": PEEL_THREE["splits"][:1]}], claim("peeling", "splits: not a list")
    ),
    "result_about_other_parameters": edit(
        "stiffness_across_the_scale",
        reason="result: about other parameters",
        result={**told(), "at": {"h": [["1", "0"], ["0", "1"]]}},
    ),
    "result_about_parameters_not_given": edit(
        "trivial_kernel_of_an_outer_product",
        reason="result: the certificate is about no given parameters",
        result=told(),
    ),
    "result_stiffer_than_proved": edit(
        "stiffness_across_the_scale",
        reason="result: at.stiffness is not proved",
        result=told(stiffness=["2", "2"]),
    ),
    "result_with_too_large_a_radius": edit(
        "stiffness_across_the_scale", reason="result: at.radius is not proved", result=told(radius="1/6")
    ),
    "result_with_a_verdict_at_the_point": edit(
        "stiffness_across_the_scale", reason="result: at.verdict is not proved", result=told(verdict="yes")
    ),
    "result_with_a_number_at_the_point": edit(
        "stiffness_across_the_scale",
        reason="result: 'at.distance' is a number that is not proved",
        result=told(distance=3),
    ),
}
ACCEPTED["trivial_kernel_of_an_outer_product"] = (OUTER, [{"kind": "trivial-kernel", "prime": P}])

MALFORMED = {
    "point_with_another_key": on(OUTER, [{**CORNER, "note": "x"}], claim("point", "point: unknown key 'note'")),
    "point_rank_with_another_key": of(OUTER, CORNER, {**rank(3, ALL), "note": "x"}, "point-rank: unknown key 'note'"),
    "stiffness_with_another_key": of(OUTER, CORNER, {**stiff(ITEM), "note": "x"}, "stiffness: unknown key 'note'"),
    "stiffness_item_with_another_key": of(OUTER, CORNER, stiff({**ITEM, "note": "x"}), "item: unknown key 'note'"),
    "stiffness_of_a_short_vector": of(OUTER, CORNER, stiff({**ITEM, "vector": [1]}), "vector: 1 items, expected 4"),
    "distinct_paths_with_another_key": on(
        BUTTERFLY, [{**DISTINCT_PATHS, "note": "x"}], claim("distinct-paths", "distinct-paths: unknown key 'note'")
    ),
    "kronecker_sparse_with_another_key": on(
        BUTTERFLY, [{**KRONECKER, "note": "x"}], claim("kronecker-sparse", "kronecker-sparse: unknown key 'note'")
    ),
    "peeling_with_another_key": on(ARROW, [{**PEEL, "note": "x"}], claim("peeling", "peeling: unknown key 'note'")),
    "peeling_neuron_in_a_string": on(
        ARROW, [{**PEEL, "splits": [[0, 1, 2, ["0", 1]]]}], claim("peeling", "peeling: not all neurons, each once")
    ),
}
