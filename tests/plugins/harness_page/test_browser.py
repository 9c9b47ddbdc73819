"""The page in a real browser: opened from disk, used with pointer and keyboard, at several widths."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import RunRecord
from harness.contracts import ClipFrames, Pictures
from harness.leaderboard.table import build
from harness.leaderboard.text import DASH
from harness_page.page import render

pytestmark = pytest.mark.browser
METHODS = ("bicubic", "a", "b", "hr")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium as the system has it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not here: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        # without a sandbox, which root may not have
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(
    new_run: Callable[..., RunRecord], restore: Callable[[str, Sequence[str]], ClipFrames], hostile: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    """A page with clips, two recognisers, and hostile names."""
    run = new_run("a", "b", *hostile, recognizers=2)
    place = tmp_path_factory.mktemp("page")
    for name, made in render(build(run), run, Pictures(3, 10**8, METHODS, restore)).items():
        (place / name).write_bytes(made)
    return place


@pytest.fixture
def open_page(browser: Any, folder: Path) -> Iterator[Callable[..., Any]]:
    """Opens the page; at the end nothing was logged, raised, asked of a network, or run out of a name."""
    problems: list[str] = []

    def open_(width: int = 1440, scheme: str = "light") -> Any:
        page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        own = (folder.as_uri(), "data:")
        page.on("request", lambda asked: problems.extend([] if asked.url.startswith(own) else [asked.url]))
        page.goto((folder / "index.html").as_uri())
        return page

    yield open_
    assert problems == []


def column(page: Any, title: str) -> list[str]:
    """The texts of a column of the table in the rows that are seen."""
    heads = page.locator("#table thead th").all_text_contents()
    place = next(i for i, head in enumerate(heads) if head.strip().startswith(title))
    rows = page.locator("#table tbody tr:not(.off)")
    return [row.locator("th, td").nth(place).text_content().strip() for row in rows.all()]


def test_a_column_is_sorted_by_pointer_and_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page()
    head = page.locator("#table thead th", has_text="PSNR-Y")
    head.click()
    page.wait_for_timeout(60)
    falling = [float(text) for text in column(page, "PSNR-Y") if text != DASH]
    assert falling == sorted(falling, reverse=True) and head.get_attribute("aria-sort") == "descending"
    head.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(60)
    assert [float(text) for text in column(page, "PSNR-Y") if text != DASH] == falling[::-1]
    assert column(page, "PSNR-Y")[-1] == DASH, "what was not measured stays last"


def test_filters_leave_what_was_asked_for(open_page: Callable[..., Any]) -> None:
    page = open_page()
    assert len(column(page, "SR")) == 20
    page.select_option("#recognizer", "rec1")
    assert set(column(page, "recogniser")) == {"rec1"} and page.text_content("#count") == "10 of 20 rows"
    page.fill("#search", "SCRIPT")
    assert column(page, "SR") == ["<script>alert(1)</script>"]
    page.fill("#search", "")
    page.select_option("#family", "pixel")
    assert set(column(page, "family")) == {"pixel"}
    page.select_option("#stream", "temporal")
    assert page.locator('#table thead th[data-stream="temporal"]').first.is_visible()
    assert not page.locator('#table thead th[data-stream="fusion"]').first.is_visible()
    assert not page.locator("#table thead th", has_text="temporal top-5").is_visible()
    page.check("#more")
    assert page.locator("#table thead th", has_text="temporal top-5").is_visible()


def test_every_column_says_what_it_is(open_page: Callable[..., Any]) -> None:
    page = open_page()
    heads = page.locator("#table thead th")
    assert all(len(heads.nth(i).get_attribute("title")) > 20 for i in range(heads.count()))
    assert page.locator("#table .interval line").count() == 60, "an interval for each stream of each row"


def test_plots_are_drawn_and_follow_their_choices(open_page: Callable[..., Any]) -> None:
    page = open_page()
    for name in ("points", "matrix", "weights", "classes", "agreement"):
        figure = page.locator(f'[data-plot="{name}"]')
        figure.scroll_into_view_if_needed()
        figure.locator(".drawing svg[class^=plot]").first.wait_for()
    before = page.locator('[data-plot="points"] .drawing').inner_html()
    page.locator("#axis").select_option(label="fps")
    assert "fps" in page.locator('[data-plot="points"] .drawing').text_content()
    assert page.locator('[data-plot="points"] .drawing').inner_html() != before
    page.select_option("#class-method", "b")
    assert page.locator('[data-plot="classes"] svg').first.get_attribute("aria-label").startswith("Difference of b ")
    assert "<script>" in page.locator('[data-plot="agreement"]').text_content(), "a name is shown as it is"


def test_clips_play_in_step_zoom_together_and_obey_the_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page()
    viewer = page.locator("#viewer")
    viewer.scroll_into_view_if_needed()
    page.locator("#panes canvas").nth(4).wait_for()
    page.wait_for_timeout(200)
    assert page.locator(".pane figcaption").all_text_contents() == ["LR", "bicubic", "a", "b", "hr"]
    first = [pane.screenshot() for pane in page.locator("#panes canvas").all()]
    viewer.focus()
    page.keyboard.press("ArrowRight")
    stepped = [pane.screenshot() for pane in page.locator("#panes canvas").all()]
    assert all(a != b for a, b in zip(first, stepped, strict=True)), "all panes show the next frame"
    assert page.text_content("#frame-number") == "2"
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert page.text_content("#zoom-number") == "2"
    zoomed = [pane.screenshot() for pane in page.locator("#panes canvas").all()]
    assert all(a != b for a, b in zip(stepped, zoomed, strict=True))
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.locator("#frame-number", has_not_text="2").wait_for()
    page.keyboard.press("Space")
    assert page.text_content("#play") == "Play"


def test_flow_profile_and_scores_are_shown(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.select_option("#view", "flow")
    assert page.locator(".pane figcaption").all_text_contents() == ["bicubic", "a", "b", "hr"]
    assert page.locator("#wheel").is_visible()
    page.select_option("#view", "profile")
    assert page.locator("#row-label").is_visible()
    assert "profile" in page.locator("#panes canvas").first.get_attribute("aria-label")
    assert page.locator(".pane").nth(1).locator(".bars li").count() == 5
    page.select_option("#verdict-stream", label="rec1, temporal")
    assert page.locator(".bars .true").count() > 0


def test_clips_are_filtered_by_who_flips_them(open_page: Callable[..., Any]) -> None:
    page = open_page()
    every = page.locator("#clip-list button").count()
    page.select_option("#flipped-by", "b")
    page.select_option("#flip-kind", "gained")
    gained = page.locator("#clip-list button").count()
    page.select_option("#flip-kind", "lost")
    lost = page.locator("#clip-list button").count()
    page.select_option("#flip-kind", "either")
    assert 0 < gained + lost == page.locator("#clip-list button").count() < every == 48
    page.select_option("#flipped-by", "")
    page.select_option("#clip-class", "class 2")
    assert page.locator("#clip-list button").count() == 8


@pytest.mark.parametrize("width", [390, 800, 1440])
def test_no_width_scrolls_sideways(open_page: Callable[..., Any], width: int) -> None:
    page = open_page(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_dark_page_is_dark(open_page: Callable[..., Any]) -> None:
    grounds = [open_page(800, scheme).evaluate("getComputedStyle(document.body).backgroundColor") for scheme in
               ("light", "dark")]  # fmt: skip
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]
