"""Chromium without a network, where there is one: what does a page come to in it?"""

import json
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
ARTEFACTS = Path(__file__).parents[2] / "build/report-in-browser"

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="looks with Chromium where there is one")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
_OFFLINE = ("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND")
# Puts what is drawn, and how large, where --dump-dom shows it; in a copy of the page, which has no script itself.
_MEASURE = """<script>
addEventListener("load", () => {
  const drawn = [...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).map((svg) => {
    const box = svg.getBoundingClientRect();
    const section = svg.closest("section");
    const marks = svg.querySelectorAll("rect, path").length;
    return [section ? section.getAttribute("aria-label") : "", box.width, box.height, marks];
  });
  const measured = document.createElement("template");
  measured.id = "measured";
  measured.setAttribute("data-drawn", JSON.stringify(drawn));
  document.body.append(measured);
});
</script>"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture of a page as it was laid out, in pixels."""

    section: str
    width: float
    height: float
    marks: int

    @property
    def is_to_be_seen(self) -> bool:
        return self.width > 40 and self.height > 10 and self.marks > 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a browser made of a page.

    Attributes:
        complaints: Lines of its console.
        pictures: All of them, in the order of the page.
        screenshot: A PNG that is kept.

    """

    complaints: list[str]
    pictures: list[Drawn]
    screenshot: Path

    def of(self, section: str) -> list[Drawn]:
        return [picture for picture in self.pictures if picture.section == section and picture.is_to_be_seen]


def look_at(page: Path, name: str) -> Seen:
    """Open a page twice: as it is, for a screenshot and the console, and with a script that measures it."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    shot = ARTEFACTS / f"{name}.png"
    shot.unlink(missing_ok=True)
    shown = _run(page, "--enable-logging=stderr", f"--screenshot={shot}", "--window-size=1180,2400")
    measured = page.with_name(f"measured-{page.name}")
    measured.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{_MEASURE}</body>"), encoding="utf-8")
    dom = _run(measured, "--window-size=1180,2400", "--dump-dom").stdout
    complaints = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    return Seen(complaints, [Drawn(*each) for each in _Measured(dom).drawn], shot)


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:])
    return width, height


class _Measured(HTMLParser):
    def __init__(self, dom: str) -> None:
        super().__init__()
        self.drawn: list[Any] = []
        self.feed(dom)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "template" and attributes.get("id") == "measured":
            self.drawn = json.loads(attributes["data-drawn"] or "[]")


def _run(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as profile:
        words = [CHROMIUM, "--headless", *_QUIET, *_OFFLINE, f"--user-data-dir={profile}", *options, page.as_uri()]
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
