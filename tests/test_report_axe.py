"""The HTML report has no serious accessibility violation, by axe-core in headless Chromium."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from html import unescape
from pathlib import Path

import pytest
from conftest import program
from test_report_samples import SAMPLES, render

pytestmark = pytest.mark.debian

RUN = """
<pre id="found">waiting</pre>
<script>
axe.run({exclude: ["#found"]}, {resultTypes: ["violations"]}).then(found => {
  const said = found.violations.map(v => ({id: v.id, impact: v.impact, at: v.nodes.slice(0, 3).map(n => n.html)}));
  document.getElementById("found").textContent = JSON.stringify({violations: said, passes: found.passes.length});
});
</script>
"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from the npm registry."""
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run([program("npm"), "pack", "--silent", "axe-core@4.10.3"], cwd=folder, check=True, timeout=120)
    with tarfile.open(next(folder.glob("axe-core-*.tgz"))) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()  # type: ignore[union-attr]


def violations(page: str, axe: str, chromium: str, folder: Path) -> list[dict]:
    """What axe-core finds in a page; its content security policy is taken off so that axe can run."""
    page = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page)
    body = f"<script>{axe}</script>{RUN}</body>"
    (folder / "page.html").write_text(page.replace("</body>", body))
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--window-size=1280,1000", "--dump-dom",
        (folder / "page.html").as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=240).stdout
    said = unescape(re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)[1])  # type: ignore[index]
    found = json.loads(said)
    assert found["passes"] > 10
    return found["violations"]


@pytest.mark.parametrize("name", SAMPLES)
def test_no_serious_violation(name: str, axe: str, chromium: str, tmp_path: Path) -> None:
    found = violations(render(name), axe, chromium, tmp_path)
    assert [v for v in found if v["impact"] in ("serious", "critical", "moderate")] == []


def test_axe_would_find_one(axe: str, chromium: str, tmp_path: Path) -> None:
    broken = render("yes").replace('<html lang="en">', "<html>").replace("</h1>", '</h1><img src="data:,">')
    found = violations(broken, axe, chromium, tmp_path)
    assert {"html-has-lang", "image-alt"} <= {v["id"] for v in found}
