"""Coverings of the kernel's sphere: one item a rule, a pencil with cells, and forgeries."""

from accepted_items import EYE, FREE, IDENTITY, NEURONS, NONNEGATIVE, P, operator, statement, supports
from existence_items import COMPLEX, POSITIVE, rows, three
from refused_items import MANY, claim, edit, on

ALL = [[0], [1], [2]]
PAIRS = [[[0], [1]]] * 3


def cover(kernel, cells, left, right=None):
    item = {"left": left, "right": right or left, "kernel": kernel, "cells": cells}
    return {"kind": "kernel-cover", "prime": P, "items": [item]}


def far(gamma, *arguments):
    """The same with a bound of gamma."""
    return {**cover(*arguments), "gamma": gamma}


def box(*sizes):
    return [list(range(n)) for n in sizes]


CROSS = ["cross", [[0, 1], [1, 0]], [[0, 0], [1, 1]]]
BY_CROSS = cover([[0, 1, 1, 0]], [[CROSS]], box(2, 2))
MINOR = ["minor", [0], ALL, ALL]
DET = ["det", ALL, PAIRS]
FORMS = ["forms", ALL, PAIRS]
CYCLE = ["cycle", [0], [[0], [1]], ALL]
ALONE = ["alone", [0, 0], [1, 0]]
CUBE = box(2, 2, 2)
# kernels: all real cubes Re z (e_0 + i e_1)^3; e_000 + e_111; e_000 + e_001 - e_110 + e_111
CUBES = three((2, 2, 2), rows("000+011", "011-101", "101-110", "001+111", "001-010", "010-100"))
RE, IM = [1, 0, 0, -1, 0, -1, -1, 0], [0, 1, 1, 0, 1, 0, 0, -1]
SUM = {**three((2, 2, 2), rows("001", "010", "100", "011", "101", "110", "000-111")), "model": POSITIVE}
MIXED = {**three((2, 2, 2), rows("010", "100", "011", "101", "000-001", "110+111", "000-111")), "model": POSITIVE}
# kernel: columns (1, 0), (-1, 2), (-1, -2) of two rows, which go round
ROUND = statement(
    *operator(
        (2, 3),
        [[0, 0, 0, 1, 0, 0], [0, 1, -1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1], [2, 0, 0, 0, -1, 0]],
    ),
    model=POSITIVE,
)
# kernel: e_00 + e_10, row 0 for h and row 1 for g
ROWS = statement(
    *operator((2, 2), [[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, -1, 0]]),
    model=supports([[0], [0, 1]], [[1], [0, 1]], sign="nonnegative"),
)
BY_ROWS = cover([[1, 0, 1, 0]], [[ALONE]], [[0], [0, 1]], [[1], [0, 1]])
# kernel: -e_00 + e_01 + e_10 - e_11, of rank one, and at 1/2 of its norm from non-negative differences
SADDLE = statement(*operator((2, 2), [[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]]), model=POSITIVE)
# four cells of each face
HALVES = [[k, k, DET, DET, k, DET, DET] for k in (1, 0)]
BY_CELLS = cover([RE, IM], HALVES, CUBE)

ACCEPTED = {
    "cover_by_a_cross": (NONNEGATIVE, [BY_CROSS]),
    "cover_by_a_minor": (IDENTITY, [cover([[1, 0, 0, 0, 1, 0, 0, 0, 1]], [[MINOR]], box(3, 3))]),
    "cover_by_a_determinant": (COMPLEX, [cover([RE], [[DET]], CUBE)]),
    "cover_by_cells": (CUBES, [BY_CELLS]),
    "cover_by_forms": (SUM, [cover([[1, 0, 0, 0, 0, 0, 0, 1]], [[FORMS]], CUBE)]),
    "cover_by_a_form_of_two_signs": (MIXED, [cover([[1, 1, 0, 0, 0, 0, -1, 1]], [[FORMS]], CUBE)]),
    "cover_by_a_cycle": (ROUND, [cover([[1, -1, -1, 0, 2, -2]], [[CYCLE]], box(2, 3))]),
    "cover_of_two_supports": (ROWS, [BY_ROWS]),
    "cover_by_a_cross_at_a_distance": (SADDLE, [far("201/100", [[-1, 1, 1, -1]], [[CROSS]], box(2, 2))]),
    "cover_by_a_minor_at_a_distance": (IDENTITY, [far("301/100", [EYE], [[MINOR]], box(3, 3))]),
    "cover_by_forms_at_a_distance": (SUM, [far("201/100", [[1, 0, 0, 0, 0, 0, 0, 1]], [[FORMS]], CUBE)]),
    "cover_by_a_cycle_at_a_distance": (ROUND, [far("41/10", [[1, -1, -1, 0, 2, -2]], [[CYCLE]], box(2, 3))]),
    "cover_by_cells_at_a_distance": (CUBES, [far("100", [RE, IM], HALVES, CUBE)]),
}

UNCERTAIN = "the signs are not certain on a cell"


def cells(base, found, reason):
    """The cells of an accepted item replaced."""
    return edit(base, (("claims", 0, "items", 0, "cells"), found), reason=claim("kernel-cover", reason))


REJECTED = {
    # -- cells that do not cover
    "cover_with_a_half_left_out": cells(
        "cover_by_cells", [[1, 1, DET, DET], HALVES[1]], "cells: a part of a face is in none"
    ),
    "cover_with_a_face_left_out": cells("cover_by_cells", HALVES[:1], "cells: 1 items, expected 2"),
    "cover_with_an_empty_face": cells("cover_by_cells", [[], HALVES[1]], "cells: a part of a face is in none"),
    "cover_with_a_cell_too_many": cells(
        "cover_by_cells", [[*HALVES[0], DET], HALVES[1]], "cells: more than the face has"
    ),
    "cover_that_halves_a_face_across": cells(
        "cover_by_cells", [HALVES[1], HALVES[1]], "cells: an interval that cannot be halved"
    ),
    "cover_that_halves_too_often": cells(
        "cover_by_cells", [[1] * 42, HALVES[1]], "cells: an interval that cannot be halved"
    ),
    "cover_of_too_many_cells": cells("cover_by_cells", [[1] * 20_001, HALVES[1]], "cells: more than the checker takes"),
    "cover_of_an_unknown_coordinate": cells(
        "cover_by_cells", [[2, DET, DET], HALVES[1]], "cells: not an integer in 0..1"
    ),
    # -- signs that are not there
    "cover_by_a_determinant_of_a_whole_face": cells("cover_by_cells", [[DET], HALVES[1]], f"det: {UNCERTAIN}"),
    "cover_by_a_determinant_of_a_difference": on(
        # e_000 - e_111 is one
        three((2, 2, 2), rows("001", "010", "100", "011", "101", "110", "000+111")),
        [cover([[1, 0, 0, 0, 0, 0, 0, -1]], [[DET]], CUBE)],
        claim("kernel-cover", f"det: {UNCERTAIN}"),
    ),
    "cover_by_forms_of_a_difference": on(
        {**three((2, 2, 2), rows("001", "010", "100", "011", "101", "110", "000+111")), "model": POSITIVE},
        [cover([[1, 0, 0, 0, 0, 0, 0, -1]], [[FORMS]], CUBE)],
        claim("kernel-cover", f"forms: {UNCERTAIN}"),
    ),
    "cover_by_a_minor_that_vanishes": cells(
        "cover_by_a_determinant",
        [[["minor", [0], [[0], [1], [1]], [[0, 0], [0, 1], [1, 0]]]]],
        "minor: a row or column twice",
    ),
    "cover_by_a_cross_reversed": cells(
        "cover_by_a_cross", [[["cross", [[0, 0], [1, 1]], [[0, 1], [1, 0]]]]], f"cross: {UNCERTAIN}"
    ),
    "cover_by_a_cross_of_other_indices": cells(
        "cover_by_a_cross",
        [[["cross", [[0, 1], [0, 1]], [[0, 0], [1, 1]]]]],
        "cross: other indices on one side than on the other",
    ),
    "cover_by_a_cross_of_nothing": cells(
        "cover_by_a_cross", [[["cross", [], []]]], "cross: other indices on one side than on the other"
    ),
    "cover_by_a_cycle_of_the_other_rows": cells(
        "cover_by_a_cycle", [[["cycle", [0], [[0], [0]], ALL]]], "cycle: a row or column twice"
    ),
    "cover_by_entries_that_both_have_a_say_in": cells(
        "cover_by_a_cross", [[["alone", [0, 1], [1, 0]]]], "alone: an entry that both or none have a say in"
    ),
    "cover_by_entries_of_allowed_signs": on(
        {
            **ROWS,
            "factors": statement(*operator((2, 2), [[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 1, 0]]))["factors"],
        },
        [cover([[1, 0, -1, 0]], [[ALONE]], [[0], [0, 1]], [[1], [0, 1]])],
        claim("kernel-cover", f"alone: {UNCERTAIN}"),
    ),
    # -- rules of other models
    "cover_by_a_cross_of_real_parameters": edit(
        "cover_by_a_cross",
        (("statement", "model"), FREE),
        reason=claim("kernel-cover", "cross: the model is not non-negative"),
    ),
    "cover_by_a_rule_without_a_name": cells(
        "cover_by_a_cross", [[["", [], []]]], "cells: not one of minor, det, alone, cross, cycle, forms"
    ),
    "cover_of_neurons": on(NEURONS, [BY_CROSS], claim("kernel-cover", "kernel-cover: the equivalence is not scale")),
    "cover_of_too_large_a_family": on(
        {**MANY, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [BY_CROSS],
        claim("kernel-cover", "more supports than are compared"),
    ),
    "cover_of_one_pair_of_supports": on(
        ROWS,
        [{**BY_ROWS, "items": []}],
        claim("kernel-cover", "a pair of supports with a kernel is in no item"),
    ),
}
# -- bounds of gamma that are too good
NEARER = {
    "cross": ("2", f"cross: {UNCERTAIN}"),
    "minor": ("3", f"minor: {UNCERTAIN}"),
    "forms": ("2", f"forms: {UNCERTAIN}"),
    "cycle": ("4", f"cycle: {UNCERTAIN}"),
}
REJECTED |= {
    f"cover_by_{'' if rule == 'forms' else 'a_'}{rule}_too_far_away": edit(
        f"cover_by_{'' if rule == 'forms' else 'a_'}{rule}_at_a_distance",
        (("claims", 0, "gamma"), gamma),
        reason=claim("kernel-cover", reason),
    )
    for rule, (gamma, reason) in NEARER.items()
}
REJECTED |= {
    "cover_by_a_determinant_too_far_away": edit(
        "cover_by_cells_at_a_distance",
        (("claims", 0, "gamma"), "2"),
        reason=claim("kernel-cover", f"det: {UNCERTAIN}"),
    ),
    "cover_at_no_distance": edit(
        "cover_by_cells_at_a_distance",
        (("claims", 0, "gamma"), "0"),
        reason=claim("kernel-cover", "gamma: less than 1"),
    ),
    "cover_at_a_distance_from_two_supports": on(
        ROWS,
        [{**BY_ROWS, "gamma": "100"}],
        claim("kernel-cover", "kernel-cover: a bound of gamma where the model has supports"),
    ),
}
MALFORMED = {}
