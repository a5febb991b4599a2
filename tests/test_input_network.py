"""Networks: layers, node order, grids and paths, against products computed node by node."""

# ruff: noqa: E501

from __future__ import annotations

import itertools
import re
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmfverify.errors import BadInput
from dmfverify.problem import Case, Edge, Network, load

F = Fraction


def expand(form, h):
    """M(h) of a layer as a dict (row, column) -> value."""
    M: dict[tuple[int, int], Fraction] = {}
    entries = [(r, c, v * h[i]) for i in range(form.parameters) for r, c, v in form.basis(i)]
    for row, col, value in entries + form.known():
        M[row, col] = M.get((row, col), F(0)) + value
    return M


def times(A, B):
    """The product of two sparse matrices."""
    C: dict[tuple[int, int], Fraction] = {}
    rows: dict[int, list] = {}
    for (r, c), v in B.items():
        rows.setdefault(r, []).append((c, v))
    for (r, k), v in A.items():
        for c, w in rows.get(k, []):
            C[r, c] = C.get((r, c), F(0)) + v * w
    return {place: v for place, v in C.items() if v}


def response(network, weights, leaf, cell):
    """The output for a unit impulse at one cell of a leaf, signal by signal, without any matrix."""
    grid = network.grid
    signals = {leaf: {cell: F(1)}}
    strides, boundaries = per_layer(network.stride, network), per_layer(network.boundary, network)
    for depth in reversed(range(len(network.levels) - 1)):
        edges = [e for e in network.edges if e.to in network.levels[depth]]
        largest = [max(t[d] for e in edges for t in e.taps) for d in range(len(grid))]
        circular = boundaries[depth] == "circular"
        full = grid if circular else tuple(n + m for n, m in zip(grid, largest, strict=True))
        arrived: dict[str, dict] = {}
        for edge in edges:
            for at, value in signals.get(edge.source, {}).items():
                for tap, weight in zip(edge.taps, edge.fixed or weights[edge.name], strict=True):
                    place = tuple((a + t) % n if circular else a + t for a, t, n in zip(at, tap, full, strict=True))
                    if all(p % strides[depth] == 0 for p in place):
                        kept = tuple(p // strides[depth] for p in place)
                        signal = arrived.setdefault(edge.to, {})
                        signal[kept] = signal.get(kept, F(0)) + value * weight
        signals, grid = arrived, tuple(-(-n // strides[depth]) for n in full)
    return {place: v for place, v in signals.get(network.output, {}).items() if v}, grid


def per_layer(value, network):
    return list(value) if isinstance(value, (list, tuple)) else [value] * (len(network.levels) - 1)


def flat(cell, grid):
    position = 0
    for c, n in zip(cell, grid, strict=True):
        position = position * n + c
    return position


@st.composite
def networks(draw):
    """Layered graphs of two or three layers, edges in any order of the file, some fixed, 1-D and 2-D."""
    K = draw(st.integers(1, 3))
    levels = [["y"]] + [[f"n{k}{i}" for i in range(draw(st.integers(1, 2)))] for k in range(K)]
    dimensions = draw(st.integers(1, 2))
    pairs = []
    for upper, lower in itertools.pairwise(levels):
        pairs += [(source, upper[draw(st.integers(0, len(upper) - 1))]) for source in lower]
        pairs += [(lower[draw(st.integers(0, len(lower) - 1))], to) for to in upper]
    used = draw(st.permutations(pairs))
    tap = st.integers(0, 2) if dimensions == 1 else st.tuples(st.integers(0, 2), st.integers(0, 2))
    edges = []
    for n, (source, to) in enumerate(used):
        taps = draw(st.lists(tap, min_size=1, max_size=2, unique=True))
        fixed = [draw(st.sampled_from([F(1), F(-2), F(1, 3)])) for _ in taps] if draw(st.integers(0, 4)) == 0 else None
        edges.append(Edge(f"e{n}", source, to, taps, fixed))
    size = {"length": draw(st.integers(3, 5))} if dimensions == 1 else {"shape": [3, draw(st.integers(3, 4))]}
    stride = draw(st.one_of(st.integers(1, 2), st.lists(st.integers(1, 2), min_size=K, max_size=K)))
    choices = st.sampled_from(["circular", "zero"])
    boundary = draw(st.one_of(choices, st.lists(choices, min_size=K, max_size=K)))
    try:
        return Network(edges, output="y", stride=stride, boundary=boundary, **size)
    except BadInput as error:  # a stride may leave fewer cells than taps need to be different
        assert "the same tap modulo" in str(error)
        return Network(edges, output="y", boundary="zero", **size)


@given(network=networks(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_product_is_what_the_graph_does(network, data):
    value = st.integers(-3, 3).map(F)
    weights = {e.name: [data.draw(value) for _ in e.taps] for e in network.edges if e.fixed is None}
    product = None
    for form, layer in zip(network.forms, network.layers, strict=True):
        h = [w for n in layer if network.edges[n].fixed is None for w in weights[network.edges[n].name]]
        M = expand(form, h)
        product = M if product is None else times(product, M)
    cells = len(list(itertools.product(*map(range, network.grid))))
    for leaf, cell in itertools.product(network.levels[-1], itertools.product(*map(range, network.grid))):
        column = network.levels[-1].index(leaf) * cells + flat(cell, network.grid)
        expected, grid = response(network, weights, leaf, cell)
        assert {r: v for (r, c), v in product.items() if c == column and v} == {flat(p, grid): v for p, v in expected.items()}
        assert network.forms[0].out_grid == grid


@given(network=networks())
@settings(max_examples=40, deadline=None)
def test_names_follow_the_parameters(network):
    sizes = tuple(form.parameters for form in network.forms if form.parameters)
    assert tuple(map(len, network.names)) == sizes
    for names, blocks in zip(network.names, network.blocks, strict=True):
        assert names == tuple(f"{name}[{t}]" for name, _, count in blocks for t in range(count))
        assert [start for _, start, _ in blocks] == [*itertools.accumulate((n for _, _, n in blocks), initial=0)][:-1]


@given(network=networks())
@settings(max_examples=40, deadline=None)
def test_paths_are_counted(network):
    def below(node):
        leads = [e.source for e in network.edges if e.to == node]
        return sum(map(below, leads)) if leads else 1

    assert network.path_count == below("y")


# -- order -------------------------------------------------------------------------------------------


def test_order_of_layers_nodes_edges_and_taps():
    network = Network(
        [
            Edge("q", "u2", "y", [7, 3]),
            Edge("p", "u1", "y", [1]),
            Edge("a", "x2", "u1", [2, 0]),
            Edge("b", "x1", "u2", [5]),
            Edge("c", "x2", "u2", [4]),
        ],
        output="y", length=9,
    )  # fmt: skip
    assert network.levels == (("y",), ("u2", "u1"), ("x2", "x1"))
    top, bottom = network.forms
    assert top.taps == ((0, 0, (7,)), (0, 0, (3,)), (0, 1, (1,))) and top.nodes == (1, 2)
    assert bottom.taps == ((1, 0, (2,)), (1, 0, (0,)), (0, 1, (5,)), (0, 0, (4,))) and bottom.nodes == (2, 2)
    assert network.names == (("q[0]", "q[1]", "p[0]"), ("a[0]", "a[1]", "b[0]", "c[0]"))


def test_several_outputs_lie_one_below_the_other():
    edges = [Edge("a", "x", "u", [1]), Edge("b", "u", "y2", [2]), Edge("c", "u", "y1", [3, 4])]
    network = Network(edges, output=["y1", "y2"], length=9)
    assert network.levels == (("y1", "y2"), ("u",), ("x",)) and network.path_count == 2
    assert network.forms[0].taps == ((1, 0, (2,)), (0, 0, (3,)), (0, 0, (4,)))
    assert Case(network).statement.product_shape == (18, 9) and Case(network).equivalence == "path-scale"
    assert Network(edges[:2], output=["y2"], length=9) == Network(edges[:2], output="y2", length=9)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (["y1", "u"], "edges: got output 'u', which edge 'b' leaves; expected no edge there"),
        (["y1"], "edges: got node 'y2', from which no edges lead to the output 'y1'; remove it or join it"),
        (["y1", "y1"], "output: got a list of 2, expected a node, or a list of different nodes"),
        ([], "output: got an empty list, expected a node, or a list of different nodes"),
        (["y1", "z"], "output[1]: got 'z', expected a node that some edge leads to"),
        (["y1", 3], "output[1]: got 3, expected a string"),
        (3, "output: got 3, expected a string"),
    ],
)
def test_wrong_outputs_are_refused_in_one_line(output, line):
    edges = [Edge("a", "x", "u", [1]), Edge("b", "u", "y2", [2]), Edge("c", "u", "y1", [3])]
    with pytest.raises(BadInput, match=f"^{re.escape(line)}$"):
        Network(edges, output=output, length=9)


def test_parallel_edges_may_repeat_a_tap():
    edges = [Edge("a", "x", "y", [0, 1]), Edge("b", "x", "y", [1, 9]), Edge("c", "x", "y", [1], fixed=["1/2"])]
    (form,) = Network(edges[:2], output="y", length=12).forms
    assert form.taps == ((0, 0, (0,)), (0, 0, (1,)), (0, 0, (1,)), (0, 0, (9,)))
    assert form.basis(1) == form.basis(2)
    network = Network(edges, output="y", length=12)
    assert network.forms[0].fixed == ((0, 0, (1,), F(1, 2)),)
    assert network.path_count == 3


def test_taps_are_reduced_modulo_the_grid_of_their_layer():
    edges = [Edge("a", "x", "u", [0, -1]), Edge("b", "u", "y", [5, 2])]
    top, bottom = Network(edges, output="y", length=8, stride=[1, 2]).forms
    assert (bottom.grid, bottom.out_grid, bottom.taps) == ((8,), (4,), ((0, 0, (0,)), (0, 0, (7,))))
    assert (top.grid, top.taps) == ((4,), ((0, 0, (1,)), (0, 0, (2,))))
    with pytest.raises(BadInput, match=r"edges\[1\].taps\[1\]: got 6, the same tap modulo 4 as edges\[1\].taps\[0\]"):
        Network([edges[0], Edge("b", "u", "y", [2, 6])], output="y", length=8, stride=[1, 2])


def test_edges_of_a_layer_with_zero_boundary_share_its_grid():
    edges = [Edge("a", "x", "u", [0, 3]), Edge("b", "x", "v", [1]), Edge("c", "u", "y", [0]), Edge("d", "v", "y", [0, 2])]
    top, bottom = Network(edges, output="y", length=5, boundary="zero").forms
    assert bottom.out_grid == top.grid == (8,) and top.out_grid == (10,)
    assert bottom.shape == (16, 5) and top.shape == (10, 16)


def test_mixed_boundaries():
    edges = [Edge("a", "x", "u", [0, 3]), Edge("b", "u", "y", [0, -1])]
    top, bottom = Network(edges, output="y", length=5, boundary=["circular", "zero"]).forms
    assert (bottom.boundary, bottom.out_grid) == ("zero", (8,))
    assert (top.boundary, top.taps[1]) == ("circular", (0, 0, (7,)))


def test_strides_on_edges():
    def strides(network):
        return [form.stride for form in network.forms]

    edges = [Edge("a", "x", "u", [0, 1], stride=3), Edge("b", "u", "y", [0, 1])]
    assert strides(Network(edges, output="y", length=9)) == [1, 3]
    assert strides(Network(edges, output="y", length=9, stride=3)) == [3, 3]
    assert strides(Network([edges[1], edges[0]], output="y", length=9, stride=[2, 1])) == [2, 3]


def test_a_network_as_tables_is_the_same_network():
    tables = [{"name": "a", "from": "x", "to": "y", "taps": [0, 1]}]
    assert Network(tables, output="y", length=4) == Network([Edge("a", "x", "y", (0, 1))], output="y", length=4)


def test_layers_without_parameters():
    edges = [Edge("a", "x", "u", [0, 1]), Edge("pool", "u", "v", [0, 1], fixed=[1, 1], stride=2), Edge("b", "v", "y", [0, 1])]
    case = Case(Network(edges, output="y", length=8))
    assert case.statement.K == 2 and len(case.statement.forms) == 3
    assert case.names == (("b[0]", "b[1]"), ("a[0]", "a[1]"))
    assert case.statement.forms[1].parameters == 0 and len(case.statement.forms[1].known()) == 8


# -- default equivalence -----------------------------------------------------------------------------


def test_default_equivalence():
    chain = [Edge("a", "x", "u", [0, 1]), Edge("b", "u", "y", [0, 1])]
    assert Case(Network(chain, output="y", length=4)).equivalence == "scale"
    for extra in (Edge("c", "x", "u", [0]), Edge("c", "x2", "u", [0])):
        network = Network([*chain, extra], output="y", length=4)
        assert Case(network).equivalence == "path-scale"
        assert Case(network, equivalence="scale").equivalence == "scale"


def test_exponentially_many_paths_are_counted_and_not_listed():
    edges = [Edge(f"{k}{j}", f"u{k + 1}" if k < 499 else "x", f"u{k}", [j]) for k in range(500) for j in range(3)]
    network = Network(edges, output="u0", length=8)
    assert network.path_count == 3**500
    assert Case(network).equivalence == "path-scale"


# -- size --------------------------------------------------------------------------------------------


def test_large_networks():
    start = time.perf_counter()
    edges = [Edge(f"e{k}", f"u{k}", f"u{k + 1}", range(10_000)) for k in range(20)]
    case = Case(Network(edges, output="u20", length=10**8))
    assert case.statement.sizes == (10_000,) * 20 and case.statement.product_shape == (10**8, 10**8)
    wide = [Edge(f"{k}.{j}", f"u{k}", f"u{k + 1}", [j]) for k in range(1000) for j in range(5)]
    assert Case(Network(wide, output="u1000", length=10**8)).statement.K == 1000
    assert time.perf_counter() - start < 5


def test_an_edge_of_a_hundred_thousand_taps_loads(tmp_path):
    taps = ", ".join(map(str, range(100_000)))
    edges = f'{{name = "a", from = "x", to = "y", taps = [{taps}]}}'
    (tmp_path / "x.toml").write_text(f'[network]\nlength = 100000000\noutput = "y"\nedges = [{edges}]\n')
    start = time.perf_counter()
    assert load(tmp_path / "x.toml").statement.sizes == (100_000,)
    assert time.perf_counter() - start < 5


def test_wrong_graphs_of_any_size_are_refused_in_time():
    start = time.perf_counter()
    line = [Edge(f"e{k}", f"u{k}", f"u{k + 1}", [0]) for k in range(20_000)]
    with pytest.raises(BadInput, match="got 20000 layers, expected at most 1,000"):
        Network(line, output="u20000", length=8)
    with pytest.raises(BadInput, match="got the cycle|got a cycle"):
        Network([*line, Edge("back", "u19999", "u3", [0])], output="u20000", length=8)
    with pytest.raises(BadInput, match=r"paths of 1 edges \(skip\) and of 20000 edges \(e0 > e1 > .* > e19999\)"):
        Network([*line, Edge("skip", "u0", "u20000", [0])], output="u20000", length=8)
    assert time.perf_counter() - start < 5


def test_paths_of_two_lengths_are_both_named():
    """Two inner nodes deep, so that the whole paths are needed to see it."""
    edges = [
        Edge("in", "x", "s", [0]), Edge("up", "s", "u", [0]), Edge("down", "u", "t", [0]), Edge("short", "s", "t", [0]),
        Edge("out", "t", "y", [0]),
    ]  # fmt: skip
    with pytest.raises(BadInput) as caught:
        Network(edges, output="y", length=8)
    assert str(caught.value).startswith(
        "edges: got paths of 3 edges (in > short > out) and of 4 edges (in > up > down > out), expected the same number"
    )


@pytest.mark.parametrize("boundary", ["circular", "zero"])
def test_two_dimensions(boundary):
    edges = [Edge("a", "x", "y", [[0, 0], [1, 2]])]
    (form,) = Network(edges, output="y", shape=[3, 4], boundary=boundary).forms
    assert form.grid == (3, 4) and form.shape == ((12, 12) if boundary == "circular" else (24, 12))
    assert form.basis(1)[0] == (6 if boundary == "circular" else 8, 0, 1)


def test_zero_padding_may_not_outgrow_the_limit():
    edges = [Edge("a", "x", "y", [2**40])]
    with pytest.raises(BadInput, match=r"edges\[0\].taps: got a grid of .* cells, expected at most 2\^40"):
        Network(edges, output="y", length=8, boundary="zero")
