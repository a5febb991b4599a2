"""Whether all multi-indices of a convolutional network reach different shifts, by bit sets.

The shifts that reach a node from an output are the bits of one integer.  A layer moves them by its
taps; if a moved set meets what has arrived already, two multi-indices agree.  The smaller of the
two, taps or shifts, is what is gone through, so that 10^5 taps on one edge cost no more than a few.
"""

WORD = 64
MAX_WORDS = 4 * 10**9
"""Words of bit sets that are gone through: about half a minute."""
MAX_LENGTH = 2**31
"""Bits of one of them."""
LISTED = 3_000_000
"""Shifts that are added up one by one where bit sets would be too long."""


def distinct(shifts, work):
    """How many multi-indices there are, if all of one output and leaf were found to reach different shifts; else 0.

    0 says nothing: it may have cost too much, or sets met at a node from which no path goes on.
    """
    net = _Net(shifts, work)
    words, peak, number = net.cost()
    if words <= MAX_WORDS and net.length() <= MAX_LENGTH:
        work.spend(words // 50)
        return number if net.by_bits() else 0
    if peak <= LISTED:
        work.spend(10 * peak)
        return number if net.by_listing() else 0
    return 0


class _Net:
    """Layers of taps as to -> from -> [position, ...], positions in one cyclic or long enough group."""

    def __init__(self, shifts, work):
        self.work, self.grid, self.circular = work, shifts.box(), shifts.wraps is not None
        self.layers = [self._layer(taps) for taps in shifts.layers]

    def _layer(self, taps):
        edges = {}
        for to, source, shift in taps:
            edges.setdefault(to, {}).setdefault(source, []).append(self._position(shift))
        return edges

    def _position(self, shift):
        """Row-major position; two dimensions are kept apart by doubling the rows where they may wrap."""
        if len(shift) == 1:
            return shift[0]
        return shift[0] * self.width() + shift[1]

    def width(self):
        """Positions of a row of a two-dimensional grid: twice its length, so that one sum cannot overflow it."""
        return 2 * self.grid[1]

    def length(self):
        """Positions in all."""
        return self.grid[0] if len(self.grid) == 1 else self.grid[0] * self.width()

    def cost(self):
        """Words that the bit sets take, most multi-indices of a layer, all of the last one."""
        per_tap, words, peak = 2 + 2 * len(self.grid), 0, 0
        state = {(root, root): 1 for root in self.layers[0]}
        for layer in self.layers:
            after = {}
            for (root, node), n in state.items():
                self.work.spend(len(layer.get(node, ())) + 1)
                for source, taps in layer.get(node, {}).items():
                    after[root, source] = after.get((root, source), 0) + n * len(taps)
                    words += (2 + min(n, len(taps)) * per_tap) * (self.length() // WORD + 1)
            state = after
            peak = max(peak, sum(state.values()))
        return words, peak, sum(state.values())

    def by_bits(self):
        """Distinctness by bit sets."""
        state = {(root, root): 1 for root in self.layers[0]}
        for layer in self.layers:
            after = {}
            for (root, node), bits in state.items():
                for source, taps in layer.get(node, {}).items():
                    met = self._meet(after.get((root, source), 0), bits, taps)
                    if met is None:
                        return False
                    after[root, source] = met
            state = after
        return True

    def _meet(self, arrived, bits, taps):
        """`arrived` with `bits` moved by each of `taps`, or None when two of them agree."""
        if len(set(taps)) < len(taps):
            return None
        if bits.bit_count() < len(taps):
            bits, taps = self._set(taps), _members(bits)
        for tap in taps:
            moved = self._folded(bits << tap)
            if moved & arrived:
                return None
            arrived |= moved
        return arrived

    def _set(self, positions):
        raw = bytearray(self.length() // 8 + 1)
        for position in positions:
            raw[position >> 3] |= 1 << (position & 7)
        return int.from_bytes(raw, "little")

    def _folded(self, bits):
        """Back into the group: columns first, then rows."""
        if not self.circular:
            return bits
        if len(self.grid) == 2:
            rows, cols = self.grid
            width = self.width()
            left = ((1 << cols) - 1) * (((1 << width * 2 * rows) - 1) // ((1 << width) - 1))
            bits = (bits & left) | ((bits >> cols) & left)
        size = self.length()
        return (bits & ((1 << size) - 1)) | (bits >> size)

    def by_listing(self):
        """Distinctness by sets of positions, for few multi-indices on a long grid."""
        state = {(root, root): {0} for root in self.layers[0]}
        for layer in self.layers:
            after = {}
            for (root, node), positions in state.items():
                for source, taps in layer.get(node, {}).items():
                    here = after.setdefault((root, source), set())
                    before = len(here)
                    here.update(self._add(p, t) for p in positions for t in taps)
                    if len(here) < before + len(positions) * len(taps):
                        return False
            state = after
        return True

    def _add(self, position, tap):
        if len(self.grid) == 1:
            return (position + tap) % self.grid[0] if self.circular else position + tap
        (r, c), (s, d) = divmod(position, self.width()), divmod(tap, self.width())
        row, col = r + s, c + d
        if self.circular:
            row, col = row % self.grid[0], col % self.grid[1]
        return row * self.width() + col


def _members(bits):
    """The positions of the bits that are set."""
    found, offset = [], 0
    raw = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    for at, byte in enumerate(raw):
        if byte:
            offset = 8 * at
            found.extend(offset + b for b in range(8) if byte >> b & 1)
    return found
