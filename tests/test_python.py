"""Results as people use them from Python: reprs, records, logging, schemas."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

import dmfverify as dv
from dmfverify.library import schema

CASES = ("toeplitz_pair", "nonnegative_no", "tree_two_leaves", "sparse_two_supports", "diagonal_fixed_diagonal",
         "butterfly8_neuron", "group_sparse_k1")  # fmt: skip


@pytest.fixture(scope="module")
def results(case_paths: dict[str, Path]) -> dict[str, dv.Result]:
    return {name: dv.certify(case_paths[name], time_budget=20) for name in CASES}


def test_a_result_prints_as_the_table_of_the_command(results: dict[str, dv.Result]) -> None:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))
    console.print(results["toeplitz_pair"])
    text = console.export_text()
    assert "uniform" in text and "check" in text


def test_a_notebook_shows_a_table_in_which_the_title_is_data(results: dict[str, dv.Result]) -> None:
    result = results["toeplitz_pair"]
    page = result._repr_html_()
    assert page.startswith("<table>") and "uniform" in page
    body = copy.deepcopy(result.json)
    body["case"]["title"] = "<script>alert(1)</script>"
    assert "<script>" not in dv.Result(body, result.statement, result.certificate)._repr_html_()
    assert "<th>verdict</th>" in result.uniform._repr_html_()


def test_records_hold_every_bracket_exactly(results: dict[str, dv.Result]) -> None:
    for result in results.values():
        records = result.records()
        assert len({tuple(record) for record in records}) == 1, "one set of columns"
        by = {record["quantity"]: record for record in records}
        gamma = by["dnsp.gamma"]
        assert [gamma["lo"], gamma["hi"]] == result.json["dnsp"]["gamma"]
        assert gamma["lo_estimate"] == pytest.approx(float(result.dnsp.gamma.lo))
        assert by["identifiability.uniform.verdict"]["value"] == result.uniform.verdict
        assert by["lifting.columns"]["value"] == result.lifting.columns


def test_methods_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="dmfverify"):
        dv.certify(dv.Case([dv.Circulant(6, taps=[0, 2])]))
    assert any("shift counts" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_obeys_the_schemas(results: dict[str, dv.Result], name: str) -> None:
    result = results[name]
    for kind, body in (
        ("statement", json.loads(result.statement)),
        ("certificate", json.loads(result.certificate)),
        ("result", result.json),
    ):
        jsonschema.Draft202012Validator(schema(kind)).validate(body)


@pytest.mark.parametrize("kind", ["statement", "certificate", "result"])
def test_the_schemas_are_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("dnsp", "gamma"), ["1.5", "2"]),
        (("dnsp", "gamma"), ["1"]),
        (("dnsp", "kappa"), [1, 2]),
        (("identifiability", "uniform", "verdict"), "maybe"),
        (("lifting", "rank"), -1),
        (("statement_sha256",), "abc"),
        (("methods",), [{"name": "x"}]),
    ],
)
def test_the_schema_of_a_result_refuses(results: dict[str, dv.Result], path: tuple[str, ...], value: object) -> None:
    body = copy.deepcopy(results["toeplitz_pair"].json)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert not jsonschema.Draft202012Validator(schema("result")).is_valid(body)


def test_an_unknown_schema() -> None:
    with pytest.raises(dv.BadInput, match="expected statement, certificate or result"):
        schema("case")
