"""The statement, read strictly: factors, data, model, and the paths that its equivalence speaks of.

Main definitions
    `Statement`    forms (form.py), family (family.py), paths (paths.py)
    `denominator`  the integer d with d times the lifting an integer matrix
"""

import math

from .family import Family, read_box
from .form import Form, known_entries
from .paths import Paths
from .skips import Skips, opened
from .strict import Work, array, index, keys, one_of, over_common_denominator, rational, require

EQUIVALENCES = ("scale", "path-scale", "neuron-scale")
MAX_PARAMETERS = 10**7


class Statement:
    """What is asked, expanded on demand."""

    def __init__(self, raw):
        keys(raw, ("schema", "equivalence", "factors", "model", "data"), (), "statement")
        require(raw["schema"] == "dmfverify/statement/1", "statement: unknown schema")
        self.equivalence = one_of(raw["equivalence"], EQUIVALENCES, "statement.equivalence")
        self.forms = [Form(f, f"factors[{k}]") for k, f in enumerate(array(raw["factors"], "statement.factors"))]
        self.places = [p for p, f in enumerate(self.forms) if f.size]
        self.factors = [self.forms[p] for p in self.places]
        self.sizes = [f.size for f in self.factors]
        self.K = len(self.factors)
        require(1 <= self.K <= 1_000, "statement: between 1 and 1,000 factors with parameters are needed")
        require(sum(self.sizes) <= MAX_PARAMETERS, f"statement: more than {MAX_PARAMETERS} parameters")
        require(
            all(a.shape[1] == b.shape[0] for a, b in zip(self.forms, self.forms[1:], strict=False)),
            "statement: neighbouring shapes do not agree",
        )
        self.data = _data(raw["data"], self.forms[-1].shape[1])
        self._layers()
        self.bits = sum(f.bits for f in self.forms) + (self.data[3] if self.data else 0)
        self.work = Work()
        self.family = Family(raw["model"], self.sizes, self.work)
        self.kind = self.family.kind
        self.opened = self._opened(raw)
        self.paths = Skips(self, self.opened) if self.opened else Paths(self, self.equivalence)
        self.refusal = self._refusal()

    def _opened(self, raw):
        """The statement with the known taps beside free ones as parameters, under `path-scale`; else None."""
        mixed = self.equivalence == "path-scale" and any(f.mixed for f in self.forms)
        return Statement(opened(raw, self.forms)) if mixed else None

    def _refusal(self):
        """Why no claim can be made about this statement, or None."""
        if self.opened is None and any(f.mixed for f in self.forms):
            return "a layer with parameters and fixed taps together is not linear"
        if not any((self.paths.shows if self.opened else self.count)(box) for box in self.family.reach()):
            return "no parameters of the model reach the product"
        return None

    def _layers(self):
        """What the equivalence needs, and whether the layers compose as one graph."""
        kinds = {f.kind for f in self.forms}
        require(self.equivalence != "neuron-scale" or kinds == {"pattern"}, "neuron-scale needs pattern factors")
        require(self.equivalence != "path-scale" or kinds == {"taps"}, "path-scale needs taps factors")
        graph = kinds == {"taps"} and all(b.follows(a) for a, b in zip(self.forms, self.forms[1:], strict=False))
        require(self.equivalence != "path-scale" or graph, "path-scale needs layers that agree in nodes and grid")
        # whether every multi-index is a shift of the input grid (shifts.py)
        self.plain = (
            graph
            and self.data is None
            and all(f.boundary == self.forms[0].boundary for f in self.forms)
            and (self.wraps is None or not any(n % f.stride for f in self.forms for n in f.grid))
        )
        # whether the product is determined by its response from each leaf (format, section 3)
        self.has_response = self.plain and self.forms[0].nodes[0] == 1 and all(f.stride == 1 for f in self.forms)

    @property
    def senses(self):
        """Whether there is one factor, and its sparse parameters are asked for: compressed sensing."""
        return self.K == 1 and self.kind == "sparse" and self.equivalence == "scale"

    @property
    def wraps(self):
        """The grid modulo which shifts of responses are taken, if they are."""
        return self.forms[0].grid if self.forms[0].boundary == "circular" else None

    def read_box(self, raw, what):
        """A list over the factors of sorted non-empty index lists."""
        return read_box(raw, self.sizes, what)

    def read_parameters(self, raw, what):
        """A list over the factors of S_k rationals."""
        return [
            [rational(x, what) for x in array(h, what, n)]
            for h, n in zip(array(raw, what, self.K), self.sizes, strict=True)
        ]

    def maximal(self):
        """The maximal supports, as tuples of tuples, in the order of the format page.  Ask `family_within` first."""
        return self.family.maximal()

    def family_within(self, limit):
        """Whether there are at most `limit` maximal supports, and the checker can list them."""
        return self.family.within(limit)

    def allows(self, h):
        """Whether the parameters h lie in the model."""
        return self.family.allows(h)

    def count(self, box=None):
        """The number of alive multi-indices (in a box)."""
        return self.paths.count(box)

    def expansion(self):
        """How many entries all basis matrices and known matrices have together."""
        return sum(f.expansion() for f in self.forms) + (len(self.data[2]) if self.data else 0)

    def product_shape(self):
        """Rows and columns of the product, data included."""
        return [self.forms[0].shape[0], self.data[0] if self.data else self.forms[-1].shape[1]]


def _data(raw, rows):
    """(columns, denominator, entries, bits) of the known matrix on the right, or None."""
    if raw is None:
        return None
    keys(raw, ("shape", "entries"), (), "statement.data")
    shape = [index(n, 2**60, "data.shape") for n in array(raw["shape"], "data.shape", 2)]
    require(shape[1] > 0 and shape[0] == rows, "statement.data: shape does not fit the last factor")
    den, entries = known_entries(raw["entries"], shape, "data.entries")
    return shape[1], den, entries, sum(abs(v) for *_, v in entries).bit_length()


def denominator(statement):
    """The integer d with d times the lifting an integer matrix."""
    d = math.prod(f.den for f in statement.forms)
    return d * statement.data[1] if statement.data else d


def scaled(h, work):
    """Integer parameters and the positive integer that they were multiplied by, factor by factor."""
    out, total = [], 1
    for part in h:
        d, integers = over_common_denominator(part, "parameters")
        out.append(integers)
        total *= d
        work.carry(max(d, *map(abs, integers)).bit_length())
    return out, total
