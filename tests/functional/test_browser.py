"""What looks at reports for us would see what it is there for: a page that is not alone, or complains."""

from pathlib import Path

from tests.functional.browser import look_at
from tests.functional.chromium import Chromium
from tests.loopback_server import LoopbackServer


def test_what_asks_the_network_gets_nothing_and_is_found(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    with LoopbackServer() as server:
        picture, data = f"{server.url}/picture.png", f"{server.url}/data.json"
        script = f'fetch("{data}").catch(() => console.error("no data")); undefined_name()'
        page.write_text(f'<body><img src="{picture}"><script>{script}</script></body>', encoding="utf-8")
        seen = look_at(chromium, page, tmp_path / "page.png")

    assert server.seen == []
    assert seen.requests[0] == page.as_uri()
    assert set(seen.requests[1:]) == {picture, data}
    assert any("no data" in each for each in seen.complaints)
    assert any("undefined_name is not defined" in each for each in seen.complaints)
    assert any("ERR_INTERNET_DISCONNECTED" in each for each in seen.complaints)


def test_only_what_is_to_be_seen_counts_as_a_picture(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    bar = '<svg width="100" height="50"><rect width="9" height="9"/></svg>'
    hidden, empty = f'<div style="display: none">{bar}</div>', '<svg width="100" height="50"></svg>'
    page.write_text(f'<section aria-label="Bars">{bar}{hidden}{empty}</section>', encoding="utf-8")

    seen = look_at(chromium, page, tmp_path / "page.png")

    assert [(each.width, each.height, each.marks) for each in seen.of("Bars")] == [(100, 50, 1)]
    assert (seen.complaints, seen.requests) == ([], [page.as_uri()])
