"""Clips of the page: flipped ones first, within the budget, and pictures that are the frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness import RunRecord
from harness.contracts import ClipFrames, Pictures
from harness.errors import ClipError
from harness.leaderboard.table import build
from harness_page.clips import clips_of
from harness_page.page import render
from harness_page.sprites import flow_colours, flow_peak, sprite, wheel

MakeRun = Callable[..., RunRecord]
Restore = Callable[[str, Sequence[str]], ClipFrames]
METHODS = ("bicubic", "a", "hr")


def test_clips_that_methods_flip_come_first_one_class_after_another(new_run: MakeRun, restore: Restore) -> None:
    run = new_run("a", "b", "c")
    board = build(run)
    shown = clips_of(board, run, Pictures(clips=6, size=10**8, methods=METHODS, restore=restore)).content
    assert len(shown) == 6
    assert len({clip["verdicts"][0]["label"] for clip in shown}) == 6
    flipped = {
        clip: {name: top[0][0] == one["label"] for name, top in one["top"].items()}
        for clip, one in ((clip["id"], clip["verdicts"][-1]) for clip in shown)
    }
    assert any(len(set(right.values())) == 2 for right in flipped.values())


def test_what_a_recogniser_said_of_a_clip_is_its_softmax(new_run: MakeRun, restore: Restore) -> None:
    run = new_run("a")
    (clip,) = clips_of(build(run), run, Pictures(1, 10**8, METHODS, restore)).content
    spatial = next(one for one in clip["verdicts"] if one["stream"] == "spatial")
    cell = run.clips[(run.clips["cell"] == "a-rec0.spatial") & (run.clips["clip"] == clip["id"])]
    scores = np.exp(np.asarray(cell["scores"].iloc[0], dtype=np.float64))
    best = int(scores.argmax())
    assert spatial["top"]["a"][0] == [f"class {best}", round(100 * scores[best] / scores.sum(), 1)]
    assert [share for _, share in spatial["top"]["a"]] == sorted((s for _, s in spatial["top"]["a"]), reverse=True)


def test_the_budget_holds_and_the_page_says_so(new_run: MakeRun, restore: Restore) -> None:
    run = new_run("a")
    every = clips_of(build(run), run, Pictures(8, 10**8, METHODS, restore))
    sizes = [sum(len(own) for name, own in every.files.items() if name.startswith(f"clip0{n}")) for n in range(8)]
    both = clips_of(build(run), run, Pictures(8, sizes[0] + sizes[1] + sizes[2] // 2, METHODS, restore))
    assert len(both.content) == 2
    assert "enough for 2 clips" in both.note


def test_a_clip_that_cannot_be_read_costs_itself_alone(new_run: MakeRun, restore: Restore) -> None:
    run = new_run("a")
    seen: list[str] = []

    def sometimes(clip: str, methods: Sequence[str]) -> ClipFrames:
        seen.append(clip)
        if len(seen) == 1:
            raise ClipError(f"{clip}: truncated")
        return restore(clip, methods)

    found = clips_of(build(run), run, Pictures(2, 10**8, METHODS, sometimes, left_out={"b": "its weights changed"}))
    assert [clip["id"] for clip in found.content] == seen[1:]
    assert f"{seen[0]}: truncated" in found.note and "b is not shown: its weights changed." in found.note


def test_without_data_or_weights_the_page_says_why_in_a_sentence(new_run: MakeRun) -> None:
    run = new_run("a")
    made = render(build(run), run, Pictures(why_not="The page has no clips: mini-2 is not here."))
    assert "The page has no clips: mini-2 is not here." in made["index.html"].decode()
    assert not [name for name in made if name.endswith(".webp")]


@pytest.mark.parametrize(("number", "columns"), [(1, 1), (6, 2), (7, 3)])
def test_every_frame_is_at_its_place_in_the_picture(number: int, columns: int) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (number, 8, 12, 3), dtype=np.uint8)
    made = sprite(frames, lossless=True)
    assert made.columns == columns
    sheet = np.asarray(Image.open(BytesIO(made.content)).convert("RGB"))
    for place, frame in enumerate(frames):
        top, left = 8 * (place // columns), 12 * (place % columns)
        assert np.array_equal(sheet[top : top + 8, left : left + 12], frame)


def test_flow_has_the_colours_of_the_wheel() -> None:
    flow = np.zeros((5, 2, 4, 4), np.float32)
    flow[1, 0], flow[2, 0], flow[3, 1], flow[4, 0] = 2.0, -2.0, 2.0, 9.0
    still, right, left, down, fast = (tuple(frame[0, 0].tolist()) for frame in flow_colours(flow, 2.0))
    assert still == (255, 255, 255)
    assert right[0] > 200 > right[1] and left[0] < 100 < left[2] and down[1] > 150 > down[2]
    assert fast == right, "longer than full strength is full strength"
    assert flow_peak(flow) == pytest.approx(9.0)
    assert Image.open(BytesIO(wheel())).size == (96, 96)


def test_flow_is_shown_beside_frames(new_run: MakeRun, restore: Restore) -> None:
    run = new_run("a")
    made = render(build(run), run, Pictures(1, 10**8, METHODS, restore))
    text = made["data.js"].decode().removeprefix("window.pageData = ").rstrip(";\n")
    (clip,) = json.loads(text)["clips"]
    drawn: dict[str, Any] = clip["shown"]
    assert set(drawn) == {"LR", *METHODS} and set(drawn["a"]) == {"frames", "flow"} and set(drawn["LR"]) == {"frames"}
    assert all(each["file"] in made for own in drawn.values() for each in own.values()) and "wheel.png" in made
