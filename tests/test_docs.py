"""Every example of README.md and docs/ runs, in the order of its page.

A page is worked through in one empty folder, like a reader would:

- a block ```toml title="x.toml" (or any other language with a title) becomes the file x.toml;
- the ```python blocks share one namespace; a `>>>` session is compared as a doctest is;
- in a ```console block a line `$ dmfverify ...` runs, and the lines under it are what it prints. There `...` stands
  for anything: seconds, hashes, versions, lines left out. A command that ends other than with 0 says so: `# exit 2`;
- a page that opens with <!-- tests: slow, needs torch --> runs with the slow tests, where that package is installed;
- ```sh blocks are for the reader's machine (installing, cloning) and do not run here. Those of README.md that set
  things up run in .ci/run.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUNNABLE = ("dmfverify ", "python ", "cat ", "ls")
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>\S.*)\n(?P<body>(?:.*\n)*?)(?P=indent)```$", re.MULTILINE)
MARKS = re.compile(r"<!-- tests: (?P<slow>slow)?(?:, )?(?:needs (?P<needs>\w+))? -->\n")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


class Wrong(AssertionError):
    """An example of a page that does not do what the page says."""


@dataclass(frozen=True)
class Block:
    language: str
    title: str
    body: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    for match in FENCE.finditer(text):
        indent, info, body = match["indent"], match["info"], match["body"]
        title = re.search(r'title="([^"]+)"', info)
        body = "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        yield Block(info.split()[0], title[1] if title else "", body, text.count("\n", 0, match.start()) + 1)


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what is printed under it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        first = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
        yield "\n".join(lines[: first + 1]), "\n".join(lines[first + 1 :])


def same(want: str, got: str) -> bool:
    """Whether `got` is what the page says, up to `...` and spaces at the ends of lines."""
    want, got = ("\n".join(line.rstrip() for line in text.strip().splitlines()) for text in (want, got))
    return doctest.OutputChecker().check_output(want + "\n", got + "\n", doctest.ELLIPSIS)


def environment(folder: Path) -> dict[str, str]:
    """The user's environment with `dmfverify` and `python` from here, and a terminal of 100 columns."""
    tools = folder / ".bin"
    tools.mkdir()
    for name, start in {"python": "", "dmfverify": "-c 'from dmfverify.cli import main; main()'"}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {start} "$@"\n')
        (tools / name).chmod(0o755)
    changed = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return {**os.environ, **changed, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}


def run_console(body: str, folder: Path, env: dict[str, str]) -> None:
    for command, want in commands(body):
        if not command.startswith(RUNNABLE):
            raise Wrong(f"`{command}` does not run here: console blocks are for {RUNNABLE}, ```sh for the rest")
        said = re.search(r"# exit (\d+)$", command)
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=280,
        )  # fmt: skip
        if done.returncode != int(said[1] if said else 0):
            raise Wrong(f"`{command}` ended with {done.returncode} and said\n{done.stdout}")
        if want.strip() and not same(want, done.stdout):
            raise Wrong(f"`{command}` prints\n{done.stdout}\ninstead of\n{want}")


def run_python(body: str, names: dict[str, object], where: str) -> None:
    if ">>>" not in body:
        exec(compile(body, where, "exec"), names)
        return
    example = doctest.DocTestParser().get_doctest(body, names, where, where, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    runner.run(example, out=report.append, clear_globs=False)
    names.update(example.globs)
    if runner.failures:
        raise Wrong("".join(report))


def marked(page: Path) -> Any:
    """The page as a parameter, with the marks of its first line."""
    found = MARKS.match(page.read_text())
    slow = [pytest.mark.slow] if found and found["slow"] else []
    return pytest.param(page, found["needs"] if found else None, marks=slow, id=str(page.relative_to(ROOT)))


def run_page(text: str, name: str, folder: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    env = environment(folder)
    for block in blocks(text):
        try:
            if block.title:
                (folder / block.title).write_text(block.body)
            elif block.language == "python":
                run_python(block.body, names, f"{name}:{block.line}")
            elif block.language == "console":
                run_console(block.body, folder, env)
        except Exception as error:
            raise Wrong(f"{name}:{block.line}: {error}") from error


@pytest.mark.parametrize(("page", "needs"), [marked(page) for page in PAGES])
def test_the_examples_of_a_page_run(page, needs, tmp_path, monkeypatch):
    if needs:
        pytest.importorskip(needs)
    monkeypatch.chdir(tmp_path)
    run_page(page.read_text(), page.name, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page):
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


def test_one_file_says_how_to_test(root):
    """.ci/run takes its commands from README.md by these markers, so that they cannot drift."""
    readme = (root / "README.md").read_text()
    for marker in ("<!-- command: certify -->", "<!-- command: test -->"):
        assert re.search(re.escape(marker) + r"\n```sh\n[^\n]+\n```\n", readme), marker
        assert marker in (root / ".ci" / "run").read_text()


@pytest.mark.parametrize(
    ("line", "slow", "needs"),
    [
        ("<!-- tests: slow, needs torch -->\n", "slow", "torch"),
        ("<!-- tests: slow -->\n", "slow", None),
        ("<!-- tests: needs torch -->\n", None, "torch"),
    ],
)
def test_the_first_line_of_a_page_says_when_it_runs(line, slow, needs):
    found = MARKS.match(line + "# Title")
    assert found and (found["slow"], found["needs"]) == (slow, needs)
    assert not MARKS.match("# Title\n" + line)


CONSOLE = "```console\n{}\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        CONSOLE.format("$ python -c 'print(1)'\n1"),
        CONSOLE.format("$ python -c 'print(\"in 0.31 s\")'\nin ... s"),
        CONSOLE.format("$ python -c \\\n  'print(1)'\n1\n$ ls"),
        CONSOLE.format("$ python -c 'exit(2)'  # exit 2"),
        '```toml title="a.toml"\nx = 1\n```\n' + CONSOLE.format("$ cat a.toml\nx = 1"),
        "```python\nx = 1\n```\nand\n```python\nassert x == 1\n```\n",
        "```python\n>>> x = 2\n>>> x\n2\n```\n```python\nassert x == 2\n```\n",
        "```sh\nrm -rf nothing\n```\n",
        "1. A step:\n\n    ```python\n    assert True\n    ```\n",
    ],
)
def test_a_true_page_passes(text, tmp_path):
    run_page(text, "page.md", tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CONSOLE.format("$ python -c 'print(1)'\n2"), "instead of"),
        (CONSOLE.format("$ python -c 'print(1)'\n1\n1"), "instead of"),
        (CONSOLE.format("$ python -c 'exit(3)'"), "ended with 3"),
        (CONSOLE.format("$ python -c 'pass'  # exit 2"), "ended with 0"),
        (CONSOLE.format("$ pip install dmfverify"), "does not run here"),
        ("```python\nassert 1 == 2\n```\n", "page.md:1"),
        ("```python\n>>> 1 + 1\n3\n```\n", "Expected"),
        ("text\n\n```python\nimport nothing_of_that_name\n```\n", "page.md:3.*nothing_of_that_name"),
    ],
)
def test_a_false_page_fails(text, reason, tmp_path):
    with pytest.raises(Wrong, match=f"(?s){reason}"):
        run_page(text, "page.md", tmp_path)
