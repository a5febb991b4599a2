"""Convolutional networks: how many multi-indices reach each shift, and the norms of their columns."""

from math import inf, prod

from ..distinct import distinct
from ..lifting import by_node, compose
from ..shifts import Shifts
from ..strict import bracket, keys, require

LISTED = 200_000
"""Multi-indices that are listed rather than packed, at most."""
MAX_PACKED = 2**31
"""Bits of the packed counts of one layer."""


def shift_counts(claim, ledger, work):
    """Columns are shifts: equal up to sign or orthogonal, so singular values are sqrt(n c), n the squared norm."""
    keys(claim, ("kind", "sigma_min", "sigma_max"), (), "shift-counts")
    statement = ledger.statement
    shifts = Shifts(statement, "shift-counts")
    require(plain_shifts(statement, work), "shift-counts: fixed taps that are not plain shifts")
    least, greatest, reached = squares(shifts, work)
    for path, square in (("sigma_min", least), ("sigma_max", greatest)):
        low, high = bracket(claim[path], path)
        require(low**2 <= square <= (high**2 if high < inf else inf), f"shift-counts: {path} is not sqrt(N c)")
        ledger.exactly("lifting." + path, low, high)
    ledger.fact("lifting.rank", reached)
    ledger.fact("lifting.kernel_dimension", statement.count() - reached)


def plain_shifts(statement, work):
    """Whether every alive multi-index has one entry, of size 1, in the response.

    Fixed taps are 1 or -1; between two factors known layers join two nodes by one chain at most;
    behind the last factor, at most one chain goes on from a node at all, and before the first.
    """
    if any(abs(t[3]) != f.den for f in statement.forms for t in f.fixed):
        return False
    for first, last in zip([-1, *statement.places], [*statement.places, len(statement.forms)], strict=False):
        joined = _chains(statement.forms[first + 1 : last], work)
        ends = joined  # between two factors
        if first == -1:
            ends = [source for _, source in joined]
        elif last == len(statement.forms):
            ends = [to for to, _ in joined]
        if len(set(ends)) < len(ends):
            return False
    return True


def _chains(forms, work):
    """(to, from) of every chain of fixed taps through some known layers; a repetition for each further chain."""
    found = None
    for form in forms:
        sources = {}
        for to, source, *_ in form.fixed:
            sources.setdefault(to, []).append(source)
        if found is None:
            found = [(to, source) for to, far in sources.items() for source in far]
        else:
            found = [(to, source) for to, between in found for source in sources.get(between, ())]
        work.spend(len(found))
        work.hold(len(found))
    return found or []


def squares(shifts, work):
    """(least, greatest, number) of the positive squares n c by (output, leaf, shift): norm times multi-indices."""
    if number := distinct(shifts, work):
        found = _norms(shifts, number, work)
    else:
        found = _counted(shifts, work)
    require(found[2], "shift-counts: the lifting is zero")
    return found


def _norms(shifts, number, work):
    """The same when all shifts differ: `number` norms, which depend on the shift modulo the stride."""
    if shifts.even:
        norm = shifts.norm([0] * len(shifts.grid))
        return norm, norm, number
    state, stride = None, [shifts.stride] * len(shifts.grid)
    for taps in shifts.layers:
        state = compose(state, by_node([(*t, 1) for t in taps]), stride, work)
    norms = [(shifts.norm(residue), n) for (_, _, residue), n in state.items()]
    return _range(norm for norm, _ in norms if norm)[:2] + (sum(n for norm, n in norms if norm),)


def _counted(shifts, work):
    layers, total, box = shifts.layers, prod(map(len, shifts.layers)), shifts.box()
    slot = 8 * (total.bit_length() // 8 + 1)
    if total > LISTED and len(box) == 1 and box[0] * slot <= MAX_PACKED:
        return _packed(shifts, box[0], slot, work)
    state = None
    for taps in layers:
        state = compose(state, by_node([(*t, 1) for t in taps]), shifts.wraps, work)
    found = (n * shifts.norm(shift) for (_, _, shift), n in state.items())
    return _range(square for square in found if square)


def _range(numbers):
    """Least, greatest, and how many."""
    numbers = list(numbers)
    return min(numbers, default=0), max(numbers, default=0), len(numbers)


def _packed(shifts, length, slot, work):
    """The same with all shifts of a pair of nodes in one integer, a slot a shift, a layer a sum of shifted copies."""
    state = {(root, root): 1 for root, *_ in shifts.layers[0]}
    words = length * slot // 64 + 1
    for taps in shifts.layers:
        out = {}
        sources = by_node([(*t, 1) for t in taps])
        for (root, node), packed in state.items():
            for source, shift, _ in sources.get(node, ()):
                work.spend(1 + words // 50)
                out[root, source] = out.get((root, source), 0) + (packed << slot * shift[0])
        require(len(out) * length * slot <= MAX_PACKED, "shift-counts: more shifts than the checker holds")
        state = {key: _fold(packed, length * slot) for key, packed in out.items()} if shifts.wraps else out
    return _extremes(state.values(), slot // 8, shifts, work)


def _fold(packed, bits):
    """Reduce shifts modulo the length: slots beyond it are added back at the start."""
    return (packed & ((1 << bits) - 1)) + (packed >> bits)


def _extremes(values, width, shifts, work):
    """Least, greatest and number of n c > 0 over slots of c; n has two values at most, by the slot's residue."""
    found, reached = set(), 0
    for packed in values:
        raw = packed.to_bytes(-(-packed.bit_length() // (8 * width)) * width, "little")
        work.spend(2 * len(raw) // width)
        for at in range(0, len(raw), width):
            piece = raw[at : at + width]
            norm = shifts.norm((at // width,)) if any(piece) else 0
            if norm:
                reached += 1
                found.add((piece, norm))
    return *_range(int.from_bytes(piece, "little") * norm for piece, norm in found)[:2], reached
