"""Partial derivatives of the product in each parameter: a prefix times a basis matrix times a suffix.

Main definition
    `partial_derivatives`  sparse, at integer parameters, modulo a prime or exactly
"""

from .lifting import by_node, by_row, compose, times


def partial_derivatives(statement, support, point, p, work, inside=None):
    """Sparse derivatives of the product (or response) in each parameter of the support, modulo p unless p is None.

    They are those of the lifting times `denominator`.  The parameters of the box `inside` are not zero: those of the
    support, unless it is given.
    """
    work.spend(0 if statement.has_response else statement.expansion())
    prepare = by_node if statement.has_response else by_row

    def multiply(a, b):
        """The product of {key: value} and a prepared operator; None is the identity."""
        found = a
        if b is not None:
            found = compose(a, b, statement.wraps, work) if statement.has_response else times(a, b, work)
        return found if p is None else {key: v % p for key, v in found.items() if v % p}

    steps = _steps(statement, inside or support, point)
    before, after = [None], [None]
    for step in steps:
        before.append(multiply(before[-1], prepare(step)))
    for step in reversed(steps):
        after.append(prepare((*key, v) for key, v in multiply(_summed(step), after[-1]).items()))
    after.reverse()
    found = []
    for k, place in enumerate(statement.places):
        form, left = statement.forms[place], _by_end(before[place])
        for i in support[k]:
            unit = prepare([(*form.taps[i], form.den)] if statement.has_response else form.basis(i))
            met = None if left is None else {key: x for end in unit for key, x in left.get(end, {}).items()}
            found.append(multiply(multiply(met, unit), after[place + 1]))
    return found


def _by_end(prefix):
    """The entries of a prefix by the column, or node, in which they end: a basis matrix meets few of them."""
    if prefix is None:
        return None
    found = {}
    for key, x in prefix.items():
        found.setdefault(key[1], {})[key] = x
    return found


def _steps(statement, support, point):
    """Entries of each layer at the point, zero outside the support; the data last."""
    steps, k = [], 0
    for form in statement.forms:
        if form.size:
            h = {i: point[k][i] for i in support[k]}
            k += 1
            if statement.has_response:
                entries = [(*form.taps[i], x * form.den) for i, x in h.items() if x]
            else:
                entries = [(r, c, v * x) for i, x in h.items() if x for r, c, v in form.basis(i)]
        else:
            entries = form.fixed if statement.has_response else form.known()
        steps.append(entries)
    return [*steps, statement.data[2]] if statement.data else steps


def _summed(entries):
    """Entries as a sparse operator {key: value}; repeated positions add up."""
    out = {}
    for *key, v in entries:
        out[tuple(key)] = out.get(tuple(key), 0) + v
    return out
