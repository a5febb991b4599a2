"""Sums of squares on boxes alone, and row solutions over one denominator."""

from accepted_items import ACCEPTED as FIRST
from accepted_items import GOLDEN, statement, taps, terms
from bounds_items import QUARTIC_KAPPA
from refused_items import DROP, claim, edit, on

ITEM = QUARTIC_KAPPA["items"][0]
KAPPA = {**{name: QUARTIC_KAPPA[name] for name in ("target", "lambda", "bound", "items")}, "kind": "quartic-boxes"}
# W = [[2, 1], [1, 1]], and Y = W^-1 C makes the form the identity
GAMMA = {
    **KAPPA,
    "target": "gamma",
    "lambda": "1",
    "bound": "1",
    "items": [{**ITEM, "scale": 1, "L": [[0], [0, 0], [0, 0, 0]], "unit": 1, "Y": [[1, -1], [0, 1]]}],
}
LOOSE = {
    **GAMMA,
    "lambda": "1/2",
    "bound": "3/2",
    "items": [{**GAMMA["items"][0], "unit": 8, "Y": [[8, -8], [1, 7]]}],
}
WIDE = statement(terms((1, 1), 201, *([i, 0, 0, "1"] for i in range(201))))
SOLVED, (ROW_SOLUTION,) = FIRST["difference_row_solution"]
TWICE = {"numerators": [0, 0, 0, 0, 0, 0, 1, "0x2"], "denominator": 3}
ACCEPTED = {
    "quartic_boxes_kappa": (GOLDEN, [KAPPA]),
    "quartic_boxes_gamma": (GOLDEN, [GAMMA]),
    "quartic_boxes_gamma_of_a_form_below": (GOLDEN, [LOOSE]),
    "difference_of_one_denominator": (SOLVED, [{**ROW_SOLUTION, "row_solution": TWICE}]),
}
NAME = "quartic-boxes"
REJECTED = {
    "quartic_boxes_of_responses": on(
        statement(taps(4, 0, 1)), [GAMMA], claim(NAME, "quartic-boxes: the rows are responses")
    ),
    "quartic_boxes_of_many_coordinates": on(
        WIDE,
        [{**KAPPA, "items": [{**ITEM, "left": [list(range(201))], "right": [[0]]}]}],
        claim(NAME, "quartic-boxes: more coordinates than the checker takes"),
    ),
    "quartic_boxes_with_a_unit_of_zero": edit(
        "quartic_boxes_gamma", (("claims", 0, "items", 0, "unit"), 0), reason=claim(NAME, "unit: not positive")
    ),
    "quartic_boxes_with_a_wrong_projection": edit(
        "quartic_boxes_gamma",
        (("claims", 0, "items", 0, "Y", 0, 0), 2),
        reason=claim(NAME, "item: what the squares leave is not dominated by its diagonal"),
    ),
    "quartic_boxes_of_a_larger_unit": edit(
        "quartic_boxes_gamma",
        (("claims", 0, "items", 0, "unit"), 2),
        reason=claim(NAME, "item: what the squares leave is not dominated by its diagonal"),
    ),
    "quartic_boxes_without_a_pair": edit(
        "quartic_boxes_gamma",
        (("claims", 0, "items"), []),
        reason=claim(NAME, "quartic: a pair of supports is in no item"),
    ),
    "difference_of_a_denominator_of_zero": edit(
        "difference_of_one_denominator",
        (("claims", 0, "row_solution", "denominator"), 0),
        reason=claim("difference", "row_solution.denominator: not positive"),
    ),
    "difference_of_another_denominator": edit(
        "difference_of_one_denominator",
        (("claims", 0, "row_solution", "denominator"), 2),
        reason=claim("difference", "row_solution: does not solve A A^T y = A T"),
    ),
}
MALFORMED = {
    "quartic_boxes_with_another_key": edit(
        "quartic_boxes_kappa",
        (("claims", 0, "note"), "x"),
        reason=claim(NAME, "quartic-boxes: unknown key 'note'"),
    ),
    "quartic_boxes_of_a_number": edit(
        "quartic_boxes_kappa", (("claims", 0, "items", 0), 3), reason=claim(NAME, "item: not an object")
    ),
    "quartic_boxes_without_a_side": edit(
        "quartic_boxes_kappa", (("claims", 0, "items", 0, "left"), DROP), reason=claim(NAME, "left: not a list")
    ),
    "difference_without_a_denominator": edit(
        "difference_of_one_denominator",
        (("claims", 0, "row_solution", "denominator"), DROP),
        reason=claim("difference", "row_solution: missing key 'denominator'"),
    ),
}
