"""Claims of existence: enclosures, witnesses in number fields, dimension counts."""

from accepted_items import COLLIDE, DISTINCT, EYE, FREE, IDENTITY, NEURONS, NONNEGATIVE, P, operator, statement, terms
from refused_items import DROP, claim, edit, on

SIGNED = {**NONNEGATIVE, "model": FREE}
POSITIVE = {"kind": "free", "sign": "nonnegative"}


def three(sizes, rows):
    """Three factors with a given lifting: h_1 as a row, then h_1 (x) h_2, then `rows`, dicts (i, j, k) -> integer."""
    a, b, c = sizes
    return statement(
        terms((1, a), a, *([i, 0, i, "1"] for i in range(a))),
        terms((a, a * b), b, *([j, i, i * b + j, "1"] for i in range(a) for j in range(b))),
        terms((a * b, len(rows)), c, *([k, i * b + j, n, str(x)] for n, r in enumerate(rows) for (i, j, k), x in r)),
    )


def rows(*found):
    """Rows of a lifting of order two by two by two: "011-101" is e_011 - e_101."""
    return [[(tuple(map(int, s[-3:])), -1 if s[0] == "-" else 1) for s in _signed(row)] for row in found]


def _signed(row):
    return row.replace("-", " -").replace("+", " ").split()


# T_00 + T_11, T_01 - T_10, and what follows from both: (1, x) (x) (1, x) and 3 e_0 (x) e_0 where x^2 = 2
ROOT = statement(*operator((2, 2), [[1, 0, 0, 1], [0, 1, -1, 0], [1, 1, -1, 1]]))
# two rows more: the kernel is trivial
FULL = statement(*operator((2, 2), [[1, 0, 0, 1], [0, 1, -1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]))
# T_01 and T_10
CORNERS = statement(*operator((2, 2), [[0, 1, 0, 0], [0, 0, 1, 0]]))
# kernels: e_001 + e_010 + e_100, of rank three, and Re (e_0 + i e_1)^3, of rank two over C alone
TANGENT = three((2, 2, 2), rows("000", "011", "101", "110", "111", "001-010", "010-100"))
COMPLEX = three((2, 2, 2), rows("001", "010", "100", "111", "000+011", "011-101", "101-110"))

SQRT2 = {
    "kind": "enclosure",
    "h": [["1", "707/500"], ["1", "707/500"]],
    "g": [["3", "0"], ["1", "0"]],
    "solved": [[0, 0, 1], [0, 1, 1]],
    "radius": "1/1000",
    "bits": 64,
    "equations": [0, 1],
    "relations": [[1, 1, -1]],
    "prime": P,
    "preconditioner": [[354, -500], [354, "0x1f4"]],
    "scale": 1000,
    "coordinate": [1, 1],
}
BY_SIGNS = {
    **SQRT2,
    "h": [["1", "1"], ["1", "1"]],
    "g": [["1", "-1"], ["1", "-1"]],
    "solved": [[0, 0, 0], [0, 0, 1], [0, 1, 0]],
    "radius": "1/100",
    "bits": 16,
    "equations": [0, 1, 2],
    "relations": [],
    "preconditioner": [[1, 1, 1], [0, 0, 2], [1, -1, -1]],
    "scale": 2,
    "coordinate": [0, 1],
}
# (1 + 2 z)(1 + 3 z) and (1 + 3 z)(1 + 2 z)
POLYNOMIALS = {
    **BY_SIGNS,
    "h": [["1", "2"], ["1", "3"]],
    "g": [["1", "3"], ["1", "2"]],
    "preconditioner": [[-6, 3, -1], [0, 0, 1], [9, -3, 1]],
    "scale": 3,
}
# no equation speaks of the coordinate (0, 0)
APART = {
    **SQRT2,
    "h": [["1", "0"], ["1", "0"]],
    "g": [["2", "0"], ["1", "0"]],
    "solved": [[0, 1, 1], [0, 0, 1]],
    "radius": "1/16",
    "relations": [],
    "preconditioner": [[1, 0], [0, 1]],
    "scale": 1,
    "coordinate": [0, 0],
}
# one class under neuron-scale, as the coordinate (0, 1) joins two neurons
TWO_NEURONS = {
    **APART,
    "h": [["1", "0", "0"], ["1", "1", "0"]],
    "g": [["2", "0", "0"], ["1/2", "1", "0"]],
    "solved": [[0, 0, 0]],
    "equations": [0],
    "preconditioner": [[1]],
    "coordinate": [0, 1],
}

ONE, T, NONE = ["1"], ["0", "1"], []
FIELD = {
    "kind": "field-witness",
    "polynomial": [-2, 0, 1],
    "root": ["7/5", "3/2"],
    "h": [[ONE, T], [ONE, T]],
    "g": [[["3"], NONE], [ONE, NONE]],
    "coordinate": [0, 1],
    "inverse": ["0", "1/2"],
    "centre": {"h": [["1", "99/70"], ["1", "99/70"]], "g": [["3", "0"], ["1", "0"]]},
    "radius": "1/10",
}
OVER_C = {"root": None, "centre": None, "radius": None}
CUBES = {
    **FIELD,
    **OVER_C,
    "polynomial": [1, 0, 1],
    "h": [[["1/2"], ["0", "1/2"]], [ONE, T], [ONE, T]],
    "g": [[["-1/2"], ["0", "1/2"]], [ONE, ["0", "-1"]], [ONE, ["0", "-1"]]],
    "coordinate": [0, 0, 0],
    "inverse": ["1"],
}
# rational numbers are a field, too: the root of t - 1
SIGNS = {
    **FIELD,
    "polynomial": [-1, 1],
    "root": ["0", "2"],
    "h": [[ONE, ONE], [ONE, ONE]],
    "g": [[ONE, ["-1"]], [ONE, ["-1"]]],
    "inverse": ["1/2"],
    "centre": {"h": [["1", "1"], ["1", "1"]], "g": [["1", "-1"], ["1", "-1"]]},
}
SAME_NEURONS = {
    **SIGNS,
    "h": [[ONE] * 3, [ONE] * 3],
    "g": [[["2"], ONE, ONE], [["1/2"], ONE, ONE]],
    "coordinate": [0, 1],
    "inverse": ["-1"],
    "centre": {"h": [["1"] * 3] * 2, "g": [["2", "1", "1"], ["1/2", "1", "1"]]},
}

# the kernel is spanned by the identity and a permutation of order three
PENCIL = statement(
    *operator(
        (3, 3),
        [
            [1, 0, 0, 0, -1, 0, 0, 0, 0],
            [0, 0, 0, 0, 1, 0, 0, 0, -1],
            [0, 1, 0, 0, 0, -1, 0, 0, 0],
            [0, 0, 0, 0, 0, 1, -1, 0, 0],
            [0, 0, 1, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 1, 0],
        ],
    )
)
CYCLE = [0, 1, 0, 0, 0, 1, 1, 0, 0]
BOX3 = [[0, 1, 2], [0, 1, 2]]
COUNT = {"kind": "dimension-count", "prime": P, "support": BOX3, "kernel": [EYE, CYCLE]}
SMALL_COUNT = {**COUNT, "support": [[0, 1], [0, 1]], "kernel": [[0, 1, -1, 0]]}


def sparse(found, *sparsity):
    return {**found, "model": {"kind": "sparse", "sign": "real", "sparsity": list(sparsity)}}


ACCEPTED = {
    "enclosure_of_a_square_root": (ROOT, [SQRT2]),
    "enclosure_of_a_nonnegative_root": ({**ROOT, "model": POSITIVE}, [SQRT2]),
    "enclosure_by_signs": (SIGNED, [BY_SIGNS]),
    "enclosure_path_scale": ({**COLLIDE, "equivalence": "path-scale"}, [POLYNOMIALS]),
    "enclosure_of_two_equations": (CORNERS, [APART]),
    "field_witness_of_a_square_root": (ROOT, [FIELD]),
    "field_witness_of_a_nonnegative_root": ({**ROOT, "model": POSITIVE}, [FIELD]),
    "field_witness_over_c_of_order_three": (COMPLEX, [CUBES]),
    "field_witness_of_degree_one": (SIGNED, [SIGNS]),
    "dimension_count_of_a_pencil": (PENCIL, [COUNT]),
    "dimension_count_in_a_support": (
        {**COLLIDE, "model": {"kind": "supports", "sign": "real", "supports": [[[0, 1], [0, 1]], [[0], [0]]]}},
        [SMALL_COUNT],
    ),
}


def forged(base, reason, **changes):
    """The claim of an accepted item with other values at some keys."""
    (found,) = ACCEPTED[base][1]
    edits = [(("claims", 0, key), value) for key, value in changes.items()]
    return edit(base, *edits, reason=claim(found["kind"], reason))


INTERIOR = "enclosure: the box is not mapped into its interior"
NO_ENCLOSED_GAP = "enclosure: the coordinate does not tell the classes apart"
BOX_OUTSIDE = "enclosure: the box is not in the model"
NO_FIELD_GAP = "field-witness: the coordinate does not tell the classes apart"
FAR = "centre: farther from the root's value than the radius"
TWO_RELATIONS = {**SQRT2, "relations": [[0, 0, 1, 0], [0, 0, 0, 1]]}

REJECTED = {
    # -- boxes without a solution
    "enclosure_radius_too_small": forged("enclosure_of_a_square_root", INTERIOR, radius="1/1000000"),
    "enclosure_radius_too_large": forged("enclosure_of_a_square_root", INTERIOR, radius="10"),
    "enclosure_radius_zero": forged("enclosure_of_a_square_root", "radius: not positive", radius="0"),
    "enclosure_radius_negative": forged("enclosure_of_a_square_root", "radius: not positive", radius="-1/1000"),
    "enclosure_beside_the_solution": forged("enclosure_of_a_square_root", INTERIOR, h=[["1", "3/2"], ["1", "3/2"]]),
    "enclosure_on_its_boundary": on(
        # x = 1/16 exactly, at the end of the box about 0
        CORNERS,
        [{**APART, "g": [["2", "1/16"], ["1", "0"]]}],
        claim("enclosure", INTERIOR),
    ),
    "enclosure_preconditioner_singular": forged(
        "enclosure_of_a_square_root", INTERIOR, preconditioner=[[354, -500], [354, -500]]
    ),
    "enclosure_preconditioner_zero": forged("enclosure_of_a_square_root", INTERIOR, preconditioner=[[0, 0], [0, 0]]),
    "enclosure_preconditioner_reversed": forged(
        "enclosure_of_a_square_root", INTERIOR, preconditioner=[[-354, 500], [-354, -500]]
    ),
    "enclosure_scale_zero": forged("enclosure_of_a_square_root", "scale: not positive", scale=0),
    "enclosure_scale_negative": forged("enclosure_of_a_square_root", "scale: not positive", scale=-1000),
    "enclosure_of_few_bits": forged("enclosure_by_signs", "bits: not an integer in 16..4096", bits=15),
    "enclosure_of_too_many_bits": forged("enclosure_of_a_square_root", "bits: not an integer in 16..4096", bits=4097),
    "enclosure_in_coarse_arithmetic": forged(
        "enclosure_of_a_square_root",
        INTERIOR,
        bits=16,
        radius="1/100000",
        h=[["1", "141421/100000"], ["1", "141421/100000"]],
    ),
    # -- equations left out
    "enclosure_equation_repeated": forged("enclosure_of_a_square_root", "equations: repeated", equations=[0, 0]),
    "enclosure_variable_twice": forged("enclosure_of_a_square_root", "solved: repeated", solved=[[0, 0, 1], [0, 0, 1]]),
    "enclosure_without_variables": forged(
        "enclosure_of_a_square_root",
        "solved: not between 1 and 400 variables",
        solved=[],
        equations=[],
        preconditioner=[],
    ),
    "enclosure_of_an_unknown_equation": forged(
        "enclosure_of_a_square_root", "equations: not an integer in 0..2", equations=[0, 3]
    ),
    "enclosure_equation_forgotten": forged(
        "enclosure_of_a_square_root", "relations: 0 items, expected 1", relations=[]
    ),
    "enclosure_relation_of_other_columns": on(
        FULL, [TWO_RELATIONS], claim("enclosure", "relations: not orthogonal to a column")
    ),
    "enclosure_relation_zero": on(
        FULL,
        [{**TWO_RELATIONS, "relations": [[0, 0, 0, 0]] * 2}],
        claim("enclosure", "relations: singular modulo the prime on the rows left out"),
    ),
    "enclosure_relation_zero_modulo_the_prime": forged(
        "enclosure_of_a_square_root",
        "relations: singular modulo the prime on the rows left out",
        relations=[[3, 3, -3]],
        prime=3,
    ),
    "enclosure_relation_modulo_a_composite": forged("enclosure_of_a_square_root", "prime: 9 is not prime", prime=9),
    # -- one class, or none of the model's
    "enclosure_of_a_class_and_itself": forged("enclosure_of_two_equations", NO_ENCLOSED_GAP, g=APART["h"]),
    "enclosure_at_a_coordinate_that_agrees": forged("enclosure_of_two_equations", NO_ENCLOSED_GAP, coordinate=[1, 1]),
    "enclosure_at_a_dead_coordinate": on(NEURONS, [TWO_NEURONS], claim("enclosure", "the coordinate is not alive")),
    "enclosure_at_an_unknown_coordinate": forged(
        "enclosure_of_a_square_root", "coordinate: not an integer in 0..1", coordinate=[2, 0]
    ),
    "enclosure_of_negative_parameters": on(NONNEGATIVE, [BY_SIGNS], claim("enclosure", BOX_OUTSIDE)),
    "enclosure_that_reaches_below_zero": on({**CORNERS, "model": POSITIVE}, [APART], claim("enclosure", BOX_OUTSIDE)),
    "enclosure_outside_the_support": on(sparse(CORNERS, 1, 2), [APART], claim("enclosure", BOX_OUTSIDE)),
    # -- number fields
    "field_witness_of_another_root": forged("field_witness_of_a_square_root", NO_FIELD_GAP, polynomial=[-3, 0, 1]),
    "field_witness_products_differ": on(FULL, [FIELD], claim("field-witness", "field-witness: the products differ")),
    "field_witness_of_a_constant": forged(
        "field_witness_of_a_square_root", "polynomial: degree not in 1..40", polynomial=[1]
    ),
    "field_witness_of_a_long_polynomial": forged(
        "field_witness_of_a_square_root", "polynomial: degree not in 1..40", polynomial=[-1, *[0] * 40, 1]
    ),
    "field_witness_leading_zero": forged(
        "field_witness_of_degree_one", "polynomial: leading coefficient zero", polynomial=[-1, 1, 0]
    ),
    "field_witness_of_a_real_root_that_is_none": edit(
        "field_witness_over_c_of_order_three",
        (("claims", 0, "root"), ["-1", "1"]),
        (
            ("claims", 0, "centre"),
            {"h": [["1/2", "0"], ["1", "0"], ["1", "0"]], "g": [["-1/2", "0"], *[["1", "0"]] * 2]},
        ),
        (("claims", 0, "radius"), "1"),
        reason=claim("field-witness", "root: the polynomial does not change sign"),
    ),
    "field_witness_beside_the_root": forged(
        "field_witness_of_a_square_root", "root: the polynomial does not change sign", root=["3/2", "2"]
    ),
    "field_witness_root_reversed": forged(
        "field_witness_of_a_square_root", "root: not an interval", root=["3/2", "7/5"]
    ),
    "field_witness_root_at_an_end": forged(
        "field_witness_of_degree_one", "root: the polynomial does not change sign", root=["1", "2"]
    ),
    "field_witness_centre_too_far": forged("field_witness_of_a_square_root", FAR, radius="1/100"),
    "field_witness_centre_of_another_root": forged("field_witness_of_a_square_root", FAR, root=["-3/2", "-7/5"]),
    "field_witness_radius_zero": forged("field_witness_of_degree_one", "radius: not positive", radius="0"),
    "field_witness_of_a_wrong_inverse": forged("field_witness_of_a_square_root", NO_FIELD_GAP, inverse=["1", "1"]),
    "field_witness_of_a_class_and_itself": forged("field_witness_of_a_square_root", NO_FIELD_GAP, g=FIELD["h"]),
    "field_witness_of_a_gap_that_vanishes_at_a_root": forged(
        # t^2 - 2 t: the gap t is zero at one of its roots
        "field_witness_of_a_square_root",
        NO_FIELD_GAP,
        polynomial=[0, -2, 1],
    ),
    "field_witness_of_a_long_element": forged(
        "field_witness_of_a_square_root", "inverse: not reduced", inverse=["0", "-1/2", "0", "1/2"]
    ),
    "field_witness_with_a_zero_at_the_end": forged(
        "field_witness_of_a_square_root", "inverse: not reduced", inverse=["0", "1/2", "0"]
    ),
    "field_witness_centre_without_a_root": forged(
        "field_witness_of_a_square_root", "field-witness: a centre without a root", root=None
    ),
    "field_witness_of_two_neurons": on(NEURONS, [SAME_NEURONS], claim("field-witness", "the coordinate is not alive")),
    "field_witness_outside_the_support": on(
        sparse(ROOT, 1, 2), [FIELD], claim("field-witness", "field-witness: not in the model")
    ),
    "field_witness_of_negative_parameters": on(
        NONNEGATIVE, [SIGNS], claim("field-witness", "field-witness: a value may be negative")
    ),
    "field_witness_of_negative_parameters_over_c": on(
        NONNEGATIVE,
        [{**SIGNS, **OVER_C}],
        claim("field-witness", "field-witness: non-negative models are about real parameters"),
    ),
    # -- dimensions
    "dimension_count_of_a_tensor_of_order_three": on(
        TANGENT,
        [{**COUNT, "support": [[0, 1]] * 3, "kernel": [[0, 1, 1, 0, 1, 0, 0, 0]]}],
        claim("dimension-count", "dimension-count: not exactly two factors with several entries"),
    ),
    "dimension_count_of_one_factor": forged(
        "dimension_count_of_a_pencil",
        "dimension-count: not exactly two factors with several entries",
        support=[[0, 1, 2], [0]],
    ),
    "dimension_count_of_too_few": on(
        IDENTITY, [{**COUNT, "kernel": [EYE]}], claim("dimension-count", "dimension-count: too few vectors")
    ),
    "dimension_count_of_a_vector_twice": on(
        IDENTITY, [{**COUNT, "kernel": [EYE, EYE]}], claim("dimension-count", "kernel: dependent modulo the prime")
    ),
    "dimension_count_outside_the_support": on(
        IDENTITY,
        [{**COUNT, "support": [[0, 1], [0, 1]], "kernel": [EYE]}],
        claim("dimension-count", "kernel: outside the support"),
    ),
    "dimension_count_of_a_trivial_kernel": on(
        DISTINCT, [SMALL_COUNT], claim("dimension-count", "kernel: a vector is not in the kernel")
    ),
    "dimension_count_of_a_sparse_model": on(
        sparse(COLLIDE, 1, 1),
        [SMALL_COUNT],
        claim("dimension-count", "dimension-count: the support is not in the model"),
    ),
    "dimension_count_of_a_nonnegative_model": on(
        NONNEGATIVE,
        [{**SMALL_COUNT, "kernel": [[0, 1, 1, 0]]}],
        claim("dimension-count", "dimension-count: non-negative models are about real parameters"),
    ),
    "dimension_count_of_a_path_network": on(
        {**COLLIDE, "equivalence": "path-scale"},
        [SMALL_COUNT],
        claim("dimension-count", "dimension-count: the equivalence is not scale"),
    ),
}

MALFORMED = {
    "enclosure_with_another_key": forged("enclosure_of_a_square_root", "enclosure: unknown key 'note'", note="x"),
    "enclosure_without_a_radius": forged("enclosure_of_a_square_root", "enclosure: missing key 'radius'", radius=DROP),
    "enclosure_bits_in_a_string": forged("enclosure_of_a_square_root", "bits: not an integer in 16..4096", bits="0x40"),
    "enclosure_variable_without_a_side": forged(
        "enclosure_of_a_square_root", "solved: 2 items, expected 3", solved=[[0, 1], [0, 1]]
    ),
    "field_witness_centre_missing": forged("field_witness_of_a_square_root", "centre: not an object", centre=None),
    "field_witness_root_missing_an_end": forged(
        "field_witness_of_a_square_root", "root: 1 items, expected 2", root=["7/5"]
    ),
    "field_witness_with_another_key": forged(
        "field_witness_of_a_square_root", "field-witness: unknown key 'note'", note="x"
    ),
    "dimension_count_with_another_key": forged(
        "dimension_count_of_a_pencil", "dimension-count: unknown key 'note'", note="x"
    ),
    "dimension_count_of_a_short_vector": forged(
        "dimension_count_of_a_pencil", "kernel: 8 items, expected 9", kernel=[EYE[1:]] * 2
    ),
}
