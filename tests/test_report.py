"""The page: complete, well-formed, harmless, of bounded size."""

from __future__ import annotations

import copy
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console
from test_fibre_estimate import case
from test_report_samples import NETWORK_NAMES, SAMPLES, render, yes_chain

import dmfverify as dv
from dmfverify import certify
from dmfverify.errors import BadInput
from dmfverify.problem.forms import Model, Pattern, Statement, Taps
from dmfverify.report import Names, render_html, render_markdown, render_tex, terminal_table
from dmfverify.report.context import page, vector
from dmfverify.report.formulas import BOUND, SYMBOLS, mathml, plain, product, tex
from dmfverify.report.words import ALIASES, SOURCES, THEOREMS, theorem_for

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """A page as lists of what a test asks for; refuses tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (self.open[-3:], tag)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> tuple[str, str, Reader]:
    text = render(request.param)
    return request.param, text, Reader(text)


# Structure


def test_a_page_has_all_its_parts(sample: tuple[str, str, Reader]) -> None:
    name, text, reader = sample
    assert text.startswith("<!DOCTYPE html>")
    ids = {a["id"] for _, a in reader.tags if "id" in a}
    assert {"verdict", "constants", "problem", "tried", "check"} <= ids
    assert ("witness" in ids) == (name == "no")
    for part in ("python -I -S dmfverify/check out/certificate.json", "statement.json", "12 345 bytes", "Uniform",
                 "Generic", "Local", "dmfverify 0.1.0"):  # fmt: skip
        assert part in reader.words.replace("\N{NARROW NO-BREAK SPACE}", " ")
    statement, result = SAMPLES[name]()
    assert result["statement_sha256"] is None or result["statement_sha256"] in reader.words


def test_a_page_asks_nobody(sample: tuple[str, str, Reader]) -> None:
    _, text, reader = sample
    assert "http" not in text.replace("http-equiv", "")
    for tag, attributes in reader.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "img", "form", "base", "foreignobject"}
        assert not [a for a in attributes if a.startswith("on") or a in ("src", "srcset", "action")]
        assert (attributes.get("href") or attributes.get("xlink:href") or "#").startswith("#")
    assert "@import" not in text and not re.search(r"url\((?!#)", text)
    policy = next(a["content"] for a in reader.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none'") and "script-src" not in policy


def test_a_page_can_be_heard(sample: tuple[str, str, Reader]) -> None:
    _, text, reader = sample
    assert reader.all("html")[0]["lang"] == "en" and len(reader.all("main")) == len(reader.all("h1")) == 1
    assert len(reader.all("header")) == len(reader.all("footer")) == 1
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert all(a.get("scope") in ("col", "row") for a in reader.all("th"))
    assert reader.all("svg") and all(a.get("role") == "img" and a.get("aria-label") for a in reader.all("svg"))
    named = {a["id"] for _, a in reader.tags if "id" in a}
    assert all(a["aria-labelledby"] in named for a in reader.all("section"))
    assert Counter(a["id"] for _, a in reader.tags if "id" in a).most_common(1)[0][1] == 1


def test_references_inside_a_page_lead_somewhere(sample: tuple[str, str, Reader]) -> None:
    _, text, reader = sample
    ids = {a["id"] for _, a in reader.tags if "id" in a}
    assert {a["href"][1:] for _, a in reader.tags if a.get("href")} <= ids  # type: ignore[index]
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= ids


def test_the_same_page_twice(sample: tuple[str, str, Reader]) -> None:
    assert render(sample[0]) == sample[1]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("ink", ["ink", "quiet", "yes", "no", "undecided", "accent"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_contrast(theme: int, ink: str, ground: str) -> None:
    css = re.findall(r"--(\w+): (#[0-9a-f]{6})", render("undecided"))
    colours = dict(css[9 * theme : 9 * (theme + 1)]) if len(css) >= 18 else {}
    light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# What it says


def test_yes() -> None:
    words = Reader(render("yes")).words
    assert "✓ Yes The product X determines the parameters, up to the scale of each factor." in words
    assert "the deep null space property holds with γ = 1" in words
    assert "0.279508497187 … 0.279508497188" in words and "Path sums of a convolutional network" in words


def test_no_shows_its_witness() -> None:
    words = Reader(render("no")).words
    assert "✗ No" in words and "(1, 0, 0) (0, 0, 1) differ" in words and "(0, 1) (1, 0) differ" in words
    assert "wrong with probability at most 1/1048576" in words


def test_estimates_are_called_estimates() -> None:
    words = Reader(render("no")).words
    assert "dnsp.gamma estimate: 7.25" in words and words.count("7.25") == 1


def test_a_bracket_is_shown_exactly_and_rounded_outwards() -> None:
    text = render("stable")
    assert "3.74165738677 … 3.74165738678" in text and "374165738677395/100000000000000" in text
    assert f"{10**400 + 7}/{10**397 + 1}" in text and "<details>" in text
    assert "Under this condition:" in text and "every kernel non-zero" in text


def test_a_family_of_supports() -> None:
    words = Reader(render("sparse")).words
    assert "2 of 4, 1 of 3, 1 of 2. That makes 36 supports." in words
    assert "pairs of supports 666" in words and "not needed" in words


def test_undecided_says_why_and_what_is_known() -> None:
    words = Reader(render("undecided")).words
    assert words.count("Why it is open:") == 3 and words.count("not reached in the time given") == 1
    assert "Best bounds so far" in words and "No constant was bounded." in words
    assert "Untitled problem" in words and "No method ran." in words


def test_names_are_used() -> None:
    text = render("network")
    for name in ("left eye", "right eye", "c {0, 1}", "b {0, 5}"):
        assert name in text


def test_trivial_pairs_are_called_so() -> None:
    statement, result = yes_chain()
    result["dnsp"] = {"gamma": ["1", "inf"], "kappa": ["0", "inf"], "rho": None, "method": ""}
    words = Reader(render_html(result, statement)).words
    assert "nothing proved (1 … ∞)" in words and "nothing proved (0 … ∞)" in words
    assert "Stability is undecided" in words


def test_an_infinite_recovery_constant_is_no_bound() -> None:
    statement, result = yes_chain()
    result["recovery_bound"]["constant"] = ["3", "inf"]
    words = Reader(render_html(result, statement)).words
    assert "No finite recovery constant was proved" in words and "up to errors δ and η" not in words
    assert "Stable recovery" not in words


@pytest.mark.parametrize("kind", ["free", "supports", "sparse", "group-sparse"])
def test_models_in_words(kind: str) -> None:
    model = Model(kind, True, supports=(((0,), (1,)),), sparsity=(1, 2), groups=(((0,), (1,)),) * 2, active=(1, 1))
    statement = Statement("scale", SAMPLES["undecided"]()[0].forms, model)
    assert "non-negative" in page(SAMPLES["undecided"]()[1], statement).model


def test_every_theorem_names_sources_that_exist() -> None:
    assert {key for theorem in THEOREMS.values() for key in theorem.sources} <= set(SOURCES)
    assert set(ALIASES.values()) <= set(THEOREMS)
    for method in ("Gram matrix", "pairs of supports", "kernel basis", "local search", "trivial kernel",
                   "rank by rows", "jacobian rank modulo a prime"):  # fmt: skip
        assert theorem_for(method).name != method


def test_a_theorem_for_every_kind_of_claim(root) -> None:  # type: ignore[no-untyped-def]
    kinds = re.findall(r"^### `([a-z-]+)`", (root / "docs" / "certificate-format.md").read_text(), re.MULTILINE)
    assert set(kinds) <= set(THEOREMS)


def test_long_vectors_show_what_is_not_zero() -> None:
    names = Names(parameters=(tuple(f"a[{i}]" for i in range(100)),))
    assert vector(["0"] * 50 + ["-2"] + ["0"] * 49, 0, names) == "−2 at a[50], the other 99 entries 0"
    assert vector(["1"] * 100).endswith("1 at index 23, 76 more non-zero entries")


@pytest.mark.parametrize("pair", [["1"], "12", ["2", "1"], ["1.5", "2"], ["0", 1], [None, "1"], ["1", "1/0"]])
def test_a_pair_that_is_none_is_refused(pair: Any) -> None:
    statement, result = yes_chain()
    result["dnsp"] = {"gamma": pair}
    with pytest.raises(BadInput, match="result.json: dnsp.gamma"):
        render_html(result, statement)


# Attacks


ATTACKS = [
    "</script><script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)> &lt;&#60;b>',
    "[red]x[/red]",
    r"\input{x} \write18{y} $\frac$ %#&~^_{}",
    "{{ 7*7 }}{% raw %} --><!-- ]]>",
    "\x1b[31mred\x00\u202eevil",
    "`x` | *y* [z](http://a) 名前",
]


def poisoned(value: Any, attack: str, key: str = "") -> Any:
    """`value` with every free string replaced."""
    if isinstance(value, dict):
        return {(attack if key == "versions" else k): poisoned(v, attack, k) for k, v in value.items()}
    if isinstance(value, list) and not (len(value) == 2 and all(isinstance(v, str) for v in value)):
        return [poisoned(v, attack, key) for v in value]
    return attack if isinstance(value, str) and key not in ("verdict", "over_C", "gamma", "kappa", "kind") else value


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["no", "network"])
def test_strings_of_the_user_stay_text(name: str, attack: str) -> None:
    statement, result = SAMPLES[name]()
    bad = poisoned(copy.deepcopy(result), attack)
    names = Names((attack,) * 2, ((attack,) * 9,) * 2, ((attack,) * 9,) * 3, ((attack,) * 9,) * 2)
    text = render_html(bad, statement, names=names, check_command=attack)
    clean = render_html(result, statement, names=NETWORK_NAMES)
    reader, usual = Reader(text), Reader(clean)
    assert {tag for tag, _ in reader.tags} <= {tag for tag, _ in usual.tags} | {"bdi", "details", "summary", "dl"}
    assert not [a for _, attributes in reader.tags for a in attributes if a.startswith("on")]
    assert "\x1b" not in text and "\x00" not in text and "\u202e" not in text and "49" not in Reader(text).words[:40]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_other_forms_are_harmless_too(attack: str) -> None:
    statement, result = SAMPLES["no"]()
    bad = poisoned(copy.deepcopy(result), attack)
    document = render_tex(bad, statement, check_command=attack)
    assert r"\input" not in document and r"\write" not in document and r"\frac" not in document
    assert document.count(r"\begin{document}") == document.count(r"\end{document}") == 1
    lines = render_markdown(bad, statement)
    assert not re.search(r"<[a-zA-Z/!]", lines) and not re.search(r"(?<!\\)\]\(http", lines)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_terminal_reads_no_markup(attack: str) -> None:
    statement, result = SAMPLES["no"]()
    console = Console(width=200, record=True, force_terminal=False, file=open("/dev/null", "w"))
    console.print(terminal_table(poisoned(copy.deepcopy(result), attack), attack))
    text = console.export_text()
    assert "\x1b" not in text and "\u202e" not in text
    if attack.startswith("[red]"):
        assert "[red]x[/red]" in text


@pytest.mark.parametrize("name", SAMPLES)
def test_the_terminal_table(name: str) -> None:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))
    console.print(terminal_table(SAMPLES[name]()[1], "dmfverify check out/certificate.json"))
    text = console.export_text()
    assert "uniform" in text and "dmfverify check out/certificate.json" in text
    expected = {"yes": "32", "no": "h_1 = (1, 0, 0), g_1 = (0, 0, 1)", "stable": "[3.74165738677, 3.74165738678]",
                "sparse": "lower RIP", "undecided": "undecided", "network": "yes", "butterfly": "yes"}  # fmt: skip
    assert expected[name] in text


# Methods


def test_methods_that_did_not_apply_are_folded_into_one_line() -> None:
    statement, result = yes_chain()
    tried = {"name": "long division", "seconds": 1.0, "outcome": "nothing: no remainder"}
    result["methods"] = [
        {**tried, "accepted": True},
        {**tried, "name": "of an older version"},
        *({**tried, "name": f"sieve {n}", "outcome": f"nothing: {n} is even", "accepted": False} for n in (2, 4)),
    ]
    read = Reader(render_html(result, statement))
    table, _, folded = read.words.partition("2 more did not apply or had nothing left to prove")
    assert "long division" in table and "of an older version" in table and "sieve" not in table
    assert "sieve 2: 2 is even" in folded and "sieve 4: 4 is even" in folded
    assert "**2 more methods did not apply or had nothing left to prove:** sieve 2, sieve 4." in render_markdown(
        result, statement
    )


def test_a_result_says_which_methods_accepted_the_problem(root: Any) -> None:
    result = certify(root / "cases" / "dense_gauge.toml").json
    accepted = {row["name"]: row["accepted"] for row in result["methods"]}
    assert accepted["gauge witness"] and not accepted["shift counts"] and not accepted["mutual coherence"]


def test_an_undecided_answer_names_the_methods_that_accepted_the_problem() -> None:
    """As many rows as the cone of rank-one tensors has dimensions, in more variables than the degree can be told in."""
    generic = certify(case((3, 3, 3), 7)).generic
    assert generic.verdict == "undecided" and generic.reason.startswith("no method decided it (")
    assert "degree of rank one: degree 5" in generic.reason and "roots of a chain" not in generic.reason


# Size


def test_a_page_stays_small() -> None:
    layer = Taps((2**20,), "circular", 1, (12, 12), tuple((i, j, (s,)) for i in range(12) for j in range(12)
                                                          for s in range(20)))  # fmt: skip
    statement = Statement("path-scale", (layer,) * 12)
    _, result = yes_chain()
    long = ["1" * 999 + "/" + "3" * 1000] * 3000
    result["witness"] = {"kind": "exact", "h": [long] * 300, "g": [["0"] * 3000] * 300, "why": "x" * 10**6}
    result["methods"] = [{"name": "m" * 9999, "seconds": 1e9, "outcome": "o" * 9999}] * 5000
    result["identifiability"]["uniform"]["conditions"] = ["c" * 9999] * 5000
    result["case"]["title"] = "t" * 10**6
    names = Names(nodes=(("n" * 9999,) * 12,) * 13, edges=(("e" * 9999,) * 2880,) * 12)
    assert len(render_html(result, statement, names=names).encode()) < 2_000_000


def test_many_and_wide_factors() -> None:
    dense = Pattern((40, 40), tuple((i, j) for i in range(40) for j in range(40)))
    text = render_html(SAMPLES["undecided"]()[1], Statement("neuron-scale", (dense,) * 1000))
    assert len(text) < 2_000_000 and "940 more factors" in text


def test_twenty_layers_on_a_million_samples() -> None:
    statement, result = yes_chain(20)
    text = render_html(result, statement)
    assert "1\N{NARROW NO-BREAK SPACE}048\N{NARROW NO-BREAK SPACE}576" in text and len(text) < 300_000


# Formulas


@pytest.mark.parametrize("e", [*BOUND.values(), *SYMBOLS.values(), product(2), product(20, data=True)])
def test_formulas(e: Any) -> None:
    Reader(mathml(e, display=True))
    assert tex(e).isascii() and tex(e).count("{") == tex(e).count("}")
    assert plain(e)


SPLIT = dv.Pattern((2, 3), [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)])
JOINED = dv.Pattern((3, 1), [(0, 0), (1, 0), (2, 0)])


def diamond(second: list[int]) -> dv.Case:
    """Two paths; their nodes are exchanged where the taps of the second are those of the first."""
    ends = ("a", "x", "u", [0, 1]), ("b", "x", "v", second), ("c", "u", "y", [0, 4]), ("d", "v", "y", [0, 4])
    edges = [dv.Edge(name, source, to, taps) for name, source, to, taps in ends]
    return dv.Case(dv.Network(length=16, edges=edges, output="y"))


@pytest.mark.parametrize(
    ("case", "named"),
    [
        (dv.Case([SPLIT, JOINED], equivalence="neuron-scale"), ["nodes 0 and 1 between factors 0 and 1"]),
        (dv.Case([SPLIT, JOINED], equivalence="scale"), []),
        (diamond([0, 2]), []),
        (diamond([0, 1]), ["nodes 0 and 1 between factors 0 and 1"]),
    ],
)
def test_node_permutations_stand_on_a_line_of_their_own(case: dv.Case, named: list[str]) -> None:
    """Exchanged nodes have the same edges, with the same taps, on both sides."""
    result = certify(case)
    assert result.json["node_permutations"] == named
    text = render_markdown(result.json, result.question, names=result.names)
    lines = [line for line in text.splitlines() if "ermutation" in line]
    assert len(lines) == len(named)
    assert all(name in line and "not divided out" in line for name, line in zip(named, lines, strict=True))
