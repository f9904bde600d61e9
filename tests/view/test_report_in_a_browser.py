"""The report as a reader has it: in a headless Chromium, with mouse and keys, on a desk, on a phone, in the dark."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from report_page import make_variants, trial_with_errors
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.data.shards import ShardSource
from synth.shard.dataset import open_dataset
from synth.view.report.report import write_report

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

HOSTILE = "<img src=x onerror=alert(1)>"
SHOWN = "document.getElementById('matched').textContent"
TILES = "document.querySelectorAll('#sheet .tile').length"
FOCUS = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = Browser()
    yield found
    found.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 samples of a dataset with a hostile word in its labels, and a model on it."""
    folder = tmp_path_factory.mktemp("report") / "tiny"
    make_tiny_dataset(folder, samples=80, shard_samples=40, hair_style=HOSTILE, recipe=TINY_RECIPE | {"note": HOSTILE})
    trial = trial_with_errors(folder, np.linspace(1, 30, 80), name=HOSTILE)
    write_report(ShardSource(folder), folder / "report.html", [trial])
    return folder / "report.html"


@pytest.fixture(scope="module")
def yaw(page: Path):
    return open_dataset(page.parent).labels["euler_deg"][:, 1]


def press_until(browser: Browser, key: str, condition: str, most: int = 150) -> None:
    for _ in range(most):
        browser.press(key)
        if browser.value(condition) is True:
            return
    raise AssertionError(f"{most} times {key}, and never {condition}; at the end {browser.value(FOCUS)}")


def hear(browser: Browser, words: str, longest_s: float = 60.0) -> None:
    """Until a message has these words: the browser's log comes when it comes, a script's answers don't wait for it."""
    deadline = time.monotonic() + longest_s
    while not any(words in message for message in browser.messages):
        assert time.monotonic() < deadline, f"no message says {words!r}, but {browser.messages}"
        browser.value("new Promise((done) => setTimeout(done, 20))")  # messages are heard with an answer


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
def test_it_opens_without_a_complaint_and_asks_for_nothing(browser: Browser, page: Path, width: int, dark: bool):
    browser.open(page, width=width, dark=dark)
    assert browser.value(SHOWN) == "80"
    assert browser.value(TILES) == 60
    assert browser.value("[...document.images].every((image) => image.complete && image.naturalWidth > 0 && image.alt)")
    assert browser.messages == []


def test_a_filter_in_the_address_changes_what_is_shown_and_counted(browser: Browser, page: Path, yaw):
    browser.open(page, "yaw=20..90")
    inside = int((yaw >= 20).sum())
    assert 0 < inside < 60
    assert browser.value(SHOWN) == str(inside)
    assert browser.value(TILES) == inside
    bars = "[...histogram.querySelectorAll('rect.kept')].map((bar) => Number(bar.dataset.count))"
    sums = f"{bars}.reduce((sum, count) => sum + count, 0)"
    counts = f"[...document.querySelectorAll('.histogram')].map((histogram) => {sums})"
    assert browser.value(counts) == [inside] * 5
    assert browser.value("document.querySelectorAll('#chips button').length") == 1
    browser.value("document.querySelector('#chips button').click()")
    assert browser.value(SHOWN) == "80"
    assert browser.value("location.hash") == ""


def test_filters_by_several_things_all_have_to_be_met(browser: Browser, page: Path, yaw):
    labels = open_dataset(page.parent).labels
    browser.open(page, "yaw=-20..&sex=female&subject=m0001,m0002,m0003")
    met = (yaw >= -20) & (labels["sex"] == "female") & np.isin(labels["subject"], ["m0001", "m0002", "m0003"])
    assert browser.value(SHOWN) == str(int(met.sum()))
    assert browser.value("document.querySelectorAll('#chips button').length") == 4  # one clears all


def test_an_address_with_nonsense_in_it_filters_nothing(browser: Browser, page: Path):
    browser.open(page, "yaw=..&pitch=a..b&sex=%E0%A4%A&nothing=1&__proto__=1..2&view=x&sort=y&=&&")
    assert browser.value(SHOWN) == "80"
    assert browser.messages == []


def test_limits_are_typed_and_boxes_ticked_with_keys_alone(browser: Browser, page: Path, yaw):
    browser.open(page)
    press_until(browser, "Tab", "document.activeElement.getAttribute('aria-label') === 'yaw from'")
    assert browser.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"  # one sees where one is
    browser.call("Input.insertText", text="10")
    browser.press("Tab")
    assert browser.value(SHOWN) == str(int((yaw >= 10).sum()))
    press_until(browser, "Tab", "document.activeElement.type === 'checkbox'")
    browser.press(" ")
    sex = open_dataset(page.parent).labels["sex"]
    assert browser.value(SHOWN) == str(int(((yaw >= 10) & (sex == "female")).sum()))
    assert browser.value("document.activeElement.type") == "checkbox"  # the redrawn list keeps the place
    assert browser.value("location.hash") == "#yaw=10..&sex=female"


def test_a_picture_opens_large_with_enter_and_closes_with_escape(browser: Browser, page: Path):
    browser.open(page)
    press_until(browser, "Tab", "document.activeElement.className === 'tile'")
    first = browser.value("document.activeElement.querySelector('img').alt")
    browser.press("Enter")
    assert browser.value("document.getElementById('lightbox').open") is True
    assert browser.value("document.querySelector('#lightbox img').alt") == first
    browser.press("ArrowRight")
    assert browser.value("document.querySelector('#lightbox img').alt") != first
    browser.press("Escape")
    assert browser.value("document.getElementById('lightbox').open") is False
    assert browser.value("document.activeElement.className") == "tile"
    assert browser.messages == []


def test_what_is_pressed_is_a_button_or_a_field_and_has_a_name(browser: Browser, page: Path):
    browser.open(page)
    nameless = """[...document.querySelectorAll('button, input, select, summary')]
        .filter((one) => one.checkVisibility() && !one.textContent.trim() && !one.getAttribute('aria-label')
            && ![...(one.labels ?? [])].some((label) => label.textContent.trim()))
        .map((one) => one.outerHTML.slice(0, 90))"""
    assert browser.value(nameless) == []
    assert browser.value("document.querySelectorAll('[role=button], [onclick], a:not([href])').length") == 0


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_at_the_side(browser: Browser, page: Path, width: int):
    browser.open(page, width=width)
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.value("document.documentElement.scrollWidth") <= width
    browser.value("document.querySelector('#sheet .tile').click()")
    assert browser.value(
        "document.getElementById('lightbox').scrollWidth <= document.getElementById('lightbox').clientWidth"
    )
    assert browser.value("document.getElementById('lightbox').getBoundingClientRect().right") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_stands_out_from_its_ground(browser: Browser, page: Path, dark: bool):
    """WCAG AA: 4.5 to 1, of whatever has text of its own, against the nearest ground that isn't clear."""
    browser.open(page, "yaw=-80..80&sex=female,male", dark=dark)
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.value("document.body.textContent.length > 500")
    assert browser.value((Path(__file__).parent / "faint_texts.js").read_text()) == []


def test_dark_and_light_differ(browser: Browser, page: Path):
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.open(page, dark=False)
    light = browser.value(ground)
    browser.open(page, dark=True)
    assert browser.value(ground) != light


def test_hostile_words_are_shown_as_they_stand(browser: Browser, page: Path):
    browser.open(page)
    assert browser.value("document.querySelectorAll('img[src=x]').length") == 0
    assert HOSTILE in str(browser.value("document.getElementById('models').textContent"))
    assert browser.messages == []


def test_a_script_that_somebody_put_in_is_not_run(browser: Browser, page: Path, tmp_path: Path):
    forged = tmp_path / "forged.html"
    forged.write_text(page.read_text().replace("</main>", "<script>window.ran = true</script></main>"))
    browser.open(forged)
    assert browser.value("window.ran === undefined") is True
    hear(browser, "Content Security Policy")


def test_pictures_can_be_ordered_and_shown_by_depth(browser: Browser, page: Path, yaw):
    browser.open(page, "sort=yaw&view=depth")
    ids = "[...document.querySelectorAll('#sheet .tile')].map((one) => Number(/#(\\d+)/.exec(one.textContent)[1]))"
    assert browser.value(ids) == np.argsort(yaw, kind="stable")[:60].tolist()
    by_error = browser.value("[...document.getElementById('sort').options].at(-1).value")
    browser.open(page, f"sort={by_error}")
    assert browser.value(ids)[0] != browser.value(ids)[1]
    assert browser.value("document.querySelectorAll('#models .tile').length") == 12
    browser.value("document.querySelector('#models .tile').click()")
    assert browser.value("document.querySelectorAll('#lightbox .said line').length") == 6
    browser.press("Escape")


def test_variants_of_a_shot_stand_together_if_asked(browser: Browser, tmp_path: Path, page: Path):
    shots = make_variants(tmp_path / "blurred")
    write_report(ShardSource(tmp_path / "blurred"), tmp_path / "report.html")
    browser.open(tmp_path / "report.html", "sort=shot")
    shown = browser.value("[...document.querySelectorAll('#sheet .caption em:first-child')].map(e => e.textContent)")
    ids = [int(text.split()[0].removeprefix("#")) for text in shown]
    assert ids == sorted(range(12), key=lambda n: (shots[n], n))
    browser.open(tmp_path / "report.html", "covered_share=10..20")
    assert browser.value(SHOWN) == "4"
    assert browser.messages == []
    browser.open(page)  # no variants there
    assert browser.value("[...document.getElementById('sort').options].some(o => o.value === 'shot')") is False


def test_a_page_says_what_it_has_no_filter_for(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("synth.view.report.columns.MOST_FACETS", 2)
    make_tiny_dataset(tmp_path / "tiny", samples=24)
    write_report(ShardSource(tmp_path / "tiny"), tmp_path / "report.html")
    browser.open(tmp_path / "report.html")
    assert "room for 2 filters" in browser.value("document.getElementById('left-out').textContent")
    assert browser.value("document.getElementById('left-out').textContent").endswith("too: age.")


def test_a_cell_of_a_map_filters_by_its_poses(browser: Browser, page: Path):
    browser.open(page)
    browser.value("document.querySelector('#pose-map rect.cell').dispatchEvent(new MouseEvent('click'))")
    left = int(browser.value(SHOWN))
    assert 0 < left < 80
    assert browser.value("document.querySelectorAll('#chips button').length") == 3
