"""The page as files: nothing from outside is markup or script, and large runs stay small."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from harness import RunRecord
from harness.contracts import Pictures
from harness.leaderboard.table import build
from harness.terminal import shown
from harness_page.page import render

MakeRun = Callable[..., RunRecord]


class Page(HTMLParser):
    """Tags with their attributes, and the text of row headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self._reading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "th" and dict(attrs).get("scope") == "row":
            self._reading = True
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self._reading = self._reading and tag != "th"

    def handle_data(self, data: str) -> None:
        if self._reading:
            self.headings[-1] += data


def content(files_: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files_["data.js"].decode().removeprefix("window.pageData = ").rstrip(";\n"))
    return found


def test_names_from_outside_are_text(new_run: MakeRun, hostile: tuple[str, ...]) -> None:
    run = new_run(*hostile)
    made = render(build(run), run, Pictures(why_not="No clips <here>."))
    page = Page(made["index.html"].decode())
    assert sorted(page.headings) == sorted(map(shown, (*hostile, "bicubic", "hr")))
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts and all(attributes.get("src") in made for attributes in scripts)
    assert {tag for tag, _ in page.tags}.isdisjoint({"b", "i"}), "title and notes have no markup"
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert {point["sr"] for point in content(made)["plots"]["points"]} == set(page.headings)
    assert "No clips &lt;here&gt;." in made["index.html"].decode()


def test_nothing_is_asked_of_the_network(new_run: MakeRun) -> None:
    run = new_run("a")
    made = render(build(run), run, Pictures())
    own = [text.decode() for name, text in made.items() if name in ("index.html", "page.css") or name in OWN_SCRIPTS]
    assert not any(re.search(r"https?:|//\w+\.\w|@import|fetch\(|XMLHttp|WebSocket", text) for text in own)
    links = [a.get("src") or a.get("href") for tag, a in Page(own[0]).tags if tag in ("script", "link", "img", "a")]
    assert all(link and (link in made or link.startswith(("#", "data:"))) for link in links)


OWN_SCRIPTS = ("page.js", "plots.js", "clips.js")


def test_numbers_of_plots_are_those_of_the_table(new_run: MakeRun) -> None:
    run = new_run("a", "b", recognizers=2)
    board = build(run)
    plots = content(render(board, run, Pictures()))["plots"]
    point = next(p for p in plots["points"] if (p["sr"], p["rec"]) == ("b", "rec1"))
    row = next(row for row in board.rows if (row.sr, row.recognizer) == ("b", "rec1"))
    assert point["acc"]["fusion"][0] == row.streams["fusion"].top1
    matrix = plots["recognizers"]["rec1"]["matrix"]
    lone = matrix["top1"][matrix["spatial"].index("b")][matrix["temporal"].index("b")]
    assert lone == pytest.approx(row.streams["fusion"].top1, abs=0.01)
    weights = plots["recognizers"]["rec1"]["weights"]
    assert weights["used"] == 0.6
    assert weights["lines"]["b"][0] == pytest.approx(row.streams["spatial"].top1, abs=0.01)
    assert weights["lines"]["b"][-1] == pytest.approx(row.streams["temporal"].top1, abs=0.01)
    agreement = plots["recognizers"]["rec1"]["agreement"]["fusion"]
    assert all(line[place] == 100 for place, line in enumerate(agreement["share"]))


def test_the_best_pair_leads_its_tie_group_and_the_ceiling_is_not_in_it(new_run: MakeRun) -> None:
    run = new_run("a", "b")
    matrix = content(render(build(run), run, Pictures()))["plots"]["recognizers"]["rec0"]["matrix"]
    ceiling = matrix["spatial"].index("hr")
    rivals = {(i, j): v for i, row in enumerate(matrix["top1"]) for j, v in enumerate(row) if ceiling not in (i, j)}
    first = tuple(matrix["tied"][0])
    assert rivals[first] == max(rivals.values())
    assert all(ceiling not in pair for pair in matrix["tied"])


@pytest.mark.parametrize("streams", [("spatial",), ()])
def test_a_run_of_one_stream_or_without_a_recogniser_has_a_page(new_run: MakeRun, streams: tuple[str, ...]) -> None:
    run = new_run("a", recognizers=1 if streams else 0, streams=streams)
    made = render(build(run), run, Pictures())
    assert "matrix" not in str(content(made)["plots"]["recognizers"])
    assert len(Page(made["index.html"].decode()).headings) == 3


def test_a_run_in_which_nothing_is_complete_has_a_page(new_run: MakeRun) -> None:
    run = new_run("a")
    run.cells["status"] = "failed"
    run.cells["reason"] = "ValueError: <nothing>"
    run.cells["params"] = None
    text = render(build(run), run, Pictures())["index.html"].decode()
    assert "ValueError: &lt;nothing&gt;" in text and "No method of this run has numbers yet." in text


def test_files_of_others_are_what_was_published() -> None:
    folder = files("harness_page").joinpath("vendored")
    listed = folder.joinpath("README.md").read_text()
    lines = re.findall(r"^\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|$", listed, re.MULTILINE)
    scripts = [file.name for file in folder.iterdir() if file.name.endswith(".js")]
    assert sorted(name for name, _ in lines) == sorted(scripts)
    for name, digest in lines:
        assert sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest


def test_a_large_run_is_rendered_in_seconds_and_stays_small(new_run: MakeRun) -> None:
    run = new_run(*(f"method{number:02d}" for number in range(30)), clips=500, classes=12)
    start = time.process_time()
    made = render(build(run), run, Pictures())
    assert time.process_time() - start < 15
    assert sum(map(len, made.values())) < 3_000_000
