"""The page of a check in a real browser: what is seen, reached by the keyboard, and read by screen readers.

Needs a Chromium (Debian's package `chromium`); ``SCREENSHOTS=<folder>`` keeps pictures to look at.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.checks import Report, Snapshot, check, make_node_facts
from pulumi_openkruise.cli.output.report_page import page
from pulumi_openkruise.detection import classify

from tests.support.chromium import Page, chromium, find_chromium
from tests.support.reports import EXPECTED, make_report

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
PLAIN = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
INFO = {"containerRuntimeVersion": "containerd://2", "kubeletVersion": "v1.33.1", "osImage": "Debian"}
INFO |= {"kernelVersion": "6.1", "architecture": "amd64", "operatingSystem": "linux"}
UNSURE = {"spec": {"taints": [{"key": "virtual-kubelet.io/provider", "effect": "NoSchedule"}]}}


def node(name: str, pool: str, **others: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {**PLAIN, "pool": pool}},
        "status": {"nodeInfo": INFO},
        **others,
    }


def large_report() -> Report:
    """Return a report of 41 pools, two of them in trouble, with a finding of every code."""
    nodes = [
        node(f"ip-10-0-{at // 256}-{at % 256}.eu-central-1.compute.internal", f"general-purpose-{at % 39}")
        for at in range(380)
    ]
    nodes += [node(f"lost-{at}", "burst") for at in range(9)]
    nodes += [{"metadata": {"name": "vk-1", "labels": {"liqo.io/type": "virtual-node", "pool": "edge"}}}]
    facts = [make_node_facts(one, classify) for one in nodes]
    context = "arn:aws:eks:eu-central-1:123456789012:cluster/prod-eu-1"
    source = f"https://api.prod-eu-1.example.com:6443 (context {context})"
    found = check(
        Snapshot(source=source, taken="2026-11-29T10:00:00Z", nodes=facts, version="v1.33.1"), EXPECTED
    )
    full = make_report()
    return replace(
        found,
        findings=full.findings,
        not_checked=full.not_checked,
        passed=full.passed,
        accepted=full.accepted,
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page(large_report()), encoding="utf-8")
    return path


@pytest.fixture(
    params=[(size, dark) for size in SIZES for dark in (False, True)], ids=lambda one: f"{one[0]}-{one[1]}"
)
def shown(request: pytest.FixtureRequest, browser: Page, file: Path) -> Page:
    size, dark = request.param
    width, height = SIZES[size]
    browser.show(file, width=width, height=height, dark=dark)
    if folder := os.environ.get("SCREENSHOTS"):
        browser.screenshot(Path(folder) / f"{size}-{'dark' if dark else 'light'}.png")
    return browser


def unfold(shown: Page) -> None:
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def test_nothing_is_wider_than_the_window(shown: Page) -> None:
    unfold(shown)
    wide = f"""[...document.querySelectorAll('body *')]
        .filter(one => !one.closest('.table') && one.getBoundingClientRect().right > {shown.width} + 0.5)
        .map(one => one.tagName + '.' + one.className)"""
    assert shown.evaluate(wide) == []
    assert shown.evaluate("document.documentElement.scrollWidth") <= shown.width


def test_the_first_finding_is_seen_without_scrolling(shown: Page) -> None:
    assert shown.evaluate(
        "document.querySelector('.finding h3').getBoundingClientRect().bottom < innerHeight"
    )


def test_pools_in_trouble_are_seen_and_the_others_are_folded(shown: Page) -> None:
    names = """[...document.querySelectorAll('.pool h3')]
        .filter(one => one.checkVisibility()).map(one => one.textContent)"""
    assert shown.evaluate(names) == ["burst", "edge"]
    unfold(shown)
    assert len(shown.evaluate(names)) == 41


CONTRAST = """(() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = one => {
    for (; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const low = [];
  let seen = 0;
  for (const one of document.querySelectorAll('body *')) {
    const text = [...one.childNodes].some(part => part.nodeType === 3 && part.textContent.trim());
    if (!text || !one.checkVisibility()) continue;
    seen += 1;
    const pair = [light(channels(getComputedStyle(one).color)), light(ground(one))].sort((a, b) => b - a);
    const found = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (found < 4.5) low.push([one.tagName, one.className, one.textContent.slice(0, 30), found]);
  }
  return [seen, low];
})()"""


def test_every_text_has_the_contrast_of_level_aa(shown: Page) -> None:
    unfold(shown)
    seen, low = shown.evaluate(CONTRAST)
    assert seen > 500
    assert low == []


def test_the_keyboard_reaches_and_opens_what_is_folded(shown: Page) -> None:
    reached = []
    for _press in range(5):
        shown.press("Tab")
        reached.append(shown.evaluate("document.activeElement.textContent"))
    findings = f"Findings ({len(make_report().findings)})"
    assert reached == [findings, "Other checks", "Nodes by pool", "Nodes", "3 objects"]
    assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.press("Enter")
    assert shown.evaluate("document.activeElement.parentElement.open")


def test_one_click_selects_a_command(shown: Page) -> None:
    point = shown.evaluate("""(() => {
      const command = document.querySelector('.command');
      command.scrollIntoView({block: 'center'});
      const place = command.getClientRects()[0];
      return [place.left + place.width / 2, place.top + place.height / 2, command.textContent];
    })()""")
    for kind in ("mousePressed", "mouseReleased"):
        shown.call("Input.dispatchMouseEvent", type=kind, x=point[0], y=point[1], button="left", clickCount=1)
    assert shown.evaluate("getSelection().toString()").replace("\n", "") == point[2]


def test_what_a_screen_reader_gets(browser: Page, file: Path) -> None:
    browser.show(file, width=1280, height=900, dark=False)
    unfold(browser)
    found = browser.call("Accessibility.getFullAXTree")["nodes"]
    nodes = [one for one in found if not one.get("ignored")]

    def names(role: str) -> list[str]:
        return [one.get("name", {}).get("value", "") for one in nodes if one["role"]["value"] == role]

    assert len(names("main")) == 1
    assert names("navigation") == ["Contents"]
    assert {"Findings", "Other checks", "Nodes by pool", "Nodes"} <= set(names("region"))
    assert names("columnheader") == ["Node", "State", "Why", "Excluded by"]
    assert "lost-0" in names("rowheader")
    assert all(names("heading"))
    assert all(names("link"))
    assert not names("image")
    levels = [
        next(part["value"]["value"] for part in one["properties"] if part["name"] == "level")
        for one in nodes
        if one["role"]["value"] == "heading"
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
