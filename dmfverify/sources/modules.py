"""Torch modules as cases: the architecture is the question, the weights are not needed for it.

Main definitions
    `from_torch`             a module and the shape of one input -> `Case`
    `parameters_from_torch`  the weights of that module as the case's parameters, exactly

A module is followed by `torch.fx`; what is not multilinear in the weights is refused in one line that says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..errors import BadInput, MissingExtra, NotYet, quoted
from ..exact import rational
from ..problem import Architecture, Case, Network, Supports
from ..problem.reading import sequence, whole
from .assemble import Affine, architecture, network
from .layers import Link, Value, layers
from .operations import Cell, Convolution, Dense, Operation, Unfit

LAYERS = "Conv1d, Conv2d, Linear, Flatten, AvgPool1d, AvgPool2d, AdaptiveAvgPool1d, AdaptiveAvgPool2d or Identity"
BATCH = 2
"""Inputs in the trial run that tells the shapes: two, so that a reshape that mixes inputs is seen."""


def from_torch(
    module: Any,
    input_shape: Sequence[int],
    *,
    equivalence: str | None = None,
    model: Any = None,
    title: str | None = None,
    supports_from_weights: bool = False,
    data: Any = None,
) -> Case:
    """The case X = M_1(h_1) ... M_K(h_K) of a bias-free linear torch module.

    Parameters
    ----------
    module
        Conv1d, Conv2d, Linear, Flatten, AvgPool, AdaptiveAvgPool and Identity, nested in containers or in modules whose
        forward `torch.fx` can follow; branches may be added or concatenated along the channels.  Without biases.
        Any padding mode, stride, dilation and groups.
    input_shape
        The shape of one input without the batch: (C, N), (C, H, W) or (n,).
    equivalence
        Default: ``path-scale`` for a network with several paths, else ``scale``.
    model
        As in `Case`; default: all weights are free.
    supports_from_weights
        The model is the support of the weights that are not zero now: pruned networks.
    title, data
        As in `Case`.

    Returns
    -------
    Case
        X maps one input to its output, both row-major (channel by channel).  Factor 1 is the last layer.  Layers whose
        branches have different depths are evened out by identities.  A layer's parameters are the flattened weights of
        its modules, in the order of their calls; torch computes cross-correlations, so tap positions are turned round.

        When every layer is a convolution on a circle (``padding_mode="circular"`` at unchanged size; patches without
        overlap; 1 x 1 kernels; average pooling that divides the grid; a linear layer after pooling to one cell) or is
        padded in full (``padding=kernel_size - 1``), the case is a `Network`: a node is a channel, an edge is called
        layer.out,in, and ``path-scale`` divides out one scalar a hidden channel.

        Otherwise it is an `Architecture`: each layer is a matrix with shared weights, exact for this input shape.  Its
        equivalence is ``scale``, one scalar a layer: with several hidden channels the answer is then no, and the
        rescaling of a single channel is the witness.  A stack of Linear layers alone is made of dense factors, for
        which ``equivalence="neuron-scale"`` is allowed.

    Raises
    ------
    BadInput
        For what is not multilinear in the weights (activations, biases, normalization, dropout), for weights that two
        layers share, and for what torch.fx cannot follow; the layer is named.
    NotYet
        For a skip connection beside free weights in a module that is no network.  In a network it is a fixed edge;
        methods that need layers with free taps only will say so.
    MissingExtra
        Without torch.

    Examples
    --------
    >>> from torch import nn  # doctest: +SKIP
    >>> stack = nn.Sequential(
    ...     nn.Conv1d(1, 1, 2, bias=False, padding="same", padding_mode="circular"),
    ...     nn.Conv1d(1, 1, 2, bias=False, padding="same", padding_mode="circular", dilation=2),
    ... )  # doctest: +SKIP
    >>> from_torch(stack, (1, 16)).statement.sizes  # doctest: +SKIP
    (2, 2)
    """
    if supports_from_weights and model is not None:
        raise BadInput("got a model and supports_from_weights, expected one of them: both say which weights are free")
    traced = _Traced.of(module, "from_torch")
    shape = tuple(sequence(input_shape, "the shape of one input, without the batch", "input_shape"))
    shape = tuple(whole(n, f"input_shape[{d}]", 1) for d, n in enumerate(shape))
    levels = traced.levels(traced.shapes(shape))
    built = _built(levels, equivalence)
    given = {} if model is None else {"model": model}
    if supports_from_weights:
        given["model"] = Supports([[[i for i, x in enumerate(h) if x] for h in traced.parameters(levels)]])
    name = f"{type(module).__name__}, input {' x '.join(map(str, shape))}" if title is None else title
    return Case(built, equivalence=equivalence, title=name, data=data, **given)


def parameters_from_torch(module: Any, case: Case) -> list[list[Fraction]]:
    """The weights of the module that a case came from, over its factors with parameters.

    Parameters
    ----------
    module
        The module that `from_torch` was given, or one of the same layers.
    case
        What `from_torch` made of it.

    Returns
    -------
    list
        For each factor with parameters, in product order, its h: the exact binary fractions that the weights hold.

    Raises
    ------
    BadInput
        When the sizes are not those of the case.
    """
    traced = _Traced.of(module, "parameters_from_torch")
    h = traced.parameters(traced.levels({}))
    if tuple(map(len, h)) != case.statement.sizes:
        given, expected = _listed([len(x) for x in h]), _listed(case.statement.sizes)
        raise BadInput(f"got a module with {given} weights by layer, expected {expected} as in the case")
    return h


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes[:8])) + (", ..." if len(sizes) > 8 else "")


def _built(levels: list[list[Link]], equivalence: str | None) -> Network | Architecture:
    """A network where all layers are taps, factors otherwise; linear layers alone are factors where they can be."""
    if all(link.operation is None or isinstance(link.operation, Dense) for level in levels for link in level):
        try:
            return architecture(levels)
        except Affine:
            return network(levels)
    try:
        return network(levels)
    except Unfit as unfit:
        if equivalence == "path-scale":
            raise BadInput(f"got 'path-scale', which needs a network: {unfit.problem}", where="equivalence") from None
        try:
            return architecture(levels)
        except Affine as affine:
            why = f"{affine.problem}, which only a network of convolutions can hold"
            raise NotYet(f"{why}; and it is none: {unfit.problem}") from None


# ------------------------------------------------------------------ following a module


@dataclass
class _Traced:
    """A module as torch.fx follows it, with what torch the reader needs."""

    torch: Any
    root: Any
    graph: Any
    shapes_of: Mapping[Any, Cell] = field(default_factory=dict)

    @classmethod
    def of(cls, module: Any, what: str) -> _Traced:
        """Follow a module and refuse what is not multilinear."""
        try:
            import torch
            import torch.fx
            import torch.nn.utils.prune
        except ImportError:
            raise MissingExtra("torch", what) from None
        if not isinstance(module, torch.nn.Module):
            raise BadInput(f"got {quoted(type(module).__name__)}, expected a torch.nn.Module", where="module")
        if torch.fx.Tracer().is_leaf_module(module, ""):
            module = torch.nn.Sequential(module)
        try:
            graph = torch.fx.symbolic_trace(module)
        except Exception as error:  # whatever the forward of the module raises
            why = f"torch.fx cannot follow its forward: {error}"
            hint = "write it without branches or loops that depend on the data"
            raise BadInput(why, where="module", hint=hint) from None
        traced = cls(torch, module, graph)
        traced.check_hooks("the module", module)
        traced.check()
        return traced

    def module(self, node: Any) -> Any:
        """The layer that a node calls."""
        return self.graph.get_submodule(node.target)

    @property
    def wanted(self) -> list[Any]:
        """The nodes whose values flow into the output, in the order of their calls."""
        found = self.leading(self.inputs)
        return [node for node in self.graph.graph.nodes if node in found and node.op != "output"]

    def leading(self, inputs: Callable[[Any], Sequence[Any]]) -> set[Any]:
        """The output node, and what leads to it by `inputs`."""
        (output,) = (node for node in self.graph.graph.nodes if node.op == "output")
        last = output.args[0]
        if not isinstance(last, self.torch.fx.Node):
            problem = f"its forward returns {_kind(last)}, expected one tensor"
            raise BadInput(problem, where="module", hint="join them by torch.cat")
        found = {output, last}
        for node in reversed(self.graph.graph.nodes):
            if node in found and node is not output:
                found.update(inputs(node))
        return found

    def inputs(self, node: Any) -> list[Any]:
        """The nodes whose values flow into a node; the size that a reshape asks for does not."""
        if node.op == "placeholder":
            return []
        if node.op in ("call_method", "call_function") and _plain(node) in RESHAPES:
            return [a for a in node.args[:1] if isinstance(a, self.torch.fx.Node)]
        return list(node.all_input_nodes)

    def check(self) -> None:
        """Refuse every node that is not linear in the input and in its own weights."""
        seen: dict[int, str] = {}
        places = [node for node in self.graph.graph.nodes if node.op == "placeholder"]
        if len(places) != 1:
            raise BadInput(f"its forward takes {len(places)} arguments, expected one tensor", where="module")
        for node in self.wanted:
            if node.op == "call_module":
                self.check_module(str(node.target), self.module(node), seen)
            elif node.op != "placeholder":
                self.check_call(node)

    def check_module(self, name: str, module: Any, seen: dict[int, str]) -> None:
        where = f"layer {quoted(name)}"
        kind = type(module).__name__
        if refusal := _refusal(kind, type(module).__module__):
            raise BadInput(f"{where} is a {kind}: {refusal[0]}", hint=refusal[1])
        if kind not in READERS or type(module) is not getattr(self.torch.nn, kind):
            raise BadInput(f"{where} is a {kind}, expected {LAYERS}")
        self.check_hooks(where, module)
        if getattr(module, "bias", None) is not None:
            why = "the layer is affine, not linear; expected none"
            raise BadInput(f"{where} has a bias: {why}", hint="build it with bias=False")
        if hasattr(module, "weight"):
            weight = getattr(module, "weight_orig", module.weight)
            if weight.is_complex():
                raise BadInput(f"{where} has complex weights, all of it is about real parameters")
            if id(weight) in seen:
                other = quoted(seen[id(weight)])
                raise BadInput(
                    f"{where} and layer {other} share their weights: a parameter in two factors is not supported"
                    if seen[id(weight)] != name
                    else f"{where} is used twice: a parameter in two factors is not supported"
                )
            seen[id(weight)] = name

    def check_hooks(self, where: str, module: Any) -> None:
        hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
        if any(not isinstance(h, self.torch.nn.utils.prune.BasePruningMethod) for h in hooks):
            raise BadInput(f"{where} has a hook, which may change what it computes; expected none", hint="remove it")

    def check_call(self, node: Any) -> None:
        name = _plain(node)
        if node.op == "get_attr":
            why = f"uses {quoted(str(node.target))} directly; expected weights inside layers: {LAYERS}"
            raise BadInput(f"its forward {why}", where="module")
        if name in NONLINEAR:
            raise BadInput(f"{quoted(node.name)} calls {name}: {NOT_LINEAR[0]}", hint=NOT_LINEAR[1])
        if name not in (*JOINTS, *RESHAPES):
            expected = "add, cat, flatten, view or reshape between layers"
            raise BadInput(f"{quoted(node.name)} calls {name}, expected {expected}", where="module")
        if name in ("iadd", "add_"):
            self.check_unshared(node)

    def check_unshared(self, node: Any) -> None:
        """A sum in place changes its first term: nothing else may read that, by any name."""
        read = node.args[0]
        while isinstance(read, self.torch.fx.Node):
            if len(read.users) > 1:
                why = f"adds to {quoted(read.name)} in place, which is read elsewhere too; expected a new sum, a + b"
                raise BadInput(f"{quoted(node.name)} {why}", where="module")
            alias = read.op == "call_module" and type(self.module(read)).__name__ in ("Identity", "Flatten")
            read = self.inputs(read)[0] if alias or _plain(read) in RESHAPES else None

    def shapes(self, shape: Cell) -> dict[Any, Cell]:
        """The shape of each node's value without the batch, from a trial run beside the module itself."""
        torch = self.torch
        found: dict[Any, Cell] = {}
        weight = next(self.graph.parameters(), torch.zeros(1))
        trial = (torch.arange(BATCH * math.prod(shape)) % 7 - 3).reshape(BATCH, *shape).to(weight)
        run = torch.fx.Interpreter(self.graph)
        step, needed = run.run_node, self.leading(lambda node: node.all_input_nodes)

        def noted(node: Any) -> Any:
            if node not in needed:  # what is computed for its effect alone is not followed
                return None
            value = step(node)
            found[node] = tuple(getattr(value, "shape", ()))
            return value

        run.run_node = noted
        try:
            with torch.no_grad():
                same = torch.allclose(run.run(trial.clone()), self.root(trial.clone()), equal_nan=True)
        except Exception as error:  # whatever torch says about shapes
            line = str(error).strip().splitlines()[:1]
            why = f"the module refuses an input of shape {shape}: {''.join(line)}"
            raise BadInput(why, where="input_shape", hint="give the shape of one input, without the batch") from None
        if not same:
            why = "torch.fx follows something else than the module computes: hooks, or sums in place"
            raise BadInput(why, where="module")
        for node in self.wanted:
            if len(found.get(node, ())) < 2 or found[node][0] != BATCH:
                raise BadInput(
                    f"{quoted(node.name)} has shape {found.get(node)} for a batch of {BATCH}, expected ({BATCH}, ...)",
                    where="module",
                    hint="keep the batch in dimension 0",
                )
        return {node: size[1:] for node, size in found.items()}

    def parameters(self, levels: list[list[Link]]) -> list[list[Fraction]]:
        """The weights over the factors with parameters, in product order."""
        found = [[x for link in level if link.free and link.made for x in self.weights(link.made)] for level in levels]
        return [h for h in reversed(found) if h]

    def weights(self, made: Value) -> list[Fraction]:
        """The weights of an operation, flattened; what is pruned is zero."""
        module = self.graph.get_submodule(made.name)
        pruned = hasattr(module, "weight_orig") and hasattr(module, "weight_mask")
        weight = module.weight_orig * module.weight_mask if pruned else module.weight
        try:
            return [rational(x) for x in weight.detach().double().flatten().tolist()]
        except (ValueError, NotImplementedError):
            raise BadInput(f"layer {quoted(made.name)} has weights that are no finite numbers") from None

    # -- the graph of values --------------------------------------------------------------------------

    def levels(self, shapes: Mapping[Any, Cell]) -> list[list[Link]]:
        """The links of the module by layer, from the input to the output; shapes may be left out."""
        self.shapes_of = shapes
        values: dict[Any, Value] = {}
        for node in self.wanted:
            values[node] = self.value(node, values)
        output = values[self.wanted[-1]]
        if not output.read:
            raise BadInput("got a module without layers, expected at least one", where="module")
        return layers(list(dict.fromkeys(values.values())), output)

    def value(self, node: Any, values: Mapping[Any, Value]) -> Value:
        """What a node computes; a reshape is the value that it reads."""
        shape = self.shapes_of.get(node, ())
        if node.op == "placeholder":
            return Value(str(node.target), shape)
        if node.op == "call_module":
            (read,) = self.inputs(node)
            module = self.module(node)
            operation = READERS[type(module).__name__](module, self.shapes_of.get(read, ()), shape, str(node.target))
            if operation is None:
                return values[read]
            seen = self.shapes_of.get(read, ())
            return Value(str(node.target), shape, operation, values[read], seen)
        if _plain(node) in RESHAPES:
            return values[self.inputs(node)[0]]
        return self.joint(node, shape, values)

    def joint(self, node: Any, shape: Cell, values: Mapping[Any, Value]) -> Value:
        """A sum or a concatenation along the channels."""
        cat = JOINTS[_plain(node)] == "cat"
        parts = list(_cat_parts(node, len(shape)) if cat else node.args)
        if node.kwargs and not cat or any(not isinstance(p, self.torch.fx.Node) for p in parts):
            why = "adds something else than two tensors; constants and factors are no layers"
            raise BadInput(f"{quoted(node.name)} {why}", where="module")
        sizes = [self.shapes_of.get(p, ()) for p in parts]
        if not cat and any(size != shape for size in sizes):
            raise BadInput(f"{quoted(node.name)} adds shapes {sizes[0]} and {sizes[1]}, expected equal ones")
        starts = [sum(math.prod(s) for s in sizes[:n]) if cat else 0 for n in range(len(sizes))]
        read = [values[p] for p in parts]
        return Value(node.name, _joined_shape(shape, read, cat), parts=tuple(zip(read, starts, strict=True)))


def _joined_shape(shape: Cell, read: Sequence[Value], cat: bool) -> Cell:
    """Channels and grid of a joint, also where it was flattened before: its parts know their own."""
    grids = {value.shape[1:] for value in read}
    if len(grids) > 1 or () in grids:
        return shape
    channels = {value.shape[0] for value in read}
    if cat:
        return (sum(value.shape[0] for value in read), *grids.pop())
    return (channels.pop(), *grids.pop()) if len(channels) == 1 else shape


def _cat_parts(node: Any, dimensions: int) -> Sequence[Any]:
    """The tensors of a torch.cat along the channels."""
    given = dict(zip(("tensors", "dim"), node.args, strict=False)) | node.kwargs
    dim = given.get("dim", given.get("axis", 0))
    if dimensions and dim not in (1, -dimensions):
        raise BadInput(
            f"{quoted(node.name)} joins along dimension {dim}, expected dimension 1, the channels", where="module"
        )
    return given["tensors"]


def _plain(node: Any) -> str:
    """The name of what a node calls."""
    return str(node.target) if node.op == "call_method" else str(getattr(node.target, "__name__", node.target))


def _kind(value: Any) -> str:
    return f"a {type(value).__name__} of {len(value)}" if isinstance(value, (tuple, list, dict)) else repr(value)


JOINTS = {"add": "add", "iadd": "add", "add_": "add", "cat": "cat", "concat": "cat", "concatenate": "cat"}
RESHAPES = ("flatten", "view", "reshape", "contiguous")
NONLINEAR = frozenset(
    "relu relu_ relu6 leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh hardswish hardsigmoid sigmoid "
    "tanh softmax log_softmax abs max_pool1d max_pool2d adaptive_max_pool1d adaptive_max_pool2d glu prelu exp".split()
)
NOT_LINEAR = (
    "it is not linear, so that the product of the layers says nothing; dmfverify certifies linear networks",
    "remove it, or put the 0/1 pattern of one fixed activation in its place as a known diagonal factor",
)


def _refusal(kind: str, home: str) -> tuple[str, str] | None:
    """Why a layer of torch is refused, and what to try."""
    family = home.rpartition(".")[2]
    if family == "activation" or "MaxPool" in kind or "LPPool" in kind:
        return NOT_LINEAR
    if family in ("batchnorm", "normalization", "instancenorm"):
        return "it shifts and divides by statistics", "multiply its factors into the layer before and remove it"
    if family == "dropout":
        return "random in training, the identity afterwards", "put torch.nn.Identity() in its place"
    return None


# ------------------------------------------------------------------ layers


def _convolution(module: Any, seen: Cell, out: Cell, name: str) -> Operation:
    kernel = tuple(module.kernel_size)
    _dimensions(seen, len(kernel), name)
    padding = module._reversed_padding_repeated_twice  # of the last dimension before and after, then of the one before
    before = tuple(padding[-2::-2])
    channels = module.out_channels, module.in_channels
    return Convolution(
        channels, kernel, tuple(module.stride), tuple(module.dilation), before, module.padding_mode, module.groups
    )


def _linear(module: Any, seen: Cell, out: Cell, name: str) -> Operation:
    return Dense((module.out_features, module.in_features))


def _pooling(module: Any, seen: Cell, out: Cell, name: str) -> Operation:
    dimensions = int(type(module).__name__[-2])
    _dimensions(seen, dimensions, name)
    kernel, stride, padding = (_cells(v, dimensions) for v in (module.kernel_size, module.stride, module.padding))
    if module.ceil_mode or (any(padding) and not module.count_include_pad):
        what = "ceil_mode=True" if module.ceil_mode else "count_include_pad=False"
        raise BadInput(f"layer {quoted(name)} has {what}, which weights windows at the border otherwise; expected not")
    weight = Fraction(1, getattr(module, "divisor_override", None) or math.prod(kernel))
    return _average(seen, kernel, stride, padding, weight)


def _adaptive(module: Any, seen: Cell, out: Cell, name: str) -> Operation:
    _dimensions(seen, int(type(module).__name__[-2]), name)
    if any(n % m for n, m in zip(seen[1:], out[1:], strict=True)):
        raise BadInput(f"layer {quoted(name)} pools {seen[1:]} to {out[1:]}, expected an output that divides the input")
    kernel = tuple(n // m for n, m in zip(seen[1:], out[1:], strict=True))
    return _average(seen, kernel, kernel, (0,) * len(kernel), Fraction(1, math.prod(kernel)))


def _dimensions(seen: Cell, dimensions: int, name: str) -> None:
    """Refuse an input that torch would take for one without a batch."""
    if seen and len(seen) != 1 + dimensions:
        expected = "(C, N)" if dimensions == 1 else "(C, H, W)"
        raise BadInput(f"layer {quoted(name)} reads an input of shape {seen}, expected {expected}", where="input_shape")


def _average(seen: Cell, kernel: Cell, stride: Cell, padding: Cell, weight: Fraction) -> Operation:
    channels = seen[0] if seen else 1
    return Convolution((channels, channels), kernel, stride, (1,) * len(kernel), padding, "zeros", channels, weight)


def _cells(value: Any, dimensions: int) -> Cell:
    return (int(value),) * dimensions if isinstance(value, int) else tuple(map(int, value))


def _nothing(module: Any, seen: Cell, out: Cell, name: str) -> None:
    return None


READERS: dict[str, Callable[[Any, Cell, Cell, str], Operation | None]] = {
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "Linear": _linear,
    "AvgPool1d": _pooling,
    "AvgPool2d": _pooling,
    "AdaptiveAvgPool1d": _adaptive,
    "AdaptiveAvgPool2d": _adaptive,
    "Flatten": _nothing,
    "Identity": _nothing,
}
"""How each layer of torch.nn is read; Flatten leaves the order of the coordinates as it is."""
