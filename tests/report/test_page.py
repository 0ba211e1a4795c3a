"""The page of a run as a reader sees it: measured in a headless Chromium, on a desk, on a phone, at night, on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.report_page import html

from tests.report.browser import Browser, program
from tests.unit.plugin_utils import examined, reports

MEASURES = Path(__file__).with_name("measures.js").read_text()
PHONE, DESK, PAPER = 360, 1280, 688
PAGES = {
    "healthy": [reports.healthy()],
    "one_down": [reports.one_down()],
    "static": [reports.static()],
    "silent": [reports.silent()],
    "hostile": [reports.hostile()],
    "long_names": [reports.long_names()],
    "fleet": reports.fleet(4),
    "examined": [examined.EVERY["two down"](), examined.EVERY["unplanned, AWS alone"]()],
    "bare": [{"link": "hq", "ok": False}],
}
TUNNELS = {
    "healthy": ["1-1 up", "1-2 up", "2-1 up", "2-2 up"],
    "one_down": ["1-1 up", "1-2 down", "2-1 up", "2-2 up"],
    "static": ["1-1 up", "1-2 spare"],
    "silent": ["1-1 unknown", "1-2 unknown", "2-1 unknown", "2-2 unknown"],
}

pytestmark = pytest.mark.skipif(
    program() is None,
    reason="no Chromium on PATH, so that nobody looks at the page; Debian calls the package chromium-headless-shell",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {name: folder / f"{name}.html" for name in PAGES}
    for name, page in made.items():
        page.write_text(html(PAGES[name], reports.AT), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


def measure(browser: Browser, expression: str) -> object:
    return browser.ask(f"(() => {{ {MEASURES}\nreturn {expression} }})()")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_is_cut_and_nothing_is_loaded(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    browser.open(pages[name], width=width)
    assert [one for one in browser.requests if not one.startswith("data:")] == [pages[name].as_uri()]
    assert browser.ask("document.scripts.length") == 0
    browser.ask("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert measure(browser, "overflowing()") == []
    assert measure(browser, "colliding()") == []
    assert measure(browser, "silent()") == []


@pytest.mark.parametrize("name", ["one_down", "static", "silent", "fleet"])
@pytest.mark.parametrize("dark", [False, True])
def test_every_word_can_be_read(browser: Browser, pages: dict[str, Path], name: str, dark: bool) -> None:
    browser.open(pages[name], dark=dark)
    assert measure(browser, "faint()") == []
    shades = [browser.pixel(4, 4), browser.pixel(640, 190)]
    assert all(max(shade) < 64 if dark else min(shade) > 230 for shade in shades), shades


@pytest.mark.parametrize("name", TUNNELS)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_picture_shows_each_tunnel(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    browser.open(pages[name], width=width)
    texts = measure(browser, "pictured()")
    assert isinstance(texts, list)
    assert [one for one in texts if re.fullmatch(r"\d-\d \w+", one)] == TUNNELS[name]
    link = PAGES[name][0]
    for value in (link["azure"]["network"], link["azure"]["gateway"], link["aws"]["network"], link["aws"]["gateway"]):
        assert value in texts
    shown = " ".join(texts)
    for value in ("10.1.0.0/16", "10.2.0.0/16", "ASN 64512", *(one["inside_cidr"] for one in link["tunnels"])):
        assert value in shown
    for tunnel in link["tunnels"]:
        assert tunnel["aws"]["outside_address"] in shown


def test_states_differ_without_colour(browser: Browser, pages: dict[str, Path]) -> None:
    looks: dict[str, str] = {}
    for name in ("one_down", "static", "silent"):
        browser.open(pages[name])
        found = measure(browser, "looks()")
        assert isinstance(found, dict)
        looks |= found
    assert set(looks) == {"up", "down", "spare", "unknown"}
    assert len({look.split(" #")[0] for look in looks.values()}) == 4
    assert len({look.split(" #")[1] for look in looks.values()}) == 4


def test_what_is_wrong_stands_first(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["fleet"], width=PHONE)
    heard = browser.ask("[...document.querySelectorAll('h1, h2, .overview a')].map((one) => one.textContent)")
    assert heard[:3] == ["1 of 4 links is not in order", "Overview", "site-03"]
    browser.open(pages["one_down"])
    text = browser.ask("document.body.innerText")
    first = text.index("The two ends of tunnel 1-2 have different pre-shared keys")
    assert first < text.index("it reads the key from AWS and writes it to hq-aws-1-2") < text.index("Checks that fail")
    assert text.index("Checks that fail") < text.index("30 checks passed")


def test_hostile_names_are_text(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["hostile"])
    assert browser.ask("document.querySelector('h2').textContent") == "hq <script>alert(1)</script>"
    assert browser.ask("document.querySelectorAll('[onload], script, iframe, img').length") == 0
    assert browser.ask("document.title").startswith("Link hq <script>alert(1)</script> is not in order")
    assert "{{ 7*7 }}" in browser.ask("document.body.innerText")
    assert "\u202e" not in pages["hostile"].read_text(encoding="utf-8")


def test_on_paper(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["fleet"], width=PAPER, dark=True, media="print")
    assert measure(browser, "overflowing()") == []
    assert measure(browser, "colliding()") == []
    assert "instance 0" in measure(browser, "pictured()")  # type: ignore[operator]
    assert min(browser.pixel(PAPER - 4, 4)) == 255  # paper stays white, also for those who read in the dark
    browser.open(pages["fleet"], width=DESK, dark=True)
    # the overview, and a link begins on a page of its own
    assert len(re.findall(rb"/Type\s*/Page\b", browser.pdf())) >= 5


BAD = """<!doctype html><html><meta name="viewport" content="width=device-width">
<body style="background: #fff; margin: 0"><div style="width: 900px">far</div>
<p style="color: #999">faint</p><img src="http://127.0.0.1:9/x.png"><table><tr><td>1</td><td>2</td></tr></table>
<svg class="picture" aria-labelledby="a b"><text y="20">one upon another</text><text y="20">another</text></svg>
</body></html>"""


def test_the_measures_see_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(BAD)
    browser.open(bad, width=PHONE)
    assert "http://127.0.0.1:9/x.png" in browser.requests
    assert "DIV: far" in measure(browser, "overflowing()")  # type: ignore[operator]
    assert measure(browser, "colliding()") == ["one upon another upon another"]
    assert measure(browser, "faint()") == ["2.85: faint"]
    assert measure(browser, "silent()") == [
        "a picture without words",
        "a table without headers",
        "a row without header: 12",
    ]
