"""Case files and the files that they name: what loads, and the one line that answers what does not."""

# ruff: noqa: E501

from __future__ import annotations

import io
import os
import re
import struct
import time
import zipfile
from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

from dmfverify.errors import BadInput
from dmfverify.problem import load, template
from dmfverify.problem.forms import Known, Pattern, Taps, Terms

C = '[[factors]]\noperator = "circulant"\nlength = 8\ntaps = [0, 1]\n'
TWO = C + C
NET = '[network]\nlength = 8\noutput = "y"\nedges = [%s]\n'
CHAIN = NET % '{name="a",from="x",to="u",taps=[0,1]}, {name="b",from="u",to="y",taps=[0,2]}'
DIAMOND = NET % '{name="a",from="x",to="u",taps=[0]},{name="b",from="x",to="v",taps=[0]},{name="c",from="u",to="y",taps=[0]},{name="d",from="v",to="y",taps=[4]}'


def f(op, **keys):
    return "".join([f'[[factors]]\noperator = "{op}"\n', *(f"{key} = {value}\n" for key, value in keys.items())])


WRONG = [
("empty", "", 'got neither factors nor network, expected [[factors]] tables or one [network] table'),
("unknown top key", 'titel = "x"\n'+C, "unknown key 'titel', expected title, source, equivalence, factors, network, model, data or expected; did you mean 'title'?"),
("unknown factor key", f('circulant', length=8, tap='[0]'), "factors[0]: unknown key 'tap', expected length, taps or stride; did you mean 'taps'?"),
("shared is unknown", C.replace('length', 'shared = 1\nlength'), "factors[0]: unknown key 'shared': a parameter shared by two factors is not supported, each factor has its own h"),
("affine", C.replace('length', 'bias = [1]\nlength'), "factors[0]: unknown key 'bias': affine factors are not supported, M(h) has to be linear in h"),
("unknown operator", f('circulent', length=8, taps='[0]'), "factors[0].operator: got 'circulent', expected basis, terms, pattern, dense, diagonal, circulant, toeplitz, circulant2d, fixed or file; did you mean 'circulant'?"),
("operator missing", '[[factors]]\nlength = 8\n', "factors[0]: key 'operator' is missing; expected basis, terms, pattern, dense, diagonal, circulant, toeplitz, circulant2d, fixed or file"),
("operator a number", '[[factors]]\noperator = 3\n', 'factors[0].operator: got 3, expected basis, terms, pattern, dense, diagonal, circulant, toeplitz, circulant2d, fixed or file'),
("key missing", f('circulant', length=8), "factors[0]: key 'taps' is missing; expected length and taps"),
("single bracket", '[factors]\noperator = "dense"\nshape = [2, 2]\n', 'factors: got a table, expected [[factors]] tables; write [[factors]] with two brackets'),
("both", C + CHAIN, 'got both factors and network, expected [[factors]] tables or one [network] table'),
("factors empty", 'factors = []\n', 'factors: got an empty list, expected at least one factor'),
("factors of numbers", 'factors = [1]\n', 'factors[0]: got 1, expected a table with the key operator'),
("no parameter", f('fixed', matrix='[[1]]'), 'factors: got 0 factors with parameters, expected between 1 and 1,000'),
("do not compose", f('dense', shape='[3, 2]') + f('diagonal', size=5), 'factors: factors[0] is 3 x 2 and factors[1] is 5 x 5, expected as many columns in factors[0] as rows in factors[1]'),
("fixed does not compose", f('diagonal', size=3) + f('fixed', matrix='[[1, 2]]') + f('diagonal', size=2), 'factors: factors[0] is 3 x 3 and factors[1] is 1 x 2, expected as many columns in factors[0] as rows in factors[1]'),
("nan", f('basis', basis='[[[1, nan]]]'), 'factors[0].basis[0][0][1]: got nan, expected a finite number'),
("inf", f('basis', basis='[[[1, 0]], [[-inf, 1]]]'), 'factors[0].basis[1][0][0]: got -inf, expected a finite number'),
("true in a matrix", f('basis', basis='[[[1, true]]]'), 'factors[0].basis[0][0][1]: got true, expected a number: an integer, a decimal or a string such as "-3/7"'),
("date in a matrix", f('basis', basis='[[[1979-05-27]]]'), 'factors[0].basis[0][0][0]: got 1979-05-27, expected a number: an integer, a decimal or a string such as "-3/7"'),
("hex", f('basis', basis='[[[0x10]]]'), 'factors[0].basis[0][0][0]: got 0x10, expected a decimal number'),
("octal", f('circulant', length=8, taps='[0o7]'), 'factors[0].taps[0]: got 0o7, expected a decimal number'),
("binary", f('circulant', length='0b1000', taps='[0]'), 'factors[0].length: got 0b1000, expected a decimal number'),
("word", f('basis', basis='[[["one"]]]'), 'factors[0].basis[0][0][0]: got \'one\', expected a number: an integer, a decimal or a string such as "-3/7"'),
("division by zero", f('basis', basis='[[["1/0"]]]'), "factors[0].basis[0][0][0]: got '1/0', expected a denominator that is not zero"),
("complex", f('basis', basis='[[["1+2j"]]]'), "factors[0].basis[0][0][0]: got '1+2j': complex numbers are not supported, all of it is about real parameters"),
("decimal too long", f('basis', basis='[[[0.'+'1'*1001+']]]'), 'factors[0].basis[0][0][0]: got 0.1111111111111111111111111111111111..., a number of 1,002 digits, expected at most 1,000'),
("integer too long", f('basis', basis='[[['+'1'*1001+']]]'), 'factors[0].basis[0][0][0]: got 111111111111111111111111111111111111..., a number of 1,001 digits, expected at most 1,000'),
("string too long", f('basis', basis='[[["'+'1'*1001+'"]]]'), 'factors[0].basis[0][0][0]: got more than 1,000 digits, expected at most 1,000 in numerator and denominator'),
("fraction too long", f('basis', basis='[[[1e-1000]]]'), 'factors[0].basis[0][0][0]: got more than 1,000 digits, expected at most 1,000 in numerator and denominator'),
("exponent", f('basis', basis='[[[1e999999999]]]'), 'factors[0].basis[0][0][0]: got 1e999999999, expected an exponent between -1,000 and 1,000'),
("exponent in a string", f('basis', basis='[[["1e999999999"]]]'), "factors[0].basis[0][0][0]: got '1e999999999', expected an exponent between -1,000 and 1,000"),
("exponent 1001", f('basis', basis='[[[1e-1001]]]'), 'factors[0].basis[0][0][0]: got 1e-1001, expected an exponent between -1,000 and 1,000'),
("power", f('circulant', length='10**18', taps='[0]'), 'line 3: is not TOML: expected newline or end of document after a statement; got \'length = 10**18\'; write powers as digits and fractions as strings such as "1/3"'),
("huge length", f('circulant', length=10**18, taps='[0]'), 'factors[0].length: got 1000000000000000000, expected an integer of at least 1 and at most 2^40'),
("float length", f('circulant', length=8.0, taps='[0]'), 'factors[0].length: got 8.0, expected an integer of at least 1 and at most 2^40'),
("zero length", f('circulant', length=0, taps='[0]'), 'factors[0].length: got 0, expected an integer of at least 1 and at most 2^40'),
("negative stride", f('circulant', length=8, taps='[0]', stride=-1), 'factors[0].stride: got -1, expected an integer of at least 1 and at most 2^40'),
("no taps", f('circulant', length=8, taps='[]'), 'factors[0].taps: got an empty list, expected at least one tap'),
("taps a number", f('circulant', length=8, taps='3'), 'factors[0].taps: got 3, expected a list of taps'),
("taps repeat", f('circulant', length=8, taps='[0, 3, 8]'), 'factors[0].taps[2]: got 8, the same tap modulo 8 as taps[0]; expected each tap once'),
("negative toeplitz", f('toeplitz', length=8, taps='[0, -1]'), 'factors[0].taps[1]: got -1, expected a tap between 0 and 2^40, the boundary being zero'),
("toeplitz too long", f('toeplitz', length=2**40, taps='[0, 1]'), 'factors[0].taps: got a grid of 1099511627777 cells, expected at most 2^40 in all'),
("circulant2d flat", f('circulant2d', shape='[3, 4]', taps='[0, 1]'), 'factors[0].taps[0]: got 0, expected a pair of integers'),
("circulant2d repeat", f('circulant2d', shape='[3, 4]', taps='[[0, 1], [3, 5]]'), 'factors[0].taps[1]: got [3, 5], the same tap modulo 3 x 4 as taps[0]; expected each tap once'),
("circulant2d huge", f('circulant2d', shape='[1000000000, 1000000000]', taps='[[0, 1]]'), 'factors[0].shape: got a grid of 1000000000 x 1000000000 cells, expected at most 2^40 in all'),
("dense bomb", f('dense', shape='[1000000, 1000000]'), 'factors[0].shape: got 1000000000000 explicit entries, expected at most 10^7'),
("diagonal bomb", f('diagonal', size=10**12), 'factors[0].size: got 1000000000000 explicit entries, expected at most 10^7'),
("total bomb", f('dense', shape='[3000, 3000]')*2, 'factors: got 18000000 explicit entries, expected at most 10^7'),
("dense 1-D", f('dense', shape='[3]'), 'factors[0].shape: got [3], expected [rows, columns]'),
("dense zero", f('dense', shape='[3, 0]'), 'factors[0].shape[1]: got 0, expected an integer of at least 1 and at most 2^40'),
("ragged", f('basis', basis='[[[1, 2], [3]]]'), 'factors[0].basis[0][1]: got [3], expected a row of 2, as row 0'),
("basis shapes differ", f('basis', basis='[[[1, 2]], [[1], [2]]]'), 'factors[0].basis[1]: got a 2 x 1 matrix, expected 1 x 2 as basis[0]'),
("basis a matrix", f('basis', basis='[[1, 2], [3, 4]]'), 'factors[0].basis[0][0]: got 1, expected a row: a list of numbers'),
("basis empty", f('basis', basis='[]'), 'factors[0].basis: got an empty list, expected at least one matrix'),
("basis empty row", f('basis', basis='[[[]]]'), 'factors[0].basis[0][0]: got an empty list, expected a row with at least one number'),
("terms index", f('terms', shape='[2, 2]', parameters=1, terms='[[1, 0, 0, 1]]'), 'factors[0].terms[0][0]: got 1, expected 0'),
("terms row", f('terms', shape='[2, 2]', parameters=1, terms='[[0, 2, 0, 1]]'), 'factors[0].terms[0][1]: got 2, expected an integer between 0 and 1'),
("terms short", f('terms', shape='[2, 2]', parameters=1, terms='[[0, 1, 0]]'), 'factors[0].terms[0]: got [0, 1, 0], expected [i, row, col, value]'),
("terms without parameters", f('terms', shape='[2, 2]', parameters=0, terms='[]'), 'factors[0].parameters: got 0, expected an integer between 1 and 10000000'),
("pattern outside", f('pattern', shape='[2, 2]', entries='[[0, 2]]'), 'factors[0].entries[0][1]: got 2, expected an integer between 0 and 1'),
("pattern repeat", f('pattern', shape='[2, 2]', entries='[[0, 1], [0, 1]]'), 'factors[0].entries[1]: got [0, 1] again, as in entries[0]; expected each position once'),
("pattern empty", f('pattern', shape='[2, 2]', entries='[]'), 'factors[0].entries: got an empty list, expected at least one [row, column] pair'),
("fixed ragged", f('fixed', matrix='[[1], [1, 2]]'), 'factors[0].matrix[1]: got [1, 2], expected a row of 1, as row 0'),
("equivalence", 'equivalence = "scal"\n' + C, "equivalence: got 'scal', expected scale, path-scale or neuron-scale; did you mean 'scale'?"),
("path-scale", 'equivalence = "path-scale"\n' + C, "equivalence: got 'path-scale', which needs a network; expected scale or neuron-scale for a list of factors"),
("neuron-scale", 'equivalence = "neuron-scale"\n' + C, "equivalence: got 'neuron-scale' for factors[0], a circulant factor; it needs pattern, dense or diagonal factors only"),
("neuron-scale network", 'equivalence = "neuron-scale"\n' + CHAIN, "equivalence: got 'neuron-scale' for a network; it needs pattern, dense or diagonal factors only"),
("title", 'title = 3\n' + C, 'title: got 3, expected a string'),
("expected", 'expected = 3\n' + C, 'expected: got 3, expected a table'),
("duplicate key", 'title = "a"\ntitle = "b"\n' + C, 'line 2: is not TOML: cannot overwrite a value; got \'title = "b"\''),
("not TOML", 'title = "a\n' + C, 'line 1: is not TOML: illegal character \'\\n\'; got \'title = "a\''),
("nested", 'title = ' + '[' * 17 + ']' * 17, 'got brackets nested 17 deep, expected at most 16'),
("nested a million", 'title = ' + '[' * 10**6, 'got brackets nested 1000000 deep, expected at most 16'),
("dotted", '.'.join('a' * 17) + ' = 1', 'got a key of more than 16 parts, expected at most 16'),
("dotted a million", '.'.join('a' * 10**6) + ' = 1', 'got a key of more than 16 parts, expected at most 16'),
("a million tables", '[[factors]]\n' * 10**6, 'got more than 20,000 tables, expected fewer'),
("1,001 factors", f('diagonal', size=1) * 1001, 'factors: got 1001 factors with parameters, expected between 1 and 1,000'),
("model kind", TWO + '[model]\nkind = "sparce"\n', "model.kind: got 'sparce', expected free, supports, sparse, group-sparse or nonnegative; did you mean 'sparse'?"),
("model kind missing", TWO + '[model]\nsparsity = [1, 1]\n', "model: key 'kind' is missing; expected free, supports, sparse, group-sparse or nonnegative"),
("model key", TWO + '[model]\nkind = "sparse"\nsupports = [[[0],[0]]]\n', "model: unknown key 'supports', expected sparsity or nonnegative"),
("model list", 'model = 3\n' + TWO, 'model: got 3, expected a table with the key kind'),
("sparsity missing", TWO + '[model]\nkind = "sparse"\n', "model: key 'sparsity' is missing"),
("sparsity short", TWO + '[model]\nkind = "sparse"\nsparsity = [1]\n', 'model.sparsity: got [1], expected 2 entries, one a factor with parameters'),
("sparsity zero", TWO + '[model]\nkind = "sparse"\nsparsity = [1, 0]\n', 'model.sparsity[1]: got 0, expected an integer of at least 1 and at most 2^40'),
("sparsity for a fixed factor", f('diagonal', size=2)+f('fixed', matrix='[[1, 2], [3, 4]]')+f('diagonal', size=2)+'[model]\nkind = "sparse"\nsparsity = [1, 1, 1]\n', 'model.sparsity[1]: got 1, expected nothing ([] or 0): this factor has no parameters'),
("empty support", TWO + '[model]\nkind = "supports"\nsupports = [[[0], []]]\n', 'model.supports[0][1]: got an empty support, expected at least one index: a factor of zeros makes the product zero'),
("index out of range", TWO + '[model]\nkind = "supports"\nsupports = [[[0], [1]], [[2], [0]]]\n', 'model.supports[1][0][0]: got 2, expected an integer between 0 and 1'),
("negative index", TWO + '[model]\nkind = "supports"\nsupports = [[[0], [-1]]]\n', 'model.supports[0][1][0]: got -1, expected an integer between 0 and 1'),
("index twice", TWO + '[model]\nkind = "supports"\nsupports = [[[0], [1, 1]]]\n', 'model.supports[0][1]: got the index 1 twice, expected each once'),
("no supports", TWO + '[model]\nkind = "supports"\nsupports = []\n', 'model.supports: got an empty list, expected at least one model'),
("supports not deep enough", TWO + '[model]\nkind = "supports"\nsupports = [[0], [1]]\n', 'model.supports[0]: got [0], expected 2 entries, one a factor with parameters'),
("supports by edge without network", TWO + '[model]\nkind = "supports"\nsupports = [{a = [0], b = [0]}]\n', 'model.supports[0]: got a table, expected a list over the factors: a table by edge name needs a network'),
("supports of an unknown edge", CHAIN + '[model]\nkind = "supports"\nsupports = [{a = [0], bb = [0]}]\n', "model.supports[0]: unknown edge 'bb', expected the name of an edge with parameters; did you mean 'b'?"),
("supports without an edge", CHAIN + '[model]\nkind = "supports"\nsupports = [{a = [0]}]\n', "model.supports[0]: edge 'b' is missing, expected an entry for each edge with parameters"),
("supports by edge out of range", CHAIN + '[model]\nkind = "supports"\nsupports = [{a = [0], b = [2]}]\n', 'model.supports[0].b[0]: got 2, expected an integer between 0 and 1'),
("supports by edge empty", CHAIN + '[model]\nkind = "supports"\nsupports = [{a = [], b = [1]}]\n', 'model.supports[0].a: got an empty support, expected at least one index: a factor of zeros makes the product zero'),
("group empty", TWO + '[model]\nkind = "group-sparse"\ngroups = [[[0], []], [[0]]]\nactive = [1, 1]\n', 'model.groups[0][1]: got an empty group, expected at least one index'),
("groups empty", TWO + '[model]\nkind = "group-sparse"\ngroups = [[[0]], []]\nactive = [1, 1]\n', 'model.groups[1]: got an empty list, expected at least one index group'),
("group out of range", TWO + '[model]\nkind = "group-sparse"\ngroups = [[[0]], [[5]]]\nactive = [1, 1]\n', 'model.groups[1][0][0]: got 5, expected an integer between 0 and 1'),
("active zero", TWO + '[model]\nkind = "group-sparse"\ngroups = [[[0]], [[1]]]\nactive = [0, 1]\n', 'model.active[0]: got 0, expected an integer of at least 1 and at most 2^40'),
("nonnegative", TWO + '[model]\nkind = "free"\nnonnegative = 1\n', 'model.nonnegative: got 1, expected true or false'),
("too many choices by edge", DIAMOND.replace('[0]', str(list(range(8)))).replace('8\n','64\n').replace('[4]', str(list(range(8)))) + '[model]\nkind = "sparse"\nsparsity = {a = 4, b = 4, c = 4, d = 4}\n', 'model.sparsity: got more than 10^5 supports, expected at most 10^5 where several edges of a layer have a bound each; bound whole layers by a list'),
("data key", C + '[data]\ninput = [[1]]\n', "data: unknown key 'input', expected inputs; did you mean 'inputs'?"),
("data shape", C + '[data]\ninputs = [[1, 2], [3, 4]]\n', 'data.inputs: factors[0] is 8 x 8 and inputs is 2 x 2, expected 8 rows in inputs'),
("data nan", C + '[data]\ninputs = [[nan]]\n', 'data.inputs[0][0]: got nan, expected a finite number'),
("data not a table", 'data = [[1]]\n' + C, 'data: got a list of 1, expected a table with the key inputs'),
("network key", CHAIN + 'nodes = 3\n', "network: unknown key 'nodes', expected length, shape, output, edges, boundary or stride"),
("network without output", '[network]\nlength = 8\nedges = []\n', "network: key 'output' is missing; expected output and edges"),
("network without edges", NET % '', 'network.edges: got an empty list, expected at least one edge'),
("network output", CHAIN.replace('"y"\ne', '"z"\ne'), "network.output: got 'z', expected a node that some edge leads to"),
("network output is an input", CHAIN.replace('"y"\ne', '"x"\ne'), "network.output: got 'x', expected a node that some edge leads to"),
("network length and shape", CHAIN + 'shape = [2, 4]\n', 'network: got both of length and shape, expected length = N or shape = [H, W]'),
("network without length", CHAIN.replace('length = 8\n', ''), 'network: got neither of length and shape, expected length = N or shape = [H, W]'),
("network too large", CHAIN.replace('length = 8\n', 'length = 1099511627777\n'), 'network.length: got 1099511627777, expected an integer of at least 1 and at most 2^40'),
("network taps flat", CHAIN.replace('length = 8\n', 'shape = [2, 4]\n'), 'network.edges[0].taps[0]: got 0, expected pairs of integers, for shape = [H, W]'),
("network taps pairs", CHAIN.replace('[0,1]', '[[0,1]]'), 'network.edges[0].taps[0]: got [0, 1], expected integers, for length = N'),
("edge key", CHAIN.replace('from="x"', 'source="x"'), "network.edges[0]: unknown key 'source', expected name, from, to, taps, fixed or stride"),
("edge name missing", CHAIN.replace('name="a",', ''), "network.edges[0]: key 'name' is missing; expected name, from, to and taps"),
("edge repeated", CHAIN.replace('"b"', '"a"'), "network.edges[1].name: got 'a', which is the name of edges[0] too; expected each name once"),
("edge tap repeated", CHAIN.replace('[0,1]', '[0,8]'), 'network.edges[0].taps[1]: got 8, the same tap modulo 8 as edges[0].taps[0]; expected each tap once'),
("edge without taps", CHAIN.replace('[0,1]', '[]'), 'network.edges[0].taps: got an empty list, expected at least one tap'),
("edge fixed short", CHAIN.replace('taps=[0,1]', 'taps=[0,1],fixed=[1]'), 'network.edges[0].fixed: got 1 values, expected 2, one a tap'),
("edge fixed zero", CHAIN.replace('taps=[0,1]', 'taps=[0,1],fixed=[1,0]'), 'network.edges[0].fixed[1]: got 0, expected a value that is not zero; leave that tap out'),
("all edges fixed", NET % '{name="a",from="x",to="y",taps=[0],fixed=[1]}', 'network: got 0 factors with parameters, expected between 1 and 1,000'),
("edge not a table", NET % '3', 'network.edges[0]: got 3, expected an edge: {name = ..., from = ..., to = ..., taps = [...]}'),
("cycle", NET % '{name="a",from="x",to="u",taps=[0]},{name="b",from="u",to="v",taps=[0]},{name="c",from="v",to="u",taps=[0]},{name="d",from="v",to="y",taps=[0]}', 'network.edges: got a cycle through u > v > u, expected a graph without cycles'),
("loop", NET % '{name="a",from="x",to="y",taps=[0]},{name="b",from="y",to="y",taps=[0]}', 'network.edges: got a cycle through y > y, expected a graph without cycles'),
("unreachable", NET % '{name="a",from="x",to="y",taps=[0]},{name="b",from="x",to="z",taps=[0]}', "network.edges: got node 'z', from which no edges lead to the output 'y'; remove it or join it"),
("paths of two lengths", NET % '{name="a",from="x",to="u",taps=[0]},{name="b",from="u",to="y",taps=[0]},{name="skip",from="x",to="y",taps=[0]}', 'network.edges: got paths of 1 edges (skip) and of 2 edges (a > b), expected the same number of edges on every path from an input to the output'),
("inputs at two depths", NET % '{name="a",from="x1",to="u",taps=[0]},{name="b",from="u",to="y",taps=[0]},{name="c",from="x2",to="y",taps=[0]}', 'network.edges: got paths of 1 edges (c) and of 2 edges (a > b), expected the same number of edges on every path from an input to the output'),
("boundary", CHAIN + 'boundary = "mirror"\n', "network.boundary: got 'mirror', expected circular or zero"),
("boundary list", CHAIN + 'boundary = ["zero"]\n', 'network.boundary: got a list of 1, expected 2 entries, one a layer, the layer next to the output first'),
("stride zero", CHAIN + 'stride = 0\n', 'network.stride: got 0, expected an integer of at least 1 and at most 2^40'),
("stride list", CHAIN + 'stride = [1, 2, 1]\n', 'network.stride: got [1, 2, 1], expected 2 entries, one a layer, the layer next to the output first'),
("stride of edges differ", DIAMOND.replace('from="u",to="y"', 'stride=2,from="u",to="y"'), "network.edges[3].stride: got no stride, but 2 for edge 'c'; expected one stride a layer"),
("stride twice", CHAIN.replace('from="u"', 'stride=2,from="u"') + 'stride = [3, 1]\n', "network.edges[1].stride: got 2, expected 3 as the network's stride says"),
("negative tap with zero boundary", CHAIN.replace('[0,1]', '[0,-1]') + 'boundary = "zero"\n', 'network.edges[0].taps[1]: got -1, expected a tap between 0 and 2^40, the boundary being zero'),
("escaping title stays data", 'title = 3\nsource = "\\\\input{x} [red] </script>"\n' + C, 'title: got 3, expected a string'),
("terminal codes in a key", '"\\u001b[31mred\\nline" = 1\n' + C, "unknown key '\\x1b[31mred\\nline', expected title, source, equivalence, factors, network, model, data or expected"),
("long key", 'k' * 10**6 + ' = 1\n' + C, "unknown key 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk..., expected title, source, equivalence, factors, network, model, data or expected"),
]


INTERNAL = re.compile(r"Traceback|dmfverify|Error\b|NoneType|dataclass|\bforms\b|object at 0x|<class|numpy\.(?!save)|tomllib")
"""What no user should ever see."""


def refusal(path) -> str:
    """The message about `path`, without its name; one line, in time, without internal names."""
    start = time.perf_counter()
    with pytest.raises(BadInput) as caught:
        load(path)
    assert time.perf_counter() - start < 5
    line = str(caught.value)
    assert line.startswith(f"{path}: ") and "\n" not in line and line.isprintable()
    said = line.removeprefix(f"{path}: ")
    assert not INTERNAL.search(said)
    return said


def refused(tmp_path, text: str | bytes) -> str:
    case = tmp_path / "x.toml"
    case.write_bytes(text if isinstance(text, bytes) else text.encode())
    return refusal(case)


def loaded(tmp_path, text: str):
    case = tmp_path / "x.toml"
    case.write_text(text)
    return load(case)


@pytest.mark.parametrize(("text", "said"), [pytest.param(text, said, id=name) for name, text, said in WRONG])
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, said):
    assert refused(tmp_path, text) == said


def test_the_table_of_wrong_inputs_has_no_name_twice():
    assert len({name for name, _, _ in WRONG}) == len(WRONG) >= 60


def test_the_inputs_that_are_varied_are_right_to_begin_with(tmp_path):
    """Otherwise the table would test nothing."""
    for text in (C, TWO, CHAIN, DIAMOND):
        assert loaded(tmp_path, text).statement.K >= 1


# -- the case file itself ----------------------------------------------------------------------------


def test_missing_file(tmp_path):
    assert refusal(tmp_path / "x.toml") == "case file does not exist"


def test_folder(tmp_path):
    assert refusal(tmp_path) == "case file is a folder, expected a regular file"


def test_devices_and_pipes_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "case file is not a regular file, expected a regular file"
    assert refusal("/dev/zero") == "case file is not a regular file, expected a regular file"


def test_link_to_itself(tmp_path):
    (tmp_path / "x.toml").symlink_to(tmp_path / "x.toml")
    assert refusal(tmp_path / "x.toml").startswith("case file cannot be read: ")


def test_a_case_of_100_megabytes_is_not_read(tmp_path):
    with open(tmp_path / "x.toml", "wb") as file:
        file.truncate(100_000_000)
    assert refusal(tmp_path / "x.toml") == "case file has 100,000,000 bytes, expected at most 16 MiB"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'title = "\xff"', "byte 9 is not UTF-8, expected UTF-8 text"),
        (b"\x00x", "line 1: is not TOML: invalid statement; got '\\x00x'"),
    ],
)
def test_bytes(tmp_path, data, said):
    assert refused(tmp_path, data) == said


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 500_000 + "]" * 500_000,
        "a = " + "[{a=" * 300_000,
        ".".join("a" * 300_000) + " = 1",
        " . ".join(['"a"'] * 200_000) + " = 1",
        "[" + ".".join("a" * 300_000) + "]",
        "[[" + ".".join("a" * 300_000) + "]]",
        "a" * 2_000_000,
        '"' * 2_000_000,
        "'" * 2_000_000,
        'a = """' + '\\"""' * 400_000,
        'a = """' + '\\"' * 400_000 + "\\",
        "a = '''" + "''x" * 600_000,
        'a = "' + "\\u0041" * 300_000,
        "a = " + "1." * 900_000,
        "a = " + "1" * 2_000_000,
        "a = 0x" + "f" * 2_000_000,
        "a = " + "1_" * 900_000,
        "a = 1e" + "0" * 2_000_000,
        "a = [" + "[]," * 600_000 + "]",
        "a = [" + "1," * 200_000,
        "\n".join(f"[a{i}.b.c.d]" for i in range(100_000)),
        "[[factors]]\n" * 150_000,
        " " * 2_000_000,
        "#\n" * 900_000,
        "\n" * 2_000_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_nothing_takes_more_than_linear_time(tmp_path, text):
    """Megabytes each: what is quadratic would take hours."""
    assert refused(tmp_path, text)


@pytest.mark.parametrize("title", ["</script><script>alert(1)</script>", "\\input{/etc/passwd}", "[red]x[/red]", "0x10 nan 1e9999", "a # b", "\x1b[31m", "x\0y"])
def test_titles_are_data(tmp_path, title):
    escaped = title.replace("\\", "\\\\").replace("\x1b", "\\u001b").replace("\0", "\\u0000")
    case = loaded(tmp_path, f'title = "{escaped}"\nsource = "{escaped}"\n{C}')
    assert (case.title, case.source) == (title, title)
    assert title.encode() not in case.statement.to_bytes()


def test_the_statement_does_not_depend_on_what_reports_need(tmp_path):
    assert loaded(tmp_path, C).statement == loaded(tmp_path, f'title = "x"\nexpected = {{gamma = 0.5}}\n{C}').statement


def test_digest_is_that_of_the_file(tmp_path):
    import hashlib

    case = loaded(tmp_path, C)
    assert case.sha256 == hashlib.sha256(C.encode()).hexdigest() != case.statement.sha256


# -- numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("-0.30", Fraction(-3, 10)),
        ("+7", Fraction(7)),
        ("1_000", Fraction(1000)),
        ("1_0.2_5", Fraction(41, 4)),
        ("1e-3", Fraction(1, 1000)),
        ("5E+2", Fraction(500)),
        ("1e999", Fraction(10**999)),
        ("0.3333333333333333333333333333333333333333333", Fraction(3333333333333333333333333333333333333333333, 10**43)),
        ('"-3/7"', Fraction(-3, 7)),
        ('"0.25"', Fraction(1, 4)),
        ('"2e-2"', Fraction(1, 50)),
        ("1" * 1000, Fraction(int("1" * 1000))),
        ("0." + "3" * 999, Fraction(int("3" * 999), 10**999)),
    ],
)  # fmt: skip
def test_numbers_are_exact(tmp_path, literal, value):
    for padding in ("", ", 1" * 40_000):  # the second is read by the json module where it can be
        (form,) = loaded(tmp_path, f("basis", basis=f"[[[{literal}{padding}]]]")).statement.forms
        assert form.terms[0] == (0, 0, 0, value)


@pytest.mark.parametrize(
    "array",
    [
        "[[1, 2], [3, -4]]",
        "[[1.5, 2e1,\n],\n [3, -4],\n]",
        "[[1, 2], # [9, 9\n [3, 4]]",
        '[[1, "2/3"], [3, 4]]',
        "[[1, +2], [3, 1_0]]",
        "[ [\t1 , 2 ] , [ 3 , 4 ] ]",
    ],
)
def test_packed_arrays_mean_what_plain_ones_mean(array):
    from dmfverify.problem.text import _packed, _toml

    text = f"a = {{b = {array}, c = '[[1, 2], [3, 4]]'}}\n[[d]]\ne = {array}\n[[d]]\n"
    text += f"f = [{'[1, 2, 3, 4, 5], ' * 30}{array}]\n"
    assert _packed(text) == _toml(text)


@pytest.mark.parametrize("array", ["[1,,2]", "[,]", "[1 2]", "[[1]", "[1]]", "[01]", "[1.]", "[.5]", "[1, 2e]", "[-]"])
def test_packing_forgives_nothing(array):
    from dmfverify.problem.text import _packed, _toml

    text = f"b = [{'1, ' * 40}1]\na = {array.replace(',', ',' + ' ' * 70, 1)}\n"
    with pytest.raises(BadInput) as plain:
        _toml(text)
    with pytest.raises(BadInput) as packed:
        _packed(text)
    assert str(plain.value) == str(packed.value)


def test_errors_in_large_files_name_the_right_line(tmp_path):
    text = C + "# comment\n" * 10_000 + "[model]\nkind = = 3\n"
    assert refused(tmp_path, text) == "line 10006: is not TOML: invalid value; got 'kind = = 3'"


def test_a_large_matrix_loads(tmp_path):
    rows = ", ".join(f"[{', '.join(str((r * c) % 7 - 3) for c in range(300))}]" for r in range(300))
    (form,) = loaded(tmp_path, f("basis", basis=f"[[{rows}]]")).statement.forms
    assert form.shape == (300, 300)
    assert dict(((r, c), v) for _, r, c, v in form.terms) == {
        (r, c): (r * c) % 7 - 3 for r in range(300) for c in range(300) if (r * c) % 7 != 3
    }


# -- arrays on disk ----------------------------------------------------------------------------------

FILE = f("file", path='"b.npy"')
NPZ = f("file", path='"b.npz"')
SPARSE = f("file", path='"b.npz"', shape="[2, 3]")
WHERE = "factors[0].path: "


def npy(array, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def header(shape: str, dtype: str = "'<f8'", fortran: str = "False") -> bytes:
    text = f"{{'descr': {dtype}, 'fortran_order': {fortran}, 'shape': {shape}, }}".encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize("dtype", ["i1", "u2", "<i4", ">i4", "u8", "f2", "<f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy(tmp_path, dtype, order):
    array = np.asarray(np.arange(12).reshape(2, 3, 2), dtype, order)
    (tmp_path / "b.npy").write_bytes(npy(array))
    (form,) = loaded(tmp_path, FILE).statement.forms
    expected = tuple((i, r, c, Fraction(int(array[i, r, c]))) for i, r, c in np.ndindex(2, 3, 2) if array[i, r, c])
    assert form == Terms((3, 2), 2, expected)


def test_floats_mean_their_binary_fractions(tmp_path):
    (tmp_path / "b.npy").write_bytes(npy(np.array([[[0.1, 5e-324]]])))
    (form,) = loaded(tmp_path, FILE).statement.forms
    assert [v for *_, v in form.terms] == [Fraction(0.1), Fraction(1, 2**1074)]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path, save):
    save(tmp_path / "b.npz", basis=np.arange(6).reshape(1, 2, 3))
    assert loaded(tmp_path, NPZ).statement.product_shape == (2, 3)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
@pytest.mark.parametrize("compressed", [True, False])
def test_sparse_npz(tmp_path, kind, compressed):
    rows = np.array([[0, 0.5, 0, 0, 0, 2], [0, 0, 0, -1, 0, 0]])
    sparse.save_npz(tmp_path / "b.npz", sparse.coo_matrix(rows).asformat(kind), compressed=compressed)
    (form,) = loaded(tmp_path, SPARSE).statement.forms
    assert form == Terms((2, 3), 2, ((0, 0, 1, Fraction(1, 2)), (0, 1, 2, Fraction(2)), (1, 1, 0, Fraction(-1))))


PICKLE = npy(np.array([[[{}]]], dtype=object), allow_pickle=True)
NPY = [
    ("pickle", PICKLE, "'b.npy' holds Python objects (a pickle), expected an array of numbers"),
    ("nan", npy(np.array([[[1, 2], [3, np.nan]]])), "got nan at [0, 1, 1], expected finite numbers"),
    ("inf", npy(np.array([[[-np.inf]]])), "got -inf at [0, 0, 0], expected finite numbers"),
    ("complex", npy(np.array([[[1j]]])), "'b.npy' is an array of complex128: complex numbers are not supported, all of it is about real parameters"),
    ("bool", npy(np.array([[[True]]])), "'b.npy' is an array of 'bool', expected integers or floats of at most 64 bits"),
    ("text", npy(np.array([[["a"]]])), "'b.npy' is an array of '<U1', expected integers or floats of at most 64 bits"),
    ("longdouble", npy(np.ones((1, 1, 1), np.longdouble)), "'b.npy' is an array of 'float128', expected integers or floats of at most 64 bits"),
    ("dates", npy(np.array([[["2001-01-01"]]], "M8[D]")), "'b.npy' is an array of 'datetime64[D]', expected integers or floats of at most 64 bits"),
    ("matrix", npy(np.ones((2, 2))), "got an array of shape 2 x 2, expected an array S x a x b"),
    ("scalar", npy(np.float64(1)), "got 1.0, expected an array S x a x b"),
    ("no matrix", npy(np.ones((0, 2, 2))), "got an array of shape 0 x 2 x 2, expected an array S x a x b"),
    ("empty file", b"", "'b.npy' is not a .npy file that numpy.save writes"),
    ("rubbish", b"\x93NUMPY\x09\x09rubbish", "'b.npy' is not a .npy file that numpy.save writes"),
    ("code in the header", header("__import__('os')"), "'b.npy' is not a .npy file that numpy.save writes"),
    ("deep header", header("(" * 5000), "'b.npy' is not a .npy file that numpy.save writes"),
    ("huge header", header("1" * 60000), "'b.npy' is not a .npy file that numpy.save writes"),
    ("huge shape", header("(1000000, 1000000, 1000000)"), "'b.npy' says 1000000 x 1000000 x 1000000 in its header, 8000000000000000000 bytes, but 0 follow"),
    ("negative shape", header("(-1, -1, 1)") + b"\0" * 8, "'b.npy' is not a .npy file that numpy.save writes"),
    ("no such type", header("(1, 1, 1)", "'<q9'") + b"\0" * 8, "'b.npy' is not a .npy file that numpy.save writes"),
    ("record", header("(1, 1, 1)", "[('a', '<f8')]") + b"\0" * 8, "'b.npy' is an array of records, expected integers or floats of at most 64 bits"),
    ("subarray", header("(1, 1, 1)", "'(2,)f4'") + b"\0" * 8, "'b.npy' is an array of \"('<f4', (2,))\", expected integers or floats of at most 64 bits"),
    ("too short", npy(np.ones((1, 2, 2)))[:-1], "'b.npy' says 1 x 2 x 2 in its header, 32 bytes, but 31 follow"),
    ("too long", npy(np.ones((1, 2, 2))) + b"x", "'b.npy' says 1 x 2 x 2 in its header, 32 bytes, but 33 follow"),
    ("object in a record", header("(1, 1, 1)", "[('a', '|O')]"), "'b.npy' holds Python objects (a pickle), expected an array of numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), [pytest.param(data, said, id=name) for name, data, said in NPY])
def test_wrong_npy(tmp_path, data, said):
    (tmp_path / "b.npy").write_bytes(data)
    assert refused(tmp_path, FILE) == WHERE + said


def test_a_pickle_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    array = np.empty((1, 1, 1), object)
    array[0, 0, 0] = Trap()
    (tmp_path / "b.npy").write_bytes(npy(array, allow_pickle=True))
    np.savez(tmp_path / "b.npz", array)
    assert "pickle" in refused(tmp_path, FILE) and "pickle" in refused(tmp_path, NPZ)
    assert not (tmp_path / "trapped").exists()


def zipped(path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def claim(path, size: int) -> None:
    """The size that the only member of an archive claims to unpack to, in its local and its central header."""
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    data[22:26] = data[central + 24 : central + 28] = struct.pack("<I", size)
    path.write_bytes(data)


def test_a_zip_that_unpacks_to_4_gigabytes_is_not_unpacked(tmp_path):
    zipped(tmp_path / "b.npz", {"a.npy": npy(np.ones((1, 1, 1)))})
    claim(tmp_path / "b.npz", 2**32 - 2)
    assert refused(tmp_path, NPZ) == WHERE + "'b.npz' unpacks to 4,294,967,294 bytes, expected at most 256 MiB"


def test_a_zip_that_unpacks_to_10_gigabytes_is_not_unpacked(tmp_path):
    extra = struct.pack("<HHQ", 1, 8, 10**10)  # zip64: the size is too large for its field
    zipped(tmp_path / "b.npz", {"a.npy": npy(np.ones((1, 1, 1)))})
    data = (tmp_path / "b.npz").read_bytes()
    central, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    entry = bytearray(data[central:end])
    entry[24:28], entry[30:32] = b"\xff" * 4, struct.pack("<H", len(extra))
    tail = bytearray(data[end:])
    tail[12:16] = struct.pack("<I", len(entry) + len(extra))
    (tmp_path / "b.npz").write_bytes(data[:central] + entry + extra + tail)
    assert refused(tmp_path, NPZ) == WHERE + "'b.npz' unpacks to 10,000,000,000 bytes, expected at most 256 MiB"


def test_a_zip_that_holds_more_than_it_claims(tmp_path):
    zipped(tmp_path / "b.npz", {"a.npy": npy(np.zeros((100, 1000, 100)))})
    claim(tmp_path / "b.npz", 1000)
    assert refused(tmp_path, NPZ) == WHERE + "'b.npz' is not a .npz file that numpy or scipy.sparse writes"


NPZS = [
    ("two arrays", {"a.npy": npy(np.ones((1, 1, 1))), "b.npy": npy(np.ones(1))}, "'b.npz' holds 2 arrays, expected one"),
    ("nothing", {}, "'b.npz' holds 0 arrays, expected one"),
    ("other file", {"a.txt": b""}, "'b.npz' holds 'a.txt', expected .npy arrays only"),
    ("many files", {f"{i}.npy": b"" for i in range(65)}, "'b.npz' holds 65 members, expected one array"),
    ("pickle", {"a.npy": PICKLE}, "'a.npy' holds Python objects (a pickle), expected an array of numbers"),
]


@pytest.mark.parametrize(("members", "said"), [pytest.param(m, said, id=name) for name, m, said in NPZS])
def test_wrong_npz(tmp_path, members, said):
    zipped(tmp_path / "b.npz", members)
    assert refused(tmp_path, NPZ) == WHERE + said


def test_other_wrong_npz(tmp_path):
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 no zip")
    assert refused(tmp_path, NPZ) == WHERE + "'b.npz' is not a .npz file that numpy or scipy.sparse writes"
    zipped(tmp_path / "b.npz", {"a.npy": npy(np.ones((1, 1, 1)))}, zipfile.ZIP_LZMA)
    assert refused(tmp_path, NPZ) == WHERE + "'b.npz' is packed in a way that numpy does not write"
    zipped(tmp_path / "b.npz", {"a.npy": npy(np.ones((9, 9, 9)))}, zipfile.ZIP_STORED)
    damaged = bytearray((tmp_path / "b.npz").read_bytes())
    damaged[300] ^= 1
    (tmp_path / "b.npz").write_bytes(damaged)
    assert refused(tmp_path, NPZ) == WHERE + "'b.npz' is not a .npz file that numpy or scipy.sparse writes"


def csr(**changed) -> dict[str, bytes]:
    """The members of scipy's file of a 2 x 6 matrix, some of them changed."""
    arrays = {
        "format": np.array(b"csr"),
        "shape": np.array([2, 6]),
        "indptr": np.array([0, 1, 2]),
        "indices": np.array([1, 5]),
        "data": np.array([1.0, 2.0]),
    } | changed
    return {f"{name}.npy": npy(array) for name, array in arrays.items() if array is not None}


SPARSES = [
    ("column outside", csr(indices=np.array([1, 6])), "the sparse matrix has an index outside its shape 2 x 6"),
    ("column negative", csr(indices=np.array([1, -1])), "the sparse matrix has an index outside its shape 2 x 6"),
    ("indptr short", csr(indptr=np.array([0, 2])), "the sparse matrix has an indptr of a wrong length"),
    ("indptr falls", csr(indptr=np.array([0, 3, 2])), "the sparse matrix has an indptr that does not fit its indices"),
    ("indptr long", csr(indptr=np.array([0, 1, 9])), "the sparse matrix has an indptr that does not fit its indices"),
    ("data short", csr(data=np.array([1.0])), "the sparse matrix has arrays of different lengths"),
    ("data nan", csr(data=np.array([1.0, np.nan])), "got nan at [1], expected finite numbers"),
    ("no data", csr(data=None), "the sparse matrix has no 'data' array"),
    ("huge", csr(shape=np.array([2**62, 6])), "got 4611686018427387904, expected an integer of at least 1 and at most 2^40"),
    ("cube", csr(shape=np.array([2, 3, 2])), "got a sparse array of 3 dimensions, expected a matrix S x a·b"),
    ("bsr", csr(format=np.array(b"bsr")), "got a sparse matrix of format 'bsr', expected csr, csc or coo; save it with matrix.tocsr()"),
    ("width", csr(shape=np.array([2, 7])), "got 7 columns, expected 6 for matrices of shape 2 x 3"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "said"), [pytest.param(m, said, id=name) for name, m, said in SPARSES])
def test_wrong_sparse_npz(tmp_path, members, said):
    zipped(tmp_path / "b.npz", csr())
    assert loaded(tmp_path, SPARSE).statement.product_shape == (2, 3)
    zipped(tmp_path / "b.npz", members)
    assert refused(tmp_path, SPARSE) == WHERE + said


def test_shape_beside_a_file(tmp_path):
    sparse.save_npz(tmp_path / "b.npz", sparse.csr_matrix(np.ones((2, 6))))
    assert refused(tmp_path, NPZ) == WHERE + "got a sparse 2 x 6 matrix, expected the key shape = [a, b] beside it"
    (tmp_path / "b.npy").write_bytes(npy(np.ones((1, 2, 2))))
    text = f("file", path='"b.npy"', shape="[2, 3]")
    assert refused(tmp_path, text) == "factors[0].shape: got 2 x 3, expected 2 x 2 as in the file"


# -- paths -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder with a case, and a file and a folder beside it that the case must not reach."""
    inner = tmp_path / "case"
    inner.mkdir()
    (tmp_path / "b.npy").write_bytes(npy(np.ones((1, 2, 2))))
    return inner


PATHS = [
    ('"../b.npy"', "got '../b.npy', which leads out of the case's folder; copy the file beside the case"),
    ('"sub/../../b.npy"', "got 'sub/../../b.npy', which leads out of the case's folder; copy the file beside the case"),
    ('"/etc/passwd"', "got '/etc/passwd', expected a path relative to the case file"),
    ('"link.npy"', "got 'link.npy', which leads out of the case's folder; copy the file beside the case"),
    ('"up/b.npy"', "got 'up/b.npy', which leads out of the case's folder; copy the file beside the case"),
    ('"missing.npy"', "file 'missing.npy' does not exist"),
    ('"sub"', "file 'sub' is a folder, expected a regular file"),
    ('"."', "file '.' is a folder, expected a regular file"),
    ('"pipe.npy"', "file 'pipe.npy' is not a regular file, expected a regular file"),
    ('"loop.npy"', "got 'loop.npy', which is a loop of links"),
    ('"large.npy"', "file 'large.npy' has 300,000,000 bytes, expected at most 256 MiB"),
    ('"a.csv"', "got 'a.csv', expected a file that ends in .npy or .npz"),
    ('""', "got '', expected the path of a file"),
    ('"a\\u0000b"', "got 'a\\x00b', expected the path of a file"),
    ("3", "got 3, expected a string"),
    ('"' + "x" * 300 + '"', "file '" + "x" * 56 + "... cannot be read: File name too long"),
]


@pytest.mark.parametrize(("path", "said"), PATHS, ids=[path[:20] for path, _ in PATHS])
def test_wrong_path(folder, path, said):
    (folder / "sub").mkdir()
    (folder / "link.npy").symlink_to(folder.parent / "b.npy")
    (folder / "up").symlink_to(folder.parent)
    (folder / "loop.npy").symlink_to(folder / "loop.npy")
    (folder / "a.csv").write_text("1,2")
    os.mkfifo(folder / "pipe.npy")
    with open(folder / "large.npy", "wb") as file:
        file.truncate(300_000_000)
    assert refused(folder, f("file", path=path)) == WHERE + said


def test_paths_that_stay_inside(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "b.npy").write_bytes(npy(np.ones((1, 2, 2))))
    (folder / "link.npy").symlink_to("sub/b.npy")
    for path in ("sub/b.npy", "./sub/../sub/b.npy", "link.npy"):
        assert loaded(folder, f("file", path=f'"{path}"')).statement.product_shape == (2, 2)


def test_the_folder_is_that_of_the_case_and_not_the_current_one(folder, monkeypatch):
    (folder / "b.npy").write_bytes(npy(np.ones((1, 2, 2))))
    (folder / "x.toml").write_text(FILE)
    monkeypatch.chdir(folder.parent)
    assert load("case/x.toml").statement.product_shape == (2, 2)
    monkeypatch.chdir("/")
    assert load(folder / "x.toml").statement.product_shape == (2, 2)


# -- MatrixMarket ------------------------------------------------------------------------------------

MTX = "%%MatrixMarket matrix coordinate pattern general\n% by hand\n2 3 2\n2 1\n1 3\n"
POSITIONS = f("pattern", shape="[2, 3]", entries='"p.mtx"')


def test_positions_in_file_order(tmp_path):
    (tmp_path / "p.mtx").write_text(MTX)
    for text in (POSITIONS, f("pattern", entries='"p.mtx"')):
        assert loaded(tmp_path, text).statement.forms == (Pattern((2, 3), ((1, 0), (0, 2))),)


def test_positions_as_scipy_writes_them(tmp_path):
    from scipy.io import mmwrite

    mmwrite(tmp_path / "p.mtx", sparse.coo_matrix(([5.0, 7.0], ([1, 0], [0, 2])), shape=(2, 3)), symmetry="general")
    assert set(loaded(tmp_path, POSITIONS).statement.forms[0].entries) == {(1, 0), (0, 2)}


MTXS = [
    ("", "'p.mtx' is not a MatrixMarket file of coordinates (%%MatrixMarket matrix coordinate ...)"),
    (MTX.replace("coordinate", "array"), "'p.mtx' is not a MatrixMarket file of coordinates (%%MatrixMarket matrix coordinate ...)"),
    (MTX.replace("pattern", "complex"), "'p.mtx': complex numbers are not supported, all of it is about real parameters"),
    (MTX.replace("general", "symmetric"), "'p.mtx' is 'pattern symmetric', expected real, integer or pattern, and general"),
    (MTX.replace("2 3 2", "2 3"), "'p.mtx' line 3: expected rows, columns, entries"),
    (MTX.replace("2 3 2", "2 3 99999999999"), "got 99999999999 explicit entries, expected at most 10^7"),
    (MTX.replace("2 3 2", "2 3 3"), "'p.mtx' has 2 entries, expected 3 as its header says"),
    (MTX.replace("2 3 2", "2 3 1"), "'p.mtx' line 5: more than the 1 entries that its header says"),
    (MTX.replace("2 1", "3 1"), "'p.mtx' line 4: got the entry 3 1, expected indices from 1 within 2 x 3"),
    (MTX.replace("2 1", "0 1"), "'p.mtx' line 4: got the entry 0 1, expected indices from 1 within 2 x 3"),
    (MTX.replace("2 1", "2 x"), "'p.mtx' line 4: expected row, column and perhaps a value"),
    (MTX.replace("2 1", "2 1 7"), "'p.mtx' line 4: expected row, column and perhaps a value"),
    (MTX.replace("2 1\n", "1 3\n"), "[1]: got [0, 2] again, as in entries[0]; expected each position once"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MTXS)
def test_wrong_positions(tmp_path, text, said):
    (tmp_path / "p.mtx").write_text(text)
    place = "factors[0].entries"
    assert refused(tmp_path, POSITIONS) == (place + said if said.startswith("[") else f"{place}: {said}")


def test_positions_of_another_shape(tmp_path):
    (tmp_path / "p.mtx").write_text(MTX)
    text = f("pattern", shape="[3, 2]", entries='"p.mtx"')
    assert refused(tmp_path, text) == "factors[0].shape: got [3, 2], expected [2, 3] as in the file of entries"


# -- data --------------------------------------------------------------------------------------------

IDENTITY = Known((2, 2), ((0, 0, Fraction(1)), (1, 1, Fraction(1))))


def test_data(tmp_path):
    text = f("diagonal", size=2) + "[data]\ninputs = "
    np.save(tmp_path / "d.npy", np.eye(2))
    np.savez(tmp_path / "d.npz", np.eye(2))
    sparse.save_npz(tmp_path / "s.npz", sparse.identity(2, format="csr"))
    (tmp_path / "d.mtx").write_text("%%MatrixMarket matrix coordinate real general\n2 2 2\n2 2 1.0\n1 1 1\n")
    for inputs in ('[[1, 0], [0, "2/2"]]', '"d.npy"', '"d.npz"', '"s.npz"', '"d.mtx"'):
        assert loaded(tmp_path, text + inputs).statement.data == IDENTITY


def test_mtx_values_are_exact(tmp_path):
    (tmp_path / "d.mtx").write_text("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 0.1\n")
    case = loaded(tmp_path, f("diagonal", size=1) + '[data]\ninputs = "d.mtx"')
    assert case.statement.data.entries == ((0, 0, Fraction(1, 10)),)
    (tmp_path / "d.mtx").write_text("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 nan\n")
    assert refused(tmp_path, f("diagonal", size=1) + '[data]\ninputs = "d.mtx"').startswith("data.inputs: got 'nan', expected a number")


def test_data_from_outside(folder):
    text = f("diagonal", size=2) + '[data]\ninputs = "../b.npy"\n'
    assert refused(folder, text) == "data.inputs: got '../b.npy', which leads out of the case's folder; copy the file beside the case"


# -- the shipped cases -------------------------------------------------------------------------------

EXPECTED_FORMS = {
    "chain_with_inputs": (Taps((4,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (1,)))), Taps((4,), "circular", 1, (1, 1), ((0, 0, (0,)),))),
    "tree_two_leaves": (
        Taps((32,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (8,)))),
        Taps((32,), "circular", 1, (1, 2), ((0, 0, (0,)), (0, 0, (1,)), (0, 1, (0,)), (0, 1, (3,)))),
    ),
    "toeplitz_pair": (Taps((5,), "zero", 1, (1, 1), ((0, 0, (0,)), (0, 0, (2,)))), Taps((4,), "zero", 1, (1, 1), ((0, 0, (0,)), (0, 0, (1,))))),
}  # fmt: skip


def test_all_shipped_cases_load(root):
    files = sorted((root / "cases").glob("*.toml"))
    assert len(files) >= 25
    for file in files:
        case = load(file)
        assert case.title and case.expected
        assert case.statement.sizes == tuple(map(len, case.names))


@pytest.mark.parametrize("name", EXPECTED_FORMS)
def test_forms_of_shipped_cases(root, name):
    assert load(root / "cases" / f"{name}.toml").statement.forms == EXPECTED_FORMS[name]


def test_factor_one_is_next_to_the_output(root):
    case = load(root / "cases" / "network_supports_order.toml")
    assert case.statement.sizes == (3, 2)
    assert case.names == (("e1[0]", "e1[1]", "e1[2]"), ("e0[0]", "e0[1]"))
    assert case.node_names == (("y",), ("u1",), ("x",))
    assert case.statement.model.supports == (((0, 2), (0,)), ((1,), (0, 1)))


def test_the_template_loads(tmp_path):
    assert loaded(tmp_path, template()).statement.sizes == (2, 2)


def test_every_line_of_the_template_that_is_a_comment_loads_too(tmp_path):
    """Each commented operator, network, model and data key, as it stands there."""
    text = template()
    network = re.search(r"^# \[network\]\n(?:# .*\n)+", text, re.MULTILINE)[0].replace("\n# ", "\n")[2:]
    assert loaded(tmp_path, network).statement.K == 2
    operators = re.findall(r'^# (operator = "(?!file)(?:.*)\n(?:# .*\n)+)', text, re.MULTILINE)
    assert len(operators) == 8
    for factor in operators:
        rows = "[[factors]]\n" + factor.replace("\n# ", "\n")
        fixed = '"fixed"' in factor
        assert loaded(tmp_path, rows + (f("diagonal", size=2) if fixed else "")).statement.K == 1
