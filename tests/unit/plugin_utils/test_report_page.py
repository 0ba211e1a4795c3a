"""What the page says. How it looks is measured in tests/report."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import CLOUDS
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.report_page import amount, dotted, html, kept, moment
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.report_topology import letters, narrow, wide

from tests.unit.plugin_utils import examined, reports

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


class Page(HTMLParser):
    """Tags, ids and visible words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        assert not any(name.startswith("on") for name in given)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(
    "make", [reports.healthy, reports.one_down, reports.static, reports.silent, reports.hostile, reports.long_names]
)
def test_a_page_stands_alone(make: object) -> None:
    page = Page(html([make()], reports.AT))  # type: ignore[operator]
    assert not {"script", "iframe", "img", "object", "embed", "form"} & set(page.tags)
    assert all(link.startswith("#") or link == "data:," for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_browser_is_told_to_load_nothing() -> None:
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in html([], reports.AT)


def test_links_with_alike_names_have_places_of_their_own() -> None:
    page = Page(html([reports.healthy("a-b"), reports.healthy("a.b"), reports.healthy("\u7db2")], reports.AT))
    assert {"link-a-b", "link-a-b-2", "link-link"} <= set(page.ids)


def test_ids_of_accounts_stay_away_unless_asked_for() -> None:
    report = reports.one_down()
    report["unread"][0]["why"] = f"no right on /subscriptions/{GUID}, account 123456789012"
    text = html([report], reports.AT)
    assert GUID not in text
    assert "123456789012" not in text
    report["azure"]["subscription"], report["aws"]["account"] = GUID, "123456789012"
    assert f"Azure subscription {GUID}, AWS account 123456789012." in html([report], reports.AT)


def test_what_changed_is_told_also_when_nothing_did() -> None:
    assert "Since the last run" not in html([reports.healthy()], reports.AT)
    text = html([reports.healthy(since="2026-11-20T10:30:00Z")], reports.AT)
    assert "Since the last run, 2026-11-20 10:30 UTC" in text
    assert "Nothing has changed." in text
    assert "Tunnel 1-2 was up and is down." in Page(html([reports.one_down()], reports.AT)).words


def test_causes_come_by_rank() -> None:
    report = reports.one_down()
    report["causes"].reverse()
    words = Page(html([report], reports.AT)).words
    assert words.index("1. The two ends") < words.index("2. Azure gives up")


@pytest.mark.parametrize("draw", [wide, narrow])
@pytest.mark.parametrize("make", [reports.healthy, reports.hostile, reports.silent, reports.long_names, dict])
def test_a_picture_is_good_xml_and_has_words(draw: object, make: object) -> None:
    report = make()  # type: ignore[operator]
    picture = ElementTree.fromstring(str(draw(report, "x")))  # type: ignore[operator]
    assert picture.find("title") is not None
    description = picture.findtext("desc") or ""
    for tunnel in report.get("tunnels", []):
        assert f"Tunnel {tunnel['name']} {tunnel['inside_cidr']}: {tunnel['state']}" in description
    assert all(name in description for name in CLOUDS.values())


def test_what_is_clipped_is_whole_in_a_tooltip() -> None:
    assert f"<title>{'w' * 255}</title>" in wide(reports.long_names(), "x")


def test_widths_of_letters_are_not_too_small() -> None:
    assert letters("iiii") < letters("aaaa") < letters("AAAA") < letters("WWWW") == 4
    assert letters("\u7db2\u8def") > letters("ab")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-21T10:30:00Z", "2026-11-21 10:30 UTC"),
        ("2026-11-21T12:30:00+02:00", "2026-11-21 10:30 UTC"),
        ("2026-11-21T10:30:00", "2026-11-21 10:30 UTC"),
        ("yesterday", "yesterday"),
        (None, ""),
    ],
)
def test_moments(value: object, text: str) -> None:
    assert moment(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (48211, "48.2 kB"),
        (1_934_002_112, "1.9 GB"),
        (5e15, "5000 TB"),
        (None, "unknown"),
    ],
)
def test_amounts(value: object, text: str) -> None:
    assert amount(value) == text


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("tunnel 1-2 is", 'tunnel <span class="kept">1-2</span> is'),
        ("1-1, 1-2", '<span class="kept">1-1,</span> <span class="kept">1-2</span>'),
        ("since 2026-11-21T10:24:50+00:00", 'since <span class="kept">2026-11-21T10:24:50+00:00</span>'),
        ("pre-shared <b>", "pre-shared &lt;b&gt;"),
        ("<1-2>", '<span class="kept">&lt;1-2&gt;</span>'),
        (f"{'w' * 40}1-2", f"{'w' * 40}1-2"),
        (None, ""),
    ],
)
def test_no_line_ends_within_a_tunnels_name(text: object, markup: str) -> None:
    assert kept(text) == markup


def test_names_break_after_dots() -> None:
    assert dotted("a.b/c<") == "a.<wbr>b/<wbr>c&lt;"
    assert re.fullmatch(r"[^<]*", dotted("plain"))


@pytest.mark.parametrize("name", examined.EVERY)
def test_everything_the_examiner_finds_is_on_the_page(name: str) -> None:
    report = examined.EVERY[name]()
    words = " ".join(Page(html([report], reports.AT)).words.split())
    for tunnel in report["tunnels"]:
        for value in (tunnel["name"], tunnel["inside_cidr"], tunnel["aws"]["outside_address"]):
            assert (value or "") in words
    for cause in report["causes"]:
        assert " ".join(cause["effect"].split()) in words
        assert " ".join(cause["remedy"].split()) in words
    for check in report["checks"]:
        if check["status"] == "failed":
            assert check["name"] in words
            assert " ".join(check["remedy"].split()) in words
        elif check["severity"] == "advice" and check["status"] == "unread":
            assert " ".join(check["remedy"].split()) in words.partition("Advice")[2]
    assert "sha256:" not in words
