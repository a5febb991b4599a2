"""The page in a real browser: nothing sticks out at the side, on a laptop or a phone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from test_report_samples import SAMPLES, render

QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--hide-scrollbars"]  # fmt: skip
PROBE = """<iframe id="page" src="page.html" style="border:0;width:{width}px;height:900px"></iframe>
<script>
window.onload = () => {{
  const page = document.getElementById("page").contentDocument, root = page.documentElement;
  const out = [...page.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > {width} + 1
    && !e.closest(".scroll, .formula"));
  document.title = [root.clientWidth, root.scrollWidth, out.length, out.slice(0, 3).map(e => e.tagName)].join(" ");
}};
</script>"""


def browse(chromium: str, folder: Path, page: Path, *options: str) -> str:
    """What chromium prints about a local page, with a profile of its own and no network."""
    command = [chromium, *QUIET, f"--user-data-dir={folder / 'profile'}", "--allow-file-access-from-files", *options]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.debian
@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_sticks_out(chromium: str, tmp_path: Path, name: str, width: int) -> None:
    (tmp_path / "page.html").write_text(render(name))
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(width=width))
    seen = browse(chromium, tmp_path, probe, "--dump-dom", f"--window-size={width + 40},1000")
    title = re.search(r"<title>(.*?)</title>", seen)
    assert title and title[1].split()[:3] == [str(width), str(width), "0"], title


@pytest.mark.debian
@pytest.mark.parametrize("width", [500, 1366])
def test_a_screenshot_shows_the_page(chromium: str, tmp_path: Path, width: int) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(render("no"))
    browse(chromium, tmp_path, page, f"--screenshot={picture}", f"--window-size={width},1000")
    assert picture.stat().st_size > 20_000
