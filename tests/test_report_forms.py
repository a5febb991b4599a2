"""The report in its other forms: the command, the proof section, LaTeX that compiles, a PDF."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from conftest import program
from test_report_samples import SAMPLES

import dmfverify as dv
from dmfverify.errors import MissingExtra
from dmfverify.problem.restated import restated
from dmfverify.report import render_markdown, render_pdf, render_tex, render_tex_section, render_typst
from dmfverify.report.names import Names
from dmfverify.report.proof import Grid, Paragraph, steps
from dmfverify.report.small import TooBig, choices, coordinates, determinant, lifting, product
from dmfverify.report.tex import PACKAGES
from dmfverify.report.words import theorem_for
from dmfverify.result import FORMS, names_of_json, names_to_json

QUICK = ("chain_k10_distinct", "toeplitz_pair", "nonnegative_no", "tree_two_leaves", "compressed_sensing_8x14_s2")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, case_paths: dict[str, Path]) -> dict[str, Path]:
    """A folder as certify writes it, for each of the quick cases."""
    top = tmp_path_factory.mktemp("results")
    return {name: dv.certify(case_paths[name], time_budget=20).save(top / name) for name in QUICK}


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dmfverify", *arguments], capture_output=True, text=True)


def test_the_command_writes_every_form(folders: dict[str, Path]) -> None:
    done = cli("report", str(folders["tree_two_leaves"]), "--format", ",".join(FORMS))
    assert done.returncode == 0, done.stderr
    folder = folders["tree_two_leaves"]
    for name in ("report.html", "report.md", "report.tex", "report-section.tex", "report.pdf"):
        assert (folder / name).stat().st_size > 1_000
    assert "left" not in done.stderr
    assert "(c[1], b[1])" in (folder / "report.md").read_text().replace("\\", ""), "the user's names are kept"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{folder}", "--format", "docx"), "dmfverify: --format: got 'docx', expected some of html, pdf, tex, md"),
        (("{folder}/nothing",), "no such file or folder"),
    ],
)
def test_wrong_usage(folders: dict[str, Path], arguments: tuple[str, ...], message: str) -> None:
    done = cli("report", *(part.format(folder=folders["toeplitz_pair"]) for part in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_result_that_says_more_than_its_certificate_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    for file in folders["toeplitz_pair"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    said = json.loads((tmp_path / "result.json").read_text())
    said["dnsp"]["kappa"] = ["100", "100"]
    (tmp_path / "result.json").write_text(json.dumps(said))
    with pytest.raises(dv.BadInput, match=r"the checker refuses it \(result: dnsp.kappa is not proved\)"):
        dv.load_result(tmp_path)


def test_a_result_is_the_same_when_read_back(folders: dict[str, Path], case_paths: dict[str, Path]) -> None:
    for name, folder in folders.items():
        back = dv.load_result(folder / "result.json")
        case = dv.load(case_paths[name])
        assert back.question == case.statement
        said = json.loads((folder / "result.json").read_text())
        assert back.uniform.verdict == said["identifiability"]["uniform"]["verdict"]
        back.save(folder)
        assert dv.load_result(folder).names == back.names


def test_every_statement_is_read_back_as_it_was(case_paths: dict[str, Path]) -> None:
    for path in case_paths.values():
        statement = dv.load(path).statement
        assert restated(statement.to_bytes()).to_bytes() == statement.to_bytes()


def test_names_are_stored_as_long_as_they_are_few() -> None:
    few = dv.Case(dv.Network([dv.Edge("verdict", "x", "y", [0, 1])], "y", length=5))
    stored = json.loads(json.dumps(names_to_json(few)))
    assert names_of_json(stored).parameters == few.names
    many = dv.Case(dv.Network([dv.Edge("a", "x", "y", list(range(3_000)))], "y", length=5_000))
    assert names_to_json(many) is None
    assert names_of_json(None) == names_of_json({"nodes": [["x", 7, 0], [1], 3]}) == Names()


def test_trials_that_lie_beside_are_in_the_report(tmp_path: Path) -> None:
    assert cli("certify", "circulant_pair", "--out", str(tmp_path), "--quiet").returncode == 0
    assert "Error against noise" not in (tmp_path / "report.html").read_text()
    assert cli("recover", "circulant_pair", "--trials", "12", "--out", str(tmp_path), "--quiet").returncode == 0
    assert cli("report", str(tmp_path), "--quiet").returncode == 0
    assert (tmp_path / "report.html").read_text().count("Error against noise") >= 1
    recovery = json.loads((tmp_path / "recovery.json").read_text())
    for wrong in ({**recovery, "statement_sha256": "0" * 64}, [], {"trials": 3}):
        (tmp_path / "recovery.json").write_text(json.dumps(wrong))
        assert cli("report", str(tmp_path), "--quiet").returncode == 0
        assert "Error against noise" not in (tmp_path / "report.html").read_text()


# The proof section


def test_small_products_are_those_of_the_definition(case_paths: dict[str, Path]) -> None:
    rng = np.random.default_rng(5)
    looked = 0
    for path in case_paths.values():
        case = dv.load(path)
        h = [[Fraction(int(x)) for x in rng.integers(-3, 4, n)] for n in case.statement.sizes]
        try:
            X = product(case.statement, h)
        except TooBig:
            continue
        dense = np.eye(case.statement.forms[0].shape[0], dtype=object)
        values = iter(h)
        for form in case.statement.forms:
            M = np.zeros(form.shape, dtype=object)
            for i, x in enumerate(next(values) if form.parameters else ()):
                for r, c, v in form.basis(i):
                    M[r, c] += x * v
            for r, c, v in form.known() if hasattr(form, "known") else ():
                M[r, c] += v
            dense = dense.dot(M)
        if case.statement.data is None:
            assert (np.array(X, dtype=object) == dense).all()
            looked += 1
    assert looked >= 5


def test_a_determinant() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        M = rng.integers(-3, 4, (5, 3))
        A = {(r, 0): [Fraction(int(x)) for x in row] for r, row in enumerate(M)}
        if np.linalg.matrix_rank(M) < 3:
            with pytest.raises(ValueError, match="dependent"):
                determinant(A)
        else:
            rows, value = determinant(A)
            assert value == sympy.Matrix(M.tolist())[[r for r, _ in rows], :].det() != 0


def test_choices_add_up() -> None:
    case = dv.Case([dv.Circulant(7, taps=[0, 3]), dv.Circulant(7, taps=[0, 5])])
    found = {chosen: shift for chosen, _, (shift,) in choices(case.statement, 10)}
    assert found == {(0, 0): 0, (0, 1): 5, (1, 0): 3, (1, 1): 1}
    with pytest.raises(TooBig):
        choices(case.statement, 3)


def test_the_columns_shown_are_those_of_the_lifting() -> None:
    case = dv.Case([dv.Dense((2, 1)), dv.Dense((1, 2))])
    labels = coordinates(case.statement, 4)
    assert labels == [(0, 0), (0, 1), (1, 0), (1, 1)]
    A = lifting(case.statement, labels)
    assert [A[r, c] for r in (0, 1) for c in (0, 1)] == np.eye(4).tolist()


def test_each_claim_has_a_step_and_small_ones_are_written_out(folders: dict[str, Path]) -> None:
    tables = 0
    for folder in folders.values():
        back = dv.load_result(folder)
        claims = json.loads(back.certificate)["claims"]
        found = list(steps(back.question, claims, Names()))
        assert {step.title for step in found} == {theorem_for(claim["kind"]).name for claim in claims}
        assert [step.place for step in found[:2]] == ["certificate.json#/claims/0", "certificate.json#/claims/1"]
        assert len(found) < 30
        assert all(isinstance(block, (Grid, Paragraph)) for step in found for block in step.blocks)
        tables += sum(isinstance(block, Grid) for step in found for block in step.blocks)
    assert tables >= 5


def test_a_witness_that_is_none_is_not_written_out() -> None:
    statement = dv.Case([dv.Dense((2, 1)), dv.Dense((1, 2))]).statement
    claim = {"kind": "witness", "h": [["1", "0"], ["1", "0"]], "g": [["0", "1"], ["1", "0"]], "coordinate": [0, 0]}
    (step,) = steps(statement, [claim], Names())
    assert "too long to be printed" in step.blocks[0].text  # type: ignore[union-attr]


# Forms


@pytest.mark.parametrize("name", SAMPLES)
def test_a_pdf_of_each_sample(name: str) -> None:
    pytest.importorskip("typst")
    statement, outcome = SAMPLES[name]()
    assert render_pdf(outcome, statement).startswith(b"%PDF")


def test_without_typst_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    statement, outcome = SAMPLES["yes"]()
    with pytest.raises(MissingExtra, match=r"a PDF report needs typst.*pip install 'dmfverify\[typst\]'"):
        render_pdf(outcome, statement)


@pytest.mark.parametrize("attack", ['#eval("1")', '"] #sys [', "\\input{/etc/passwd}", "$x$ </script> `a`"])
def test_titles_are_data_in_every_form(attack: str) -> None:
    pytest.importorskip("typst")
    statement, outcome = SAMPLES["yes"]()
    outcome["case"]["title"] = attack
    assert render_pdf(outcome, statement).startswith(b"%PDF")
    assert f"#text({json.dumps(attack)})" in render_typst(outcome, statement)
    assert r"\input{" not in render_tex(outcome, statement).split(r"\begin{document}")[1]
    assert "</script>" not in render_markdown(outcome, statement)


def test_all_forms_say_the_same(folders: dict[str, Path]) -> None:
    """Each heading of the HTML page stands in the Markdown."""
    for folder in folders.values():
        page = (folder / "report.html").read_text()
        back = dv.load_result(folder)
        claims = json.loads(back.certificate)["claims"]
        text = re.sub(r"\\(.)", r"\1", render_markdown(back.json, back.question, claims=claims, names=back.names))
        headings = [re.sub("<[^>]*>", "", h) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
        assert headings
        for heading in headings:
            assert f"## {heading}" in text


@pytest.mark.debian
@pytest.mark.parametrize("name", SAMPLES)
def test_latex_compiles_without_overflow(name: str, tmp_path: Path) -> None:
    compiler = program("pdflatex")
    statement, outcome = SAMPLES[name]()
    about = outcome["case"] or {}
    outcome["case"] = {**about, "title": f"{about.get('title')} – \N{CJK UNIFIED IDEOGRAPH-4E2D} 50% #1 _x_ ^ ~"}
    (tmp_path / "report.tex").write_text(render_tex(outcome, statement))
    head = rf"\documentclass{{article}}\usepackage[T1]{{fontenc}}\usepackage{{{PACKAGES}}}"
    (tmp_path / "report-section.tex").write_text(render_tex_section(outcome, statement))
    body = r"\begin{document}\input{report-section}\input{report-section}\end{document}"
    (tmp_path / "own.tex").write_text(head + body)
    for file in ("report.tex", "own.tex"):
        command = [compiler, "-interaction=nonstopmode", "-halt-on-error", file]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-2_000:]
        if file == "report.tex":
            wide = [float(x) for x in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", done.stdout)]
            assert not [x for x in wide if x > 2]
