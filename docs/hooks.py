"""Hooks of the documentation site: formulas as MathML, pages made of the README, the changelog and the commands."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)*(README|CHANGELOG)\.md\)")
BOOKS = re.compile(r"\[([^\]]+)\]\(notebooks\)")
ELSEWHERE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+(?:cases|tests|dmfverify|benchmarks|pyproject)[^)]*\)")


def on_files(files: Files, config: Any) -> Files:
    """Pages that are made of what stands elsewhere."""
    files.append(File.generated(config, "reference/cli.md", content=commands()))
    for name in ("README", "CHANGELOG"):
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        files.append(File.generated(config, f"{name.lower()}.md", content=inside(text)))
    return files


def commands() -> str:
    """The reference of the command line, as typer writes it."""
    made = [sys.executable, "-m", "typer", "dmfverify.cli", "utils", "docs", "--name", "dmfverify"]
    return subprocess.run(made, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def inside(text: str) -> str:
    """The README with its links as seen from docs/."""
    text = text.replace("](docs/", "](").replace("](CHANGELOG.md)", "](changelog.md)")
    return re.sub(r"\[([^\]]+)\]\((?:cases|LICENSE)[^)]*\)", r"\1", text)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to files outside docs/ become links to the pages made of them, or plain text."""
    up = "../" * page.file.src_uri.count("/")
    markdown = OUTSIDE.sub(lambda m: f"[{m[1]}]({up}{m[2].lower()}.md)", markdown)
    markdown = BOOKS.sub(r"\1", markdown)
    return ELSEWHERE.sub(r"\1", markdown)


def on_page_content(content: str, **_: Any) -> str:
    """Formulas as MathML: no script has to run, and nothing is fetched."""
    return FORMULA.sub(lambda m: convert(html.unescape(m[3]), "block" if m[2] == "[" else "inline"), content)
