"""Convolutional networks: how many multi-indices reach each shift."""

from math import inf, prod

from ..distinct import distinct
from ..lifting import by_node, compose
from ..strict import bracket, keys, require

MAX_PACKED = 2**31
"""Bits of the packed counts of one layer."""


def shift_counts(claim, ledger, work):
    """Columns are shifted deltas: equal up to sign or orthogonal, so singular values are sqrt(N c)."""
    keys(claim, ("kind", "sigma_min", "sigma_max"), (), "shift-counts")
    statement = ledger.statement
    require(statement.has_response, "shift-counts: not a plain convolutional network")
    require(plain_shifts(statement, work), "shift-counts: fixed taps that are not plain shifts")
    least, greatest, reached = counts(statement, work)
    cells = prod(statement.forms[-1].grid)
    for path, number in (("sigma_min", least), ("sigma_max", greatest)):
        low, high = bracket(claim[path], path)
        require(low**2 <= cells * number <= (high**2 if high < inf else inf), f"shift-counts: {path} is not sqrt(N c)")
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


def counts(statement, work):
    """(least, greatest, number) of the positive counts c of multi-indices by (output, leaf, shift)."""
    if reached := distinct(statement, work):
        return 1, 1, reached
    layers = [form.taps or [t[:3] for t in form.fixed] for form in statement.forms]
    total = prod(map(len, layers))
    length = _length(statement)
    slot = 8 * (total.bit_length() // 8 + 1)
    if total > 200_000 and length is not None and length * slot <= MAX_PACKED:
        least, greatest, reached = _packed_counts(layers, length, slot, bool(statement.wraps), work)
    else:
        state = None
        for taps in layers:
            state = compose(state, by_node([(*t, 1) for t in taps]), statement.wraps, work)
        numbers = state.values()
        least, greatest, reached = min(numbers, default=0), max(numbers, default=0), len(numbers)
    require(reached, "shift-counts: the lifting is zero")
    return least, greatest, reached


def _length(statement):
    """How many different shifts there may be in one dimension; None in two."""
    if len(statement.forms[0].grid) == 2:
        return None
    if statement.wraps:
        return statement.wraps[0]
    return 1 + sum(max(t[2][0] for t in (*f.taps, *f.fixed)) for f in statement.forms)


def _packed_counts(layers, length, slot, circular, work):
    """The same with all shifts of a pair of nodes in one integer, a slot a shift, a layer a sum of shifted copies."""
    state = {(root, root): 1 for root, *_ in layers[0]}
    words = length * slot // 64 + 1
    for taps in layers:
        out = {}
        sources = by_node([(*t, 1) for t in taps])
        for (root, node), packed in state.items():
            for source, shift, _ in sources.get(node, ()):
                work.spend(1 + words // 50)
                out[root, source] = out.get((root, source), 0) + (packed << slot * shift[0])
        require(len(out) * length * slot <= MAX_PACKED, "shift-counts: more shifts than the checker holds")
        state = {key: _fold(packed, length * slot) for key, packed in out.items()} if circular else out
    return _extremes(state.values(), slot // 8, work)


def _fold(packed, bits):
    """Reduce shifts modulo the length: slots beyond it are added back at the start."""
    return (packed & ((1 << bits) - 1)) + (packed >> bits)


def _extremes(values, width, work):
    found, reached = set(), 0
    for packed in values:
        raw = packed.to_bytes(-(-packed.bit_length() // (8 * width)) * width, "little")
        work.spend(len(raw) // width)
        pieces = [piece for piece in (raw[at : at + width] for at in range(0, len(raw), width)) if any(piece)]
        reached += len(pieces)
        found.update(pieces)
    numbers = [int.from_bytes(piece, "little") for piece in found]
    return min(numbers, default=0), max(numbers, default=0), reached
