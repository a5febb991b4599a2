"""Convolutional networks: how many multi-indices reach each shift."""

from math import inf, prod

from ..lifting import compose
from ..strict import bracket, keys, require


def shift_counts(claim, ledger, work):
    """Columns are shifted deltas: equal or orthogonal, so singular values are sqrt(N c)."""
    keys(claim, ("kind", "sigma_min", "sigma_max"), (), "shift-counts")
    statement = ledger.statement
    require(statement.has_response and not statement.mixed, "shift-counts: not a plain convolutional network")
    fixed = [f.fixed for f in statement.forms if not f.size]
    require(
        all(abs(t[3]) == f.den == 1 for f in statement.forms for t in f.fixed)
        and all(len({t[:2] for t in layer}) == len(layer) for layer in fixed)
        and _single_joins(statement),
        "shift-counts: fixed taps that are not plain shifts",
    )
    least, greatest, reached = counts(statement, work)
    cells = prod(statement.forms[-1].grid)
    for path, number in (("sigma_min", least), ("sigma_max", greatest)):
        low, high = bracket(claim[path], path)
        require(low**2 <= cells * number <= (high**2 if high < inf else inf), f"shift-counts: {path} is not sqrt(N c)")
        ledger.exactly("lifting." + path, low, high)
    ledger.fact("lifting.rank", reached)
    ledger.fact("lifting.kernel_dimension", statement.count() - reached)


def _single_joins(statement):
    """Whether layers without parameters join any two nodes by at most one chain of fixed taps."""
    for first, last in zip([-1, *statement.places], [*statement.places, len(statement.forms)], strict=False):
        state = None
        for form in statement.forms[first + 1 : last]:
            if state is None:
                state = {t[:2]: 1 for t in form.fixed}
            else:
                joined = {}
                for (a, b), n in state.items():
                    for to, source, *_ in form.fixed:
                        if to == b:
                            joined[a, source] = joined.get((a, source), 0) + n
                state = joined
        if state and max(state.values()) > 1:
            return False
    return True


def counts(statement, work):
    """(least, greatest, number) of the positive counts c of multi-indices by (output, leaf, shift)."""
    forms = statement.forms
    total = prod(max(1, len(f.taps)) for f in forms)
    grid = forms[0].grid if forms[0].boundary == "circular" else None
    if total <= 200_000 or len(forms[0].grid) == 2:
        state = None
        for form in forms:
            taps = form.taps or [t[:3] for t in form.fixed]
            state = compose(state, [(*t, 1) for t in taps], grid, work)
        numbers = list(state.values())
        return min(numbers), max(numbers), len(numbers)
    return _packed_counts(forms, grid, work)


def _packed_counts(forms, grid, work):
    """The same with all shifts of a pair of nodes in one integer, a slot a shift, a layer a sum of shifted copies."""
    length = (
        grid[0] if grid else 1 + forms[-1].grid[0] * 0 + sum(max(t[2][0] for t in (*f.taps, *f.fixed)) for f in forms)
    )
    slot = 8 * (prod(max(1, len(f.taps)) for f in forms).bit_length() // 8 + 1)
    state = None
    for form in forms:
        taps = form.taps or [t[:3] for t in form.fixed]
        out = {}
        if state is None:
            for to, source, shift in taps:
                out[to, source] = out.get((to, source), 0) + (1 << slot * shift[0])
        else:
            work.spend(len(taps) * len(state) * (length * slot // 64 + 1))
            for (root, node), packed in state.items():
                for to, source, shift in taps:
                    if to == node:
                        out[root, source] = out.get((root, source), 0) + (packed << slot * shift[0])
            if grid:
                out = {key: _fold(packed, length * slot) for key, packed in out.items()}
        state = out
    return _extremes(state.values(), slot // 8, work)


def _fold(packed, bits):
    """Reduce shifts modulo the length: slots beyond it are added back at the start."""
    mask = (1 << bits) - 1
    while packed >> bits:
        packed = (packed & mask) + (packed >> bits)
    return packed


def _extremes(values, width, work):
    least, greatest, reached = None, 0, 0
    for packed in values:
        raw = packed.to_bytes(-(-packed.bit_length() // (8 * width)) * width, "little")
        work.spend(len(raw))
        seen = set()
        for at in range(0, len(raw), width):
            piece = raw[at : at + width]
            if any(piece):
                reached += 1
                seen.add(piece)
        numbers = [int.from_bytes(piece, "little") for piece in seen]
        least = min([*numbers, *([] if least is None else [least])])
        greatest = max(greatest, *numbers)
    return least, greatest, reached
