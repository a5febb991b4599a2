"""What a user sees when something is wrong: one line each, word by word, and nothing of the inside in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dmfverify.errors import DmfverifyError
from dmfverify.problem import load

CHAIN = """\
[[factors]]
operator = "circulant"
length = 8
taps = [0, 1]
"""


def factor(*lines: str) -> str:
    """A case of one factor."""
    return "\n".join(["[[factors]]", *lines, ""])


def network(edges: str, after: str = "", size: str = "length = 8", output: str = "y") -> str:
    """A case that is a network."""
    return f'[network]\n{size}\noutput = "{output}"\nedges = [{edges}]\n{after}'


EDGE = '{name = "a", from = "x", to = "y", taps = [0, 1]}'

# case files: what is wrong, the text, the line that a user sees
FILES = [
    ('not toml', 'factors = [',
     'is not TOML: invalid value (at end of document)'),
    ('unknown top-level key', CHAIN + '[expekted]\nx = 1\n',
     "unknown key 'expekted', expected title, source, equivalence, factors, network, model, data or expected; did you mean 'expected'?"),
    ('no factors', 'title = "empty"\n',
     'got neither factors nor network, expected [[factors]] tables or one [network] table'),
    ('factors and network', CHAIN + network(EDGE),
     'got both factors and network, expected [[factors]] tables or one [network] table'),
    ('unknown operator', factor('operator = "circulent"', 'length = 8', 'taps = [0]'),
     "factors[0].operator: got 'circulent', expected basis, terms, pattern, dense, diagonal, circulant, toeplitz, circulant2d, fixed or file; did you mean 'circulant'?"),
    ('no operator', factor('length = 8'),
     "factors[0]: key 'operator' is missing; expected basis, terms, pattern, dense, diagonal, circulant, toeplitz, circulant2d, fixed or file"),
    ('missing key', factor('operator = "circulant"', 'taps = [0]'),
     "factors[0]: key 'length' is missing; expected length and taps"),
    ('unknown key of a factor', factor('operator = "circulant"', 'length = 8', 'taps = [0]', 'step = 2'),
     "factors[0]: unknown key 'step', expected length, taps or stride"),
    ('repeated taps', factor('operator = "circulant"', 'length = 8', 'taps = [0, 8]'),
     'factors[0].taps[1]: got 8, the same tap modulo 8 as taps[0]; expected each tap once'),
    ('negative length', factor('operator = "circulant"', 'length = -8', 'taps = [0]'),
     'factors[0].length: got -8, expected an integer of at least 1 and at most 2^40'),
    ('fractional tap', factor('operator = "circulant"', 'length = 8', 'taps = [0.5]'),
     'factors[0].taps[0]: got 0.5, expected an integer'),
    ('empty taps', factor('operator = "circulant"', 'length = 8', 'taps = []'),
     'factors[0].taps: got an empty list, expected at least one tap'),
    ('stride zero', factor('operator = "circulant"', 'length = 8', 'taps = [0]', 'stride = 0'),
     'factors[0].stride: got 0, expected an integer of at least 1 and at most 2^40'),
    ('shapes that do not fit', CHAIN + CHAIN.replace("8", "9"),
     'factors: factors[0] is 8 x 8 and factors[1] is 9 x 9, expected as many columns in factors[0] as rows in factors[1]'),
    ('a boolean as a number', factor('operator = "basis"', 'basis = [[[true]]]'),
     'factors[0].basis[0][0][0]: got true, expected a number: an integer, a decimal or a string such as "-3/7"'),
    ('nan', factor('operator = "basis"', 'basis = [[[nan]]]'),
     'factors[0].basis[0][0][0]: got nan, expected a finite number'),
    ('a complex number', factor('operator = "basis"', 'basis = [[["1+2i"]]]'),
     "factors[0].basis[0][0][0]: got '1+2i': complex numbers are not supported, all of it is about real parameters"),
    ('a word as a number', factor('operator = "basis"', 'basis = [[["one"]]]'),
     'factors[0].basis[0][0][0]: got \'one\', expected a number: an integer, a decimal or a string such as "-3/7"'),
    ('division by zero', factor('operator = "basis"', 'basis = [[["1/0"]]]'),
     "factors[0].basis[0][0][0]: got '1/0', expected a denominator that is not zero"),
    ('ragged matrix', factor('operator = "basis"', 'basis = [[[1, 2], [3]]]'),
     'factors[0].basis[0][1]: got [3], expected a row of 2, as row 0'),
    ('basis of different shapes', factor('operator = "basis"', 'basis = [[[1]], [[1, 2]]]'),
     'factors[0].basis[1]: got a 1 x 2 matrix, expected 1 x 1 as basis[0]'),
    ('a date', factor('operator = "basis"', 'basis = [[[2020-01-01]]]'),
     'factors[0].basis[0][0][0]: got 2020-01-01, expected a number: an integer, a decimal or a string such as "-3/7"'),
    ('a huge exponent', factor('operator = "basis"', 'basis = [[[1e100000]]]'),
     'factors[0].basis[0][0][0]: got 1e100000, expected an exponent between -1,000 and 1,000'),
    ('entry outside', factor('operator = "pattern"', 'shape = [2, 2]', 'entries = [[0, 2]]'),
     'factors[0].entries[0][1]: got 2, expected an integer between 0 and 1'),
    ('repeated entry', factor('operator = "pattern"', 'shape = [2, 2]', 'entries = [[0, 1], [0, 1]]'),
     'factors[0].entries[1]: got [0, 1] again, as in entries[0]; expected each position once'),
    ('term outside', factor('operator = "terms"', 'shape = [2, 2]', 'parameters = 1', 'terms = [[1, 0, 0, 1]]'),
     'factors[0].terms[0][0]: got 1, expected 0'),
    ('a path out of the folder', factor('operator = "file"', 'path = "../secret.npy"'),
     "factors[0].path: got '../secret.npy', which leads out of the case's folder; copy the file beside the case"),
    ('an absolute path', factor('operator = "file"', 'path = "/etc/passwd"'),
     "factors[0].path: got '/etc/passwd', expected a path relative to the case file"),
    ('a missing file', factor('operator = "file"', 'path = "basis.npy"'),
     "factors[0].path: file 'basis.npy' does not exist"),
    ('a file of another kind', factor('operator = "file"', 'path = "basis.csv"'),
     "factors[0].path: file 'basis.csv' does not exist"),
    ('only fixed factors', factor('operator = "fixed"', 'matrix = [[1]]'),
     'factors: got 0 factors with parameters, expected between 1 and 1,000'),
    ('unknown equivalence', 'equivalence = "sign"\n' + CHAIN,
     "equivalence: got 'sign', expected scale, path-scale or neuron-scale"),
    ('path-scale without a network', 'equivalence = "path-scale"\n' + CHAIN,
     "equivalence: got 'path-scale', which needs a network; expected scale or neuron-scale for a list of factors"),
    ('neuron-scale with a convolution', 'equivalence = "neuron-scale"\n' + CHAIN,
     "equivalence: got 'neuron-scale' for factors[0], a circulant factor; it needs pattern, dense or diagonal factors only"),
    ('unknown model', CHAIN + '[model]\nkind = "sparce"\n',
     "model.kind: got 'sparce', expected free, supports, sparse, group-sparse or nonnegative; did you mean 'sparse'?"),
    ('sparsity of another length', CHAIN + '[model]\nkind = "sparse"\nsparsity = [1, 1]\n',
     'model.sparsity: got [1, 1], expected 1 entries, one a factor with parameters'),
    ('sparsity zero', CHAIN + '[model]\nkind = "sparse"\nsparsity = [0]\n',
     'model.sparsity[0]: got 0, expected an integer of at least 1 and at most 2^40'),
    ('no sparsity', CHAIN + '[model]\nkind = "sparse"\n',
     "model: key 'sparsity' is missing"),
    ('index outside a support', CHAIN + '[model]\nkind = "supports"\nsupports = [[[0, 2]]]\n',
     'model.supports[0][0][1]: got 2, expected an integer between 0 and 1'),
    ('an empty support', CHAIN + '[model]\nkind = "supports"\nsupports = [[[]]]\n',
     'model.supports[0][0]: got an empty support, expected at least one index: a factor of zeros makes the product zero'),
    ('no supports', CHAIN + '[model]\nkind = "supports"\nsupports = []\n',
     'model.supports: got an empty list, expected at least one model'),
    ('groups without active', CHAIN + '[model]\nkind = "group-sparse"\ngroups = [[[0], [1]]]\n',
     "model: key 'active' is missing; expected groups and active"),
    ('group index outside', CHAIN + '[model]\nkind = "group-sparse"\ngroups = [[[0], [5]]]\nactive = [1]\n',
     'model.groups[0][1][0]: got 5, expected an integer between 0 and 1'),
    ('data of the wrong size', CHAIN + '[data]\ninputs = [[1, 2]]\n',
     'data.inputs: factors[0] is 8 x 8 and inputs is 1 x 2, expected 8 rows in inputs'),
    ('an edge without taps', network('{name = "a", from = "x", to = "y"}'),
     "network.edges[0]: key 'taps' is missing; expected name, from, to and taps"),
    ('an edge twice', network(EDGE + ", " + EDGE),
     "network.edges[1].name: got 'a', which is the name of edges[0] too; expected each name once"),
    ('a cycle', network('{name = "a", from = "x", to = "u", taps = [0]}, {name = "b", from = "u", to = "x", taps = [0]}, {name = "c", from = "u", to = "y", taps = [0]}'),
     'network.edges: got a cycle through x > u > x, expected a graph without cycles'),
    ('paths of different length', network(EDGE + ', {name = "b", from = "x", to = "u", taps = [0]}, {name = "c", from = "u", to = "y", taps = [0]}'),
     'network.edges: got paths of 1 edges (a) and of 2 edges (b > c), expected the same number of edges on every path from an input to the output'),
    ('an unknown output', network(EDGE, output='z'),
     "network.output: got 'z', expected a node that some edge leads to"),
    ('an unreachable node', network(EDGE + ', {name = "b", from = "p", to = "q", taps = [0]}'),
     "network.edges: got node 'q', from which no edges lead to the output 'y'; remove it or join it"),
    ('both length and shape', network(EDGE, size='length = 8\nshape = [4, 4]'),
     'network: got both of length and shape, expected length = N or shape = [H, W]'),
    ('a pair tap in one dimension', network('{name = "a", from = "x", to = "y", taps = [[0, 1]]}'),
     'network.edges[0].taps[0]: got [0, 1], expected integers, for length = N'),
    ('boundary of another name', network(EDGE, 'boundary = "reflect"\n'),
     "network.boundary: got 'reflect', expected circular or zero"),
    ('supports of an unknown edge', network(EDGE + ']\n[model]\nkind = "supports"\nsupports = [{b = [0]}'),
     "model.supports[0]: unknown edge 'b', expected the name of an edge with parameters"),
    ('parameters and fixed values on one edge', network('{name = "a", from = "x", to = "y", taps = [0, 1], fixed = [1, 2, 3]}'),
     'network.edges[0].fixed: got 3 values, expected 2, one a tap'),
    ('nested too deep', f"title = {'[' * 40}{']' * 40}\n" + CHAIN,
     'got brackets nested 40 deep, expected at most 16'),
]  # fmt: skip

# commands: what is wrong, the arguments, the line that a user sees
COMMANDS = [
    ('no such case', 'certify chain_k10_distinkt',
     "dmfverify: 'chain_k10_distinkt': no such file, and no shipped case is called 'chain_k10_distinkt'; did you mean chain_k10_distinct?"),
    ('no such file', 'certify nothing.toml',
     'dmfverify: nothing.toml: case file does not exist'),
    ('a folder', 'certify ./',
     'dmfverify: .: case file is a folder, expected a regular file'),
    ('a negative time budget', 'certify circulant_pair --time-budget -1',
     'dmfverify: --time-budget: got -1.0, expected a positive number of seconds'),
    ('an unknown requirement', 'certify circulant_pair --require perfect',
     "dmfverify: --require: got 'perfect', expected identifiable or stable"),
    ('an unknown option', 'certify circulant_pair --fast',
     'dmfverify: No such option: --fast (Possible options: --at)'),
    ('an unknown command', 'certifi',
     "dmfverify: No such command 'certifi'. Did you mean 'certify'?"),
    ('no case', 'certify',
     "dmfverify: Missing argument 'CASE'."),
    ('an unknown form', 'lift circulant_pair --format word',
     "dmfverify: format: got 'word', expected one of text, latex, python"),
    ('an unknown picture', 'show circulant_pair --out x.bmp',
     "dmfverify: x.bmp: got the ending '.bmp', expected .svg, .png or .pdf"),
    ('a sweep of nothing', 'sweep nothing',
     "dmfverify: no shipped case is called 'nothing'; dmfverify cases lists them"),
    ('noise that is no number', 'recover circulant_pair --noise loud',
     "dmfverify: --noise: got 'loud', expected numbers >= 0 with commas between them"),
    ('no trials', 'recover circulant_pair --trials 0',
     "dmfverify: Invalid value for '--trials': Input should be greater than or equal to 1"),
    ('data that are not there', 'recover circulant_pair --data X.npy',
     "dmfverify: --data X.npy: file 'X.npy' does not exist"),
    ('a certificate that is not there', 'check certificate.json',
     'certificate.json: No such file or directory'),
    ('a report of nothing', 'report nowhere',
     "dmfverify: 'nowhere': no such file or folder; name a folder that dmfverify certify wrote, or the result.json in it"),
    ('a report in another form', 'report nowhere --format docx',
     "dmfverify: --format: got 'docx', expected some of html, pdf, tex, md"),
]  # fmt: skip

INSIDE = re.compile(r"Traceback|Error\b|dmfverify\.|\.py\b|\bNone\b|<class|object at|__|\bself\b")

def test_there_are_enough_of_them() -> None:
    assert len(FILES) + len(COMMANDS) >= 60
    assert not [line for *_, line in (*FILES, *COMMANDS) if INSIDE.search(line)]


@pytest.mark.parametrize(("what", "text", "line"), FILES, ids=[what for what, *_ in FILES])
def test_a_case_file(what: str, text: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("case.toml").write_text(text)
    with pytest.raises(DmfverifyError) as error:
        load("case.toml").statement  # noqa: B018 - the question is made here
    assert str(error.value) == f"case.toml: {line}"


@pytest.mark.parametrize(("what", "arguments", "line"), COMMANDS, ids=[what for what, *_ in COMMANDS])
def test_a_command(what: str, arguments: str, line: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dmfverify", *arguments.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (2, line + "\n", "")
    assert not list(tmp_path.iterdir()), "nothing is half-written"
