"""Clips that are opened and read in a thread while the ones before them are computed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.contracts import Clip
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import RunContext, open_context
from harness.running.events import ClipDone, Event, Failed, Measured, Unreadable
from harness.running.loop import ClipLoop, Work
from harness.running.read_ahead import Ahead, OnDemand, Reader
from harness.video.frames import Video

PLUGIN = """
from harness.contracts import Measurement, Wants
from harness.hookspecs import hookimpl
from harness.specs import ProbeSpec

class Choosy:
    def __init__(self, *, scale):
        self.asked = 0

    def wants(self, num_frames):
        self.asked += 1
        if self.asked == 2:
            raise ValueError("not this clip")
        return Wants(frames=(0,))

    def measure(self, sample):
        return Measurement({"asked": self.asked})

@hookimpl
def harness_probes():
    yield ProbeSpec("choosy", "refuses the second clip", f"{__name__}:Choosy")
"""
TIMED = ("seconds", "restore_seconds")


@pytest.fixture
def context(tmp_path: Path, made_clips: Callable[..., Path]) -> Callable[..., RunContext]:
    """Opens a run of two methods over four made clips."""
    data = made_clips(classes=2, per_class=2, frames=7, height=36, width=48)
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN)

    def make(*probes: str) -> RunContext:
        changes = {"recognizers": {}, "probes": list(probes), "pairs": []}
        benchmark = load_benchmark("mini-2").model_copy(update=changes)
        return open_context(Request(benchmark, sr="bicubic", data=data, device="cpu"), load_registry([plugin]))

    return make


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[Event]]:
    """The events of a run whose clips are read by this reader."""

    def run(context: RunContext, reader: Reader) -> Iterator[Event]:
        monkeypatch.setattr("harness.running.loop.reader_for", lambda device: reader)
        with closing(ClipLoop(Work(context.plan, context.plan.cells, {}), context).run(context.plan.clips)) as events:
            yield from events

    return run


def rows_of(events: Iterator[Event]) -> list[dict[str, Any]]:
    return [{key: e.row[key] for key in e.row if key not in TIMED} for e in events if isinstance(e, Measured)]


@pytest.mark.parametrize("portion", [None, 3])
def test_every_number_is_the_same(
    context: Callable[..., RunContext], reading: Callable[..., Iterator[Event]],
    monkeypatch: pytest.MonkeyPatch, portion: int | None,
) -> None:  # fmt: skip
    if portion:
        monkeypatch.setattr("harness.running.loop.PORTION_PIXELS", portion * 36 * 48)
        monkeypatch.setattr("harness.running.pipeline.BLOCK_PIXELS", 2 * 36 * 48)
    run = context("psnr_y", "ssim_rgb", "temporal_profile")
    rows = rows_of(reading(run, Ahead()))
    assert len(rows) == 4 * 2 * 3 and rows == rows_of(reading(run, OnDemand()))


def test_one_clip_is_read_ahead_in_a_thread_of_its_own(
    context: Callable[..., RunContext], reading: Callable[..., Iterator[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = context("psnr_y")
    opened: dict[str, threading.Thread] = {}
    second = threading.Event()
    open_clip = run.open

    def watched(clip: Clip) -> Video:
        opened[clip.id] = threading.current_thread()
        if clip == run.plan.clips[1]:
            second.set()
        return open_clip(clip)

    monkeypatch.setattr(run, "open", watched)
    for event in reading(run, Ahead()):
        if isinstance(event, Measured) and event.row["clip"] == run.plan.clips[0].id:
            assert second.wait(20), "the second clip is opened while the first is computed"
            assert run.plan.clips[2].id not in opened
    assert len(opened) == 4 and opened[run.plan.clips[0].id] is threading.current_thread()
    assert len({opened[clip.id] for clip in run.plan.clips[1:]} - {threading.current_thread()}) == 1


def test_an_unreadable_clip_is_reported_in_its_turn(
    context: Callable[..., RunContext], reading: Callable[..., Iterator[Event]]
) -> None:
    run = context("psnr_y")
    clips = run.plan.clips
    clips[1].path.write_bytes(b"")
    clips[2].path.write_bytes(clips[2].path.read_bytes()[:-600])
    order: list[str] = []
    for event in reading(run, Ahead()):
        if isinstance(event, Unreadable):
            order.append(f"unreadable {event.clip.id}")
        elif isinstance(event, Measured) and event.row["clip"] not in order:
            order.append(event.row["clip"])
        assert not isinstance(event, Failed)
    assert order == [clips[0].id, f"unreadable {clips[1].id}", f"unreadable {clips[2].id}", clips[3].id]


def test_a_probe_that_refuses_the_next_clip_still_measures_this_one(
    context: Callable[..., RunContext], reading: Callable[..., Iterator[Event]]
) -> None:
    run = context("psnr_y", "choosy")
    events = list(reading(run, Ahead()))
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert failed.reason == f"clip {run.plan.clips[1].id}: ValueError: not this clip"
    rows = rows_of(iter(events))
    assert [row["clip"] for row in rows if "asked" in row] == [run.plan.clips[0].id] * 2
    assert len([row for row in rows if "psnr_y" in row]) == 8
    assert len([event for event in events if isinstance(event, ClipDone)]) == 8


def test_what_was_not_begun_is_forgotten_when_a_run_ends() -> None:
    reader, begun, end = Ahead(), threading.Event(), threading.Event()
    done: list[str] = []

    def long() -> None:
        begun.set()
        end.wait(20)
        done.append("begun")

    running, waiting = reader.ask(long), reader.ask(lambda: done.append("not begun"))
    assert begun.wait(20)
    reader.stop()
    end.set()
    running()
    with pytest.raises(CancelledError):
        waiting()
    assert done == ["begun"] and reader.ask(lambda: 7)() == 7, "it can be asked again"
