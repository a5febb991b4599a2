"""Shift counts behind strides and with several outputs."""

from accepted_items import STRIDE, shift_counts, statement, taps
from refused_items import claim, edit, on

# six cells, each fourth kept: two cells are seen through shifts 0 and 3, one through 1 and 2
UNEVEN = statement(taps(6, 0, 1, 2, 3, boundary="zero", stride=4))
# shifts 0, 1, 2, 2, 3, 4 of three cells, each second kept: squares 2, 1, 4, 1, 2
MEET = statement(taps(3, 0, 1, boundary="zero"), taps(3, 0, 1, 2, boundary="zero", stride=2))
# one cell, which the second tap moves to a place that is not kept
PASSED = statement(taps(1, 0, 1, boundary="zero", stride=2))
OUTPUTS = statement(taps(4, (0, 0, 0), (1, 0, 1), nodes=(2, 1)), taps(4, 0, 1))
# (1 + z + z^2)^12 on four cells, each third kept: 2 at both ends, 2 times 73789 in the middle
POWER = statement(
    taps(26, 0, 1, 2, boundary="zero", stride=3),
    *(taps(n, 0, 1, 2, boundary="zero") for n in range(24, 3, -2)),
)
FAR = statement(taps(1, 0, boundary="zero", stride=2**39), taps(2, 0, boundary="zero", stride=2**39))

ACCEPTED = {
    "shift_counts_strided": (STRIDE, [shift_counts(["2", "2"], ["2", "2"])]),
    "shift_counts_strided_norms": (UNEVEN, [shift_counts(["1", "1"], ["1414/1000", "1415/1000"])]),
    "shift_counts_strided_collide": (MEET, [shift_counts(["1", "1"], ["2", "2"])]),
    "shift_counts_passed_over": (PASSED, [shift_counts(["1", "1"], ["1", "1"])]),
    "shift_counts_two_outputs": (OUTPUTS, [shift_counts(["2", "2"], ["2", "2"])]),
    "shift_counts_strided_packed": (POWER, [shift_counts(["141/100", "142/100"], ["384", "385"])]),
}

REJECTED = {
    "shift_counts_strides_without_end": on(
        FAR,
        [shift_counts(["0", "inf"], ["0", "inf"])],
        claim("shift-counts", f"shift-counts: strides of more than {2**40} in all"),
    ),
    "shift_counts_norms_taken_as_one": edit(
        "shift_counts_strided_norms",
        (("claims", 0, "sigma_min"), ["14/10", "2"]),
        reason=claim("shift-counts", "shift-counts: sigma_min is not sqrt(N c)"),
    ),
    "shift_counts_all_cells_behind_a_stride": edit(
        "shift_counts_strided",
        (("claims", 0, "sigma_max"), ["28/10", "29/10"]),
        reason=claim("shift-counts", "shift-counts: sigma_max is not sqrt(N c)"),
    ),
}
