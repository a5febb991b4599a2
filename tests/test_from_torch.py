"""Torch modules as cases: the module's own output on every basis input is the case's product at its own weights."""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction

import numpy as np
import pytest

import dmfverify as dv
from dmfverify.errors import MissingExtra, NotYet

torch = pytest.importorskip("torch")
nn = torch.nn
prune = pytest.importorskip("torch.nn.utils.prune")


def circular(channels_in, channels_out, kernel, dilation=1, dimensions=1, **options):
    kind = {1: nn.Conv1d, 2: nn.Conv2d}[dimensions]
    given = {"padding": "same", "padding_mode": "circular", "dilation": dilation, "bias": False, **options}
    return kind(channels_in, channels_out, kernel, **given)


def conv(channels_in, channels_out, kernel, dimensions=1, **options):
    return {1: nn.Conv1d, 2: nn.Conv2d}[dimensions](channels_in, channels_out, kernel, bias=False, **options)


class Residual(nn.Module):
    """x + body(x)."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


class Sum(nn.Module):
    """The branches added, or joined along the channels."""

    def __init__(self, *branches, how="add"):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.how = how

    def forward(self, x):
        outputs = [branch(x) for branch in self.branches]
        return sum(outputs[1:], outputs[0]) if self.how == "add" else torch.cat(outputs, dim=1)


class DenseNet(nn.Module):
    """Each layer reads all that was before it."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = circular(2, 1, 2), circular(3, 2, 2, 2), circular(5, 2, 1)

    def forward(self, x):
        y = torch.cat([x, self.a(x)], 1)
        z = torch.cat([self.b(y), y], dim=-2)
        return self.c(z)


class Reshaped(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = conv(2, 2, 3, stride=2), nn.Linear(6, 3, bias=False)

    def forward(self, x):
        h = self.conv(x)
        return self.head(h.view(h.size(0), -1))


class Twice(nn.Module):
    """x + x, and a sum inside a sum."""

    def __init__(self):
        super().__init__()
        self.a, self.b = circular(1, 1, 2), circular(1, 1, 3)

    def forward(self, x):
        return self.b((x + x) + x) + self.a(x)


def pruned():
    module = nn.Sequential(circular(1, 2, 3), circular(2, 1, 3))
    for layer in module:
        prune.custom_from_mask(layer, "weight", torch.ones_like(layer.weight))
    return module


STACKS = {
    # name: (module, input shape, network or factors)
    "one_circular_layer": (lambda: circular(1, 1, 3), (1, 7), "network"),
    "circular_chain": (
        lambda: nn.Sequential(circular(1, 1, 2), circular(1, 1, 3), circular(1, 1, 4)),
        (1, 9),
        "network",
    ),
    "channels": (lambda: nn.Sequential(circular(2, 3, 2), circular(3, 2, 3, 2)), (2, 8), "network"),
    "groups": (lambda: nn.Sequential(circular(4, 4, 2, groups=2), circular(4, 2, 3, groups=2)), (4, 6), "network"),
    "circular_2d": (lambda: nn.Sequential(circular(1, 2, (2, 3), 1, 2), circular(2, 1, 3, 1, 2)), (1, 4, 5), "network"),
    "circular_stride": (
        lambda: nn.Sequential(conv(1, 2, 3, padding=1, padding_mode="circular", stride=2), circular(2, 1, 2)),
        (1, 8),
        "network",
    ),
    "circular_stride_2d": (
        lambda: nn.Sequential(conv(1, 2, 3, 2, padding=1, padding_mode="circular", stride=2)),
        (1, 6, 4),
        "network",
    ),
    "circular_stride_odd": (lambda: conv(1, 1, 3, padding=1, padding_mode="circular", stride=2), (1, 7), "network"),
    "circular_longer": (lambda: conv(1, 1, 2, padding=1, padding_mode="circular"), (1, 5), "factors"),
    "circular_kernel_longer_than_circle": (
        lambda: conv(1, 1, 5, padding=2, padding_mode="circular"),
        (1, 4),
        "factors",
    ),
    "patches": (lambda: nn.Sequential(conv(1, 3, 2, 2, stride=2), circular(3, 1, 2, 1, 2)), (1, 4, 6), "network"),
    "one_by_one": (lambda: nn.Sequential(conv(2, 3, 1), conv(3, 1, 1)), (2, 4), "network"),
    "full_padding": (lambda: nn.Sequential(conv(1, 2, 3, padding=2), conv(2, 1, 2, padding=1)), (1, 5), "network"),
    "full_padding_2d": (lambda: conv(1, 2, (2, 3), 2, padding=(1, 2)), (1, 3, 4), "network"),
    "full_padding_stride": (lambda: conv(1, 1, 3, padding=2, stride=2), (1, 6), "network"),
    "zero_same_2d": (
        lambda: nn.Sequential(conv(1, 2, 3, 2, padding="same"), conv(2, 1, 3, 2, padding=1)),
        (1, 4, 3),
        "factors",
    ),
    "zero_same_even": (
        lambda: nn.Sequential(conv(1, 1, 4, padding="same"), conv(1, 1, 2, padding="same")),
        (1, 6),
        "factors",
    ),
    "circular_even_2d": (lambda: circular(1, 1, (4, 2), 1, 2), (1, 5, 3), "network"),
    "reflect": (lambda: conv(1, 1, 3, padding=1, padding_mode="reflect"), (1, 5), "factors"),
    "replicate_2d": (lambda: conv(1, 1, 3, 2, padding=1, padding_mode="replicate"), (1, 3, 4), "factors"),
    "valid": (lambda: nn.Sequential(conv(2, 2, 3), conv(2, 1, 2)), (2, 7), "factors"),
    "valid_2d": (lambda: nn.Sequential(conv(1, 2, 2, 2), conv(2, 1, (2, 3), 2, stride=(1, 2))), (1, 5, 6), "factors"),
    "stride": (lambda: nn.Sequential(conv(1, 2, 3, stride=2), conv(2, 1, 2, stride=1)), (1, 9), "factors"),
    "stride_dilation": (lambda: conv(1, 2, 3, 2, stride=2, dilation=2, padding=1), (1, 7, 8), "factors"),
    "pool": (lambda: nn.Sequential(circular(1, 2, 3), nn.AvgPool1d(2), circular(2, 1, 2)), (1, 8), "network"),
    "pool_overlap": (lambda: nn.Sequential(conv(1, 2, 3, padding="same"), nn.AvgPool1d(3, 2, 1)), (1, 8), "factors"),
    "pool_2d": (
        lambda: nn.Sequential(conv(1, 2, 2, 2), nn.AvgPool2d((2, 1)), nn.Flatten(), nn.Linear(8, 2, bias=False)),
        (1, 5, 3),
        "factors",
    ),
    "global_pool": (
        lambda: nn.Sequential(
            circular(1, 3, 2, 1, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2, bias=False)
        ),
        (1, 4, 4),
        "network",
    ),
    "flatten_linear": (
        lambda: nn.Sequential(circular(1, 2, 3), nn.Flatten(), nn.Linear(12, 2, bias=False)),
        (1, 6),
        "factors",
    ),
    "flatten_last": (lambda: nn.Sequential(circular(1, 2, 3), nn.Identity(), nn.Flatten()), (1, 6), "network"),
    "linear": (lambda: nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2, bias=False)), (4,), "factors"),
    "linear_on_signals": (lambda: nn.Linear(4, 3, bias=False), (2, 4), "factors"),
    "linear_branches": (
        lambda: nn.Sequential(
            Sum(nn.Linear(3, 2, bias=False), nn.Linear(3, 1, bias=False), how="cat"), nn.Linear(3, 2, bias=False)
        ),
        (3,),
        "factors",
    ),
    "residual": (lambda: nn.Sequential(circular(1, 2, 3), Residual(circular(2, 2, 2))), (1, 7), "network"),
    "residual_deep": (lambda: Residual(nn.Sequential(circular(1, 2, 3), circular(2, 1, 2))), (1, 7), "network"),
    "residual_linear": (lambda: Residual(nn.Linear(3, 3, bias=False)), (3,), "network"),
    "branches_add": (
        lambda: nn.Sequential(circular(1, 2, 2), Sum(circular(2, 2, 3), circular(2, 2, 2, 3))),
        (1, 8),
        "network",
    ),
    "branches_of_two_depths": (
        lambda: Sum(nn.Sequential(circular(1, 2, 2), circular(2, 1, 3)), circular(1, 1, 4)),
        (1, 9),
        "network",
    ),
    "branches_cat": (
        lambda: nn.Sequential(Sum(circular(1, 2, 2), circular(1, 1, 3), how="cat"), circular(3, 1, 2)),
        (1, 6),
        "network",
    ),
    "branches_cat_zero": (
        lambda: nn.Sequential(Sum(conv(1, 2, 3, padding=1), conv(1, 1, 5, padding=2), how="cat"), conv(3, 1, 2)),
        (1, 6),
        "factors",
    ),
    "branches_cat_last": (
        lambda: Sum(nn.Sequential(circular(1, 1, 2), circular(1, 2, 2)), circular(1, 1, 3), how="cat"),
        (1, 6),
        "network",
    ),
    "cat_of_flattened": (
        lambda: nn.Sequential(
            Sum(nn.Sequential(conv(1, 1, 2), nn.Flatten()), nn.Sequential(conv(1, 1, 3), nn.Flatten()), how="cat"),
            nn.Linear(9, 2, bias=False),
        ),
        (1, 6),
        "factors",
    ),
    "dense_net": (DenseNet, (2, 5), "network"),
    "view": (Reshaped, (2, 7), "factors"),
    "twice": (Twice, (1, 6), "network"),
    "pruned": (pruned, (1, 6), "network"),
}


def planted(make, seed=0):
    """A module with small integer weights, in float64."""
    torch.manual_seed(seed)
    module = make().double()
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randint(1, 5, weight.shape) * (2 * torch.randint(0, 2, weight.shape) - 1))
    return module


def own_matrix(module, shape):
    """The module's output on every basis input, as columns."""
    n = int(np.prod(shape))
    with torch.no_grad():
        return module(torch.eye(n, dtype=torch.float64).reshape(n, *shape)).reshape(n, -1).numpy().T


def product(case, h):
    """M_1(h_1) ... M_K(h_K) from the plain forms, in floats that hold these small numbers exactly."""
    h, X = iter(h), None
    for form in case.statement.forms:
        M = np.zeros(form.shape)
        for i, x in enumerate(next(h)) if form.parameters else ():
            for r, c, v in form.basis(i):
                M[r, c] += float(x * v)
        for r, c, v in form.known() if hasattr(form, "known") else ():
            M[r, c] += float(v)
        X = M if X is None else X @ M
    return X


@pytest.mark.parametrize("name", STACKS)
def test_the_product_is_what_the_module_computes(name):
    make, shape, kind = STACKS[name]
    module = planted(make)
    case = dv.from_torch(module, shape)
    assert isinstance(case.architecture, dv.Network if kind == "network" else dv.Architecture)
    h = dv.parameters_from_torch(module, case)
    assert all(isinstance(x, Fraction) for row in h for x in row)
    np.testing.assert_allclose(product(case, h), own_matrix(module, shape), rtol=0, atol=1e-10)


def test_the_weights_do_not_matter_for_the_question():
    make, shape, _ = STACKS["branches_cat"]
    statements = {dv.from_torch(planted(make, seed), shape).statement.sha256 for seed in range(3)}
    assert len(statements) == 1


def test_factors_are_short_where_they_can_be():
    stack = nn.Sequential(
        circular(1, 1, 2), conv(1, 1, 3, padding=2), conv(1, 1, 2), nn.Flatten(), nn.Linear(9, 2, bias=False)
    )
    factors = dv.from_torch(stack, (1, 8)).architecture.factors
    assert [type(f).__name__ for f in factors] == ["Dense", "Terms", "Toeplitz", "Circulant"]
    case = dv.from_torch(STACKS["linear_branches"][0](), (3,), equivalence="neuron-scale")
    assert [type(f).__name__ for f in case.architecture.factors] == ["Dense", "Dense"]
    stack = nn.Sequential(circular(1, 1, 2, 1, 2), conv(1, 1, 2, 2))
    assert [type(f).__name__ for f in dv.from_torch(stack, (1, 4, 4)).architecture.factors] == ["Terms", "Circulant2D"]


def test_names_and_default_equivalences():
    case = dv.from_torch(nn.Sequential(circular(1, 2, 2), circular(2, 1, 2)), (1, 6))
    assert [e.name for e in case.architecture.edges] == ["0.0,0", "0.1,0", "1.0,0", "1.0,1"]
    assert case.node_names == (("1.0",), ("0.0", "0.1"), ("input.0",))
    assert case.equivalence == "path-scale" and case.title == "Sequential, input 1 x 6"
    assert dv.from_torch(STACKS["circular_chain"][0](), (1, 9)).equivalence == "scale"
    assert dv.from_torch(STACKS["zero_same_2d"][0](), (1, 4, 3), title="t").title == "t"
    assert dv.from_torch(STACKS["zero_same_2d"][0](), (1, 4, 3)).equivalence == "scale"


def test_skips_are_fixed_edges():
    edges = dv.from_torch(STACKS["residual"][0](), (1, 7)).architecture.edges
    assert [(e.name, e.fixed) for e in edges if e.fixed] == [("0 > add.0,0", (1,)), ("0 > add.1,1", (1,))]
    (sixth,) = (e for e in dv.from_torch(Twice(), (1, 6)).architecture.edges if e.fixed and e.fixed != (1,))
    assert sixth.fixed == (3,)


def test_the_supports_of_a_pruned_network():
    module = planted(pruned)
    mask = torch.tensor([[[1.0, 0, 1]], [[0, 1, 0]]], dtype=torch.float64)
    prune.custom_from_mask(module[0], "weight", mask)
    case = dv.from_torch(module, (1, 6), supports_from_weights=True)
    assert case.statement.model.supports == ((tuple(range(6)), (0, 2, 4)),)
    h = dv.parameters_from_torch(module, case)
    assert [i for i, x in enumerate(h[1]) if x] == [0, 2, 4]
    np.testing.assert_allclose(product(case, h), own_matrix(module, (1, 6)), atol=1e-10)
    with pytest.raises(dv.BadInput, match="got a model and supports_from_weights, expected one of them"):
        dv.from_torch(module, (1, 6), supports_from_weights=True, model=dv.Sparse([1, 1]))


def test_half_precision_weights_are_exact():
    layer = circular(1, 1, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[0.1, 3.0]]]))
    h = dv.parameters_from_torch(layer, dv.from_torch(layer, (1, 4)))
    assert h == [[Fraction(float(np.float32(0.1))), Fraction(3)]]


def test_parameters_of_another_module_are_refused():
    case = dv.from_torch(circular(1, 1, 2), (1, 4))
    with pytest.raises(dv.BadInput, match="got a module with 3 weights by layer, expected 2 as in the case"):
        dv.parameters_from_torch(circular(1, 1, 3), case)


def test_a_four_layer_stack_end_to_end(tmp_path):
    stack = nn.Sequential(*(circular(1, 1, 2, 2**k, 2) for k in range(4)))
    case = dv.from_torch(stack, (1, 16, 16))
    result = dv.certify(case)
    assert result.uniform.verdict == "yes" and result.json["dnsp"]["gamma"] == ["1", "1"]
    result.save(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").stat().st_size > 1000
    assert dv.check(tmp_path / "out" / "certificate.json")["identifiability.uniform.verdict"] == "yes"
    assert json.loads((tmp_path / "out" / "result.json").read_text())["case"]["K"] == 4


def test_equal_dilations_collide():
    result = dv.certify(dv.from_torch(nn.Sequential(circular(1, 1, 2), circular(1, 1, 2)), (1, 8)))
    assert result.uniform.verdict == "no"


def test_hidden_channels_rescale_under_scale():
    result = dv.certify(dv.from_torch(nn.Sequential(conv(1, 2, 2), conv(2, 1, 2)), (1, 4)))
    assert result.equivalence == "scale" and result.uniform.verdict == "no"


# ------------------------------------------------------------------ refusals


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Calls(nn.Module):
    """A forward given as a function of the layer and the input."""

    def __init__(self, forward):
        super().__init__()
        self.a, self.how = circular(1, 1, 2), forward

    def forward(self, x):
        return self.how(self.a, x)


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


def tied():
    stack = nn.Sequential(circular(1, 1, 2), circular(1, 1, 2))
    stack[1].weight = stack[0].weight
    return stack


def hooked():
    layer = circular(1, 1, 2)
    layer.register_forward_hook(lambda module, args, out: 2 * out)
    return layer


def in_place(a, x):
    y = a(x)
    kept = y
    y.add_(x)
    return kept + y


def in_place_used(a, x):
    y = a(x)
    return torch.cat([y.add_(x), y], 1)


def in_place_operator(a, x):
    y = a(x)
    kept = y
    y += x
    return torch.cat([kept, y], 1)


REFUSED = [
    (lambda: nn.Sequential(circular(1, 1, 2), nn.ReLU()), (1, 4),
     "layer '1' is a ReLU: it is not linear, so that the product of the layers says nothing; dmfverify certifies "
     "linear networks; remove it, or put the 0/1 pattern of one fixed activation in its place as a known diagonal "
     "factor"),
    (lambda: nn.Sequential(circular(1, 1, 2), nn.Tanh()), (1, 4), "layer '1' is a Tanh: it is not linear"),
    (lambda: nn.Sequential(circular(1, 1, 2), nn.MaxPool1d(2)), (1, 4), "layer '1' is a MaxPool1d: it is not linear"),
    (lambda: nn.Sequential(circular(1, 1, 2), nn.BatchNorm1d(1)), (1, 4),
     "layer '1' is a BatchNorm1d: it shifts and divides by statistics; "
     "multiply its factors into the layer before and remove it"),
    (lambda: nn.Sequential(circular(1, 1, 2), nn.LayerNorm(4)), (1, 4), "layer '1' is a LayerNorm: it shifts"),
    (lambda: nn.Sequential(circular(1, 1, 2), nn.Dropout()), (1, 4),
     "layer '1' is a Dropout: random in training, the identity afterwards; put torch.nn.Identity() in its place"),
    (lambda: nn.Conv1d(1, 1, 2), (1, 4),
     "layer '0' has a bias: the layer is affine, not linear; expected none; build it with bias=False"),
    (lambda: nn.Sequential(nn.Sequential(nn.ConvTranspose1d(1, 1, 2, bias=False))), (1, 4),
     "layer '0.0' is a ConvTranspose1d, expected Conv1d, Conv2d, Linear, Flatten, AvgPool1d, AvgPool2d, "
     "AdaptiveAvgPool1d, AdaptiveAvgPool2d or Identity"),
    (tied, (1, 4), "layer '1' and layer '0' share their weights: a parameter in two factors is not supported"),
    (lambda: nn.Sequential(*[circular(1, 1, 2)] * 2), (1, 4), "layer '0' is used twice: a parameter in two factors"),
    (hooked, (1, 4), "layer '0' has a hook, which may change what it computes; expected none; remove it"),
    (lambda: nn.utils.parametrizations.weight_norm(circular(1, 1, 2)), (1, 4), "layer '0' is a ParametrizedConv1d"),
    (Branching, (1, 4), "module: torch.fx cannot follow its forward: symbolically traced variables"),
    (TwoInputs, (1, 4), "module: its forward takes 2 arguments, expected one tensor"),
    (lambda: Calls(lambda a, x: torch.relu(a(x))), (1, 4), "'relu' calls relu: it is not linear"),
    (lambda: Calls(lambda a, x: nn.functional.max_pool1d(a(x), 2)), (1, 4),
     "'max_pool1d' calls max_pool1d: it is not linear"),
    (lambda: Calls(lambda a, x: 2 * a(x)), (1, 4),
     "module: 'mul' calls mul, expected add, cat, flatten, view or reshape between layers"),
    (lambda: Calls(lambda a, x: a(x) + 1), (1, 4),
     "module: 'add' adds something else than two tensors; constants and factors are no layers"),
    (lambda: Calls(lambda a, x: torch.add(a(x), x, alpha=2)), (1, 4), "module: 'add' adds something else"),
    (lambda: Calls(lambda a, x: (a(x), x)), (1, 4),
     "module: its forward returns a tuple of 2, expected one tensor; join them by torch.cat"),
    (lambda: Calls(lambda a, x: torch.cat([a(x), x], 2)), (1, 4),
     "module: 'cat' joins along dimension 2, expected dimension 1, the channels"),
    (lambda: Calls(lambda a, x: nn.functional.conv1d(a(x), a.weight)), (1, 4), "module: its forward uses 'a.weight'"),
    (lambda: Calls(lambda a, x: a(x).view(-1)), (1, 4), "module: 'view' has shape (8,) for a batch of 2"),
    (lambda: Calls(in_place), (1, 4),
     "module: torch.fx follows something else than the module computes: hooks, or sums in place"),
    (lambda: Calls(in_place_used), (1, 4), "module: 'add_' adds to 'a' in place, which is read elsewhere too"),
    (lambda: Calls(in_place_operator), (1, 4), "module: torch.fx follows something else than the module computes"),
    (lambda: nn.AvgPool1d(2, ceil_mode=True), (1, 5), "layer '0' has ceil_mode=True, which weights windows"),
    (lambda: nn.AvgPool1d(3, 1, 1, count_include_pad=False), (1, 5), "layer '0' has count_include_pad=False"),
    (lambda: nn.AdaptiveAvgPool1d(2), (1, 5),
     "layer '0' pools (5,) to (2,), expected an output that divides the input"),
    (lambda: nn.AvgPool1d(2), (1, 4), "network: got 0 factors with parameters"),
    (nn.Identity, (1, 4), "module: got a module without layers, expected at least one"),
    (lambda: circular(1, 1, 2), (3, 4), "input_shape: the module refuses an input of shape (3, 4): "),
    (lambda: circular(2, 2, 2), (4,), "input_shape: layer '0' reads an input of shape (4,), expected (C, N)"),
    (lambda: circular(1, 1, 2), (1, 0), "input_shape[1]: got 0, expected an integer of at least 1"),
    (lambda: circular(1, 1, 2), 4, "input_shape: got 4, expected the shape of one input, without the batch"),
    (lambda: "x", (1, 4), "module: got 'str', expected a torch.nn.Module"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "line"), REFUSED, ids=[line[:60] for *_, line in REFUSED])
def test_a_refusal_names_the_layer_and_says_why(make, shape, line):
    with pytest.raises(dv.BadInput, match=f"^{re.escape(line)}") as refusal:
        dv.from_torch(make(), shape)
    assert "\n" not in str(refusal.value)


def test_a_skip_in_a_module_that_is_no_network_is_not_answered_yet():
    with pytest.raises(NotYet, match=re.escape(
        "layer 'body' with parameters lies beside 'x' without: an affine factor, which only a network of convolutions "
        "can hold; and it is none: layer 'body': it pads with zeros, which is no circular convolution"
    )):  # fmt: skip
        dv.from_torch(Residual(conv(1, 1, 3, padding="same")), (1, 5))


def test_a_skip_in_a_network_is_answered():
    """Two residual blocks may be exchanged."""
    case = dv.from_torch(STACKS["residual"][0](), (1, 7))
    assert case.equivalence == "path-scale"
    assert dv.certify(case).uniform.verdict == "no"


def test_path_scale_says_which_layer_is_in_the_way():
    line = "equivalence: got 'path-scale', which needs a network: layer '0': it does not pad, which is no circular"
    with pytest.raises(dv.BadInput, match=re.escape(line)):
        dv.from_torch(conv(1, 1, 2), (1, 5), equivalence="path-scale")


def test_without_torch_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        MissingExtra, match=re.escape("from_torch needs torch, which is not installed; try: pip install")
    ):
        dv.from_torch(object(), (1, 4))
