"""A page in Chromium without a network: what does it come to, what does it complain of, what does it ask for?"""

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

from tests.functional.chromium import ROOT, Chromium
from tests.functional.devtools import Tab, a_tab

KEPT = ROOT / "build/report-in-browser"  # screenshots that a person may look at
WIDTH, HEIGHT = 1180, 2400
_DRAWN = """[...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).map((svg) => {
  const box = svg.getBoundingClientRect();
  const section = svg.closest("section");
  const marks = svg.querySelectorAll("rect, path").length;
  return [section ? section.getAttribute("aria-label") : "", box.width, box.height, marks];
})"""


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
        complaints: What its console shows, whatever it is.
        requests: Addresses that it asked for, its own first.
        pictures: All of them, in the order of the page.
        screenshot: Where its PNG is.

    """

    complaints: list[str]
    requests: list[str]
    pictures: list[Drawn]
    screenshot: Path

    def of(self, section: str) -> list[Drawn]:
        return [picture for picture in self.pictures if picture.section == section and picture.is_to_be_seen]


def look_at(chromium: Chromium, page: Path, screenshot: Path) -> Seen:
    """Open a page as somebody does who was sent the file."""
    with a_tab(chromium) as tab:
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        tab.ask("Emulation.setDeviceMetricsOverride", **size)
        tab.ask("Page.navigate", url=page.as_uri())
        tab.wait_for("Page.loadEventFired")
        drawn = tab.ask("Runtime.evaluate", expression=_DRAWN, returnByValue=True)["result"]["value"]
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        screenshot.write_bytes(base64.b64decode(tab.ask("Page.captureScreenshot")["data"]))
        requests = [each["request"]["url"] for each in tab.named("Network.requestWillBeSent")]
        return Seen(_complaints(tab), requests, [Drawn(*each) for each in drawn], screenshot)


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:])
    return width, height


def _complaints(tab: Tab) -> list[str]:
    """Of scripts and of the browser itself, such as of what it cannot load or must not."""
    said = [str([value.get("value") for value in each["args"]]) for each in tab.named("Runtime.consoleAPICalled")]
    thrown = [str(each["exceptionDetails"]) for each in tab.named("Runtime.exceptionThrown")]
    return said + thrown + [str(each["entry"]["text"]) for each in tab.named("Log.entryAdded")]
