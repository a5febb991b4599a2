"""A plain convolutional network as shifts of its input grid, strides included.

A tap t of a layer moves the input by m t, with m the product of the strides of the layers behind it (nearer the
input).  With S the product of all strides, a multi-index whose scaled taps add up to s sends the input cell c to the
output cell (c + s) / S where S divides c + s, and drops it elsewhere.  (On a circle each stride divides its length,
so that this makes sense modulo the length.)  Hence columns of the same output, leaf and s are equal up to the sign
of known taps, others share no place, and the squared norm is the number of input cells c with S | c + s.

Main definition
    `Shifts`  scaled taps of each layer, and the squared norm of a column
"""

from math import prod

from .strict import require

MAX_STRIDE = 2**40


class Shifts:
    """Layers of (to, from, scaled shift); `wraps` is the grid modulo which they are taken, or None."""

    def __init__(self, statement, what):
        require(statement.plain, f"{what}: not a plain convolutional network")
        forms = statement.forms
        self.grid, self.stride = forms[-1].grid, prod(f.stride for f in forms)
        require(self.stride <= MAX_STRIDE, f"{what}: strides of more than {MAX_STRIDE} in all")
        self.wraps = self.grid if forms[0].boundary == "circular" else None
        self.layers, scale = [], 1
        for form in reversed(forms):
            self.layers.insert(0, [self._scaled(t, scale) for t in form.taps or form.fixed])
            scale *= form.stride

    def _scaled(self, tap, scale):
        shift = tuple(scale * x for x in tap[2])
        if self.wraps:
            shift = tuple(x % n for x, n in zip(shift, self.wraps, strict=True))
        return *tap[:2], shift

    @property
    def even(self):
        """Whether all columns have the same norm: the strides divide the grid."""
        return not any(n % self.stride for n in self.grid)

    def norm(self, shift):
        """Squared norm of a column: its input cells c, with the stride dividing c + shift."""
        return prod((n - 1 - -x % self.stride) // self.stride + 1 for n, x in zip(self.grid, shift, strict=True))

    def box(self):
        """Lengths that no sum of shifts exceeds, or those modulo which they are taken."""
        return self.wraps or tuple(
            1 + sum(max((t[2][d] for t in taps), default=0) for taps in self.layers) for d in range(len(self.grid))
        )
