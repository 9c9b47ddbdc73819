"""Clips that go through a run in portions: the same numbers, the same failures, and memory that does not grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.contracts import Measurement, PortionedProbe, Sample, Wants
from harness.errors import ContractError
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.clock import Clock
from harness.running.context import RunContext, open_context
from harness.running.events import ClipDone, Event, Failed, Measured, Pictured, Unreadable
from harness.running.loop import ClipLoop, Work
from harness.running.portions import Look, check_wants, look_of, needs_of, portions_of

PIXELS = 36 * 48
PROBES = ["psnr_y", "ssim_rgb", "flow_quality", "temporal_consistency", "tof", "temporal_profile:samples=5", "speed"]
TIMED = ("seconds", "restore_seconds", "peak_mib", "gmacs")
PLUGIN = """
import torch
from harness.contracts import Measurement, Wants
from harness.hookspecs import hookimpl
from harness.methods import Bicubic
from harness.specs import ProbeSpec, RecognizerSpec, SRMethodSpec

class Everything:
    def __init__(self, *, scale): ...

    def wants(self, num_frames):
        return Wants(tuple(range(num_frames)), tuple((t, t + 2) for t in range(num_frames - 2)))

    def measure(self, sample):
        wants = self.wants(sample.num_frames)
        values = (sample.sr(wants.frames), sample.hr(wants.frames), sample.sr_flow(wants.pairs))
        return Measurement({f"sum{i}": float(value.double().sum()) for i, value in enumerate(values)})

class Blunt:
    # frames and flow far apart in the clip

    def __init__(self, *, stream, class_names, device, weights):
        self.stream = stream

    def wants(self, num_frames):
        frames = () if self.stream == "temporal" else (num_frames - 1, 0, 4)
        return Wants(frames, () if self.stream == "spatial" else ((0, 1), (8, 9), (2, num_frames - 2)))

    def scores(self, frames, flow):
        return torch.stack([given.mean() if given.numel() else given.sum() for given in (frames, flow)])

class Near(Bicubic):
    temporal_radius = 1

    def upscale(self, lr, frames):
        return super().upscale(torch.stack([lr[max(0, f - 1) : f + 2].mean(0) for f in frames]), range(len(frames)))

class Whole(Bicubic):
    temporal_radius = None

    def upscale(self, lr, frames):
        return (super().upscale(lr, frames) + lr.mean()) / 2

class Tiring(Bicubic):
    def upscale(self, lr, frames):
        self.asked = getattr(self, "asked", 0) + 1
        if self.asked == 3:
            raise ValueError("tired")
        return super().upscale(lr, frames)

@hookimpl
def harness_probes():
    yield ProbeSpec("everything", "all frames at once", f"{__name__}:Everything", uses_flow=True)

@hookimpl
def harness_recognizers():
    yield RecognizerSpec("blunt", "looks at means", f"{__name__}:Blunt", needs_weights=False,
                         streams=("spatial", "temporal", "joint"))

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("near", "looks at three frames", f"{__name__}:Near")
    yield SRMethodSpec("whole", "looks at all frames", f"{__name__}:Whole")
    yield SRMethodSpec("tiring", "gives up", f"{__name__}:Tiring")
"""


@pytest.fixture
def context(tmp_path: Path, made_clips: Callable[..., Path]) -> Callable[..., RunContext]:
    """Opens a run of some methods over a made clip of 11 frames of 48x36."""
    data = made_clips(classes=1, per_class=1, frames=11, height=36, width=48)
    (data / "test.csv").write_text("id,path,label,group,num_frames\na,test/clip_0.mp4,0,g,11\n")
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN)

    def make(sr: str, probes: Sequence[str] = (*PROBES, "everything"), **recognizers: Any) -> RunContext:
        changes = {"recognizers": recognizers, "probes": list(probes), "pairs": []}
        benchmark = load_benchmark("mini-2").model_copy(update=changes)
        return open_context(Request(benchmark, sr=sr, data=data, device="cpu"), load_registry([plugin]))

    return make


@pytest.fixture
def in_portions(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Sets how many frames are a portion, and how many a block."""

    def choose(portion: int, block: int) -> None:
        monkeypatch.setattr("harness.running.loop.PORTION_PIXELS", portion * PIXELS)
        monkeypatch.setattr("harness.running.pipeline.BLOCK_PIXELS", block * PIXELS)

    return choose


def events_of(context: RunContext) -> list[Event]:
    return list(ClipLoop(Work(context.plan, context.plan.cells, {}), context).run(context.plan.clips))


def rows_of(events: Sequence[Event]) -> dict[str, dict[str, Any]]:
    found = [(e.cell, e.row) for e in events if isinstance(e, Measured)]
    names = ["+".join(part.label for part in cell.methods) + f" {cell.probe.label}" for cell, _ in found]
    return {n: {key: row[key] for key in row if key not in TIMED} for n, (_, row) in zip(names, found, strict=True)}


THROUGH_FLOW = {"flow_bad": 2e-2, "flow": 2e-3, "temporal": 2e-3}
"""The last bits of OpenCV's flow depend on where in memory frames are, with AVX-512 more of them; a share of pixels
beyond a bound moves by whole pixels."""


def assert_same(found: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    assert found.keys() == expected.keys()
    for name, row in expected.items():
        assert found[name].keys() == row.keys(), name
        for key, value in row.items():
            if isinstance(value, str) or value is None:
                assert found[name][key] == value, (name, key)
            else:
                rtol = next((each for part, each in THROUGH_FLOW.items() if part in f"{name} {key}"), 1e-4)
                np.testing.assert_allclose(found[name][key], value, rtol=rtol, atol=1e-6, err_msg=f"{name} {key}")


def test_numbers_do_not_depend_on_the_portions(
    context: Callable[..., RunContext], in_portions: Callable[[int, int], None]
) -> None:
    """Methods that look at one frame, at neighbours, at the whole clip, and at HR frames; probes of every kind."""
    run = context("hr,bicubic,near,whole")
    expected, pictures = taken(run)
    assert len(expected) == 4 * len(run.plan.benchmark.probes)
    for portion, block in ((5, 2), (4, 4), (1, 1)):
        in_portions(portion, block)
        rows, shown = taken(run)
        assert_same(rows, expected)
        assert shown.keys() == pictures.keys() == {"LR", "hr", "bicubic", "near", "whole"}
        assert all(np.array_equal(shown[name], pictures[name]) for name in pictures)


def taken(run: RunContext) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The rows of the clip, and its pictures."""
    events = events_of(run)
    [pictured] = [event for event in events if isinstance(event, Pictured)]
    return rows_of(events), dict(pictured.images)


def test_streams_and_pairs_see_the_same_in_portions(
    context: Callable[..., RunContext], in_portions: Callable[[int, int], None]
) -> None:
    run = context("bicubic,nearest,bicubic+nearest", ["flow_quality"], blunt={})
    expected = rows_of(events_of(run))
    assert {name for name in expected if "+" in name} == {"bicubic+nearest blunt.joint"}
    assert {"bicubic blunt.spatial", "nearest blunt.temporal"} <= expected.keys()
    in_portions(3, 2)
    assert_same(rows_of(events_of(run)), expected)


def test_frames_and_flow_are_let_go_once_they_have_been_seen(
    context: Callable[..., RunContext], in_portions: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 11 frames no store holds more than a portion, a block read ahead, and a frame of the portion before."""
    from harness.running import frame_store, pipeline

    held: list[int] = []
    put, flows = frame_store.FrameStore.put, pipeline.PairFlows.__call__

    def watched(self: frame_store.FrameStore, numbers: Sequence[int], frames: torch.Tensor) -> None:
        put(self, numbers, frames)
        held.append(len(self._places))

    def watched_flow(self: pipeline.PairFlows, pairs: Any) -> torch.Tensor:
        found = flows(self, pairs)
        held.append(len(self._known) // 2)
        return found

    monkeypatch.setattr(frame_store.FrameStore, "put", watched)
    monkeypatch.setattr(pipeline.PairFlows, "__call__", watched_flow)
    in_portions(3, 1)
    rows = rows_of(events_of(context("hr,bicubic", PROBES)))
    assert rows and max(held) <= 5


def test_damage_in_a_later_portion_costs_the_clip_and_no_row_is_kept(
    context: Callable[..., RunContext], in_portions: Callable[[int, int], None]
) -> None:
    run = context("bicubic,nearest")
    run.plan.clips[0].path.write_bytes(_with_noise(run.plan.clips[0].path.read_bytes()))
    in_portions(2, 1)
    events = events_of(run)
    [unreadable] = [e for e in events if isinstance(e, Unreadable)]
    assert {cell.id for cell in unreadable.cells} == {cell.id for cell in run.plan.cells}
    assert not rows_of(events) and not [e for e in events if isinstance(e, Failed)]
    assert sorted(e.method for e in events if isinstance(e, ClipDone)) == ["bicubic", "hr", "nearest"]
    assert all(e.seconds > 0 for e in events if isinstance(e, ClipDone)), "the damage is in a later portion"


def _with_noise(content: bytes) -> bytes:
    """An MP4 file whose media data ends in noise."""
    start = content.index(b"mdat") + 4
    size = int.from_bytes(content[start - 8 : start - 4], "big")
    stop = start - 8 + size
    noise = np.random.default_rng(0).bytes(size // 3)
    return content[: stop - len(noise)] + noise + content[stop:]


def test_a_method_that_fails_in_a_later_portion_fails_alone(
    context: Callable[..., RunContext], in_portions: Callable[[int, int], None]
) -> None:
    run = context("bicubic,tiring,nearest", ["psnr_y", "flow_quality"])
    in_portions(2, 2)
    events = events_of(run)
    [failed] = [e for e in events if isinstance(e, Failed)]
    assert {cell.method.label for cell in failed.cells} == {"tiring"} and "tired" in failed.reason
    assert {name.split()[0] for name in rows_of(events)} == {"hr", "bicubic", "nearest"}
    assert sorted(e.method for e in events if isinstance(e, ClipDone)) == ["bicubic", "hr", "nearest", "tiring"]


def test_units_are_due_with_their_last_frame_and_kept_until_then() -> None:
    pairs = [Wants(pairs=((t, t + 1), (t + 1, t))) for t in range(5)]
    looks = {
        "pairs": Look(Wants(pairs=tuple(pair for unit in pairs for pair in unit.pairs)), pairs),
        "whole": Look(Wants(frames=(0, 5), pairs=((2, 3),))),
        "nothing": Look(Wants()),
    }
    first, second, third = portions_of(looks, 2)
    assert [list(part.frames) for part in (first, second, third)] == [[0, 1], [2, 3], [4, 5]]
    assert [list(part.units["pairs"]) for part in (first, second, third)] == [pairs[:1], pairs[1:3], pairs[3:]]
    assert "whole" not in first.units and third.is_last and not second.is_last
    assert [frame for frame in range(6) if first.needs_later(frame)] == [0, 1, 2, 3, 4, 5]
    assert [frame for frame in range(6) if second.needs_later(frame)] == [0, 2, 3, 4, 5]
    assert second.needs_later((2, 3)) and not second.needs_later((1, 2)) and not second.needs_later((3, 2))
    needs = needs_of([first, second, third], Clock(8), hr_radius=0, lr_radius=1)
    assert needs.hr == {0: (0, 2), 1: (0, 1), 2: (1, 2), 3: (1, 2), 4: (2, 2), 5: (2, 2)} and needs.portions == 3
    assert needs.lr == {0: (0, 0), 1: (0, 1), 2: (0, 1), 3: (1, 2), 4: (1, 2), 5: (2, 2), 6: (2, 2)}
    assert needs_of([first, second, third], Clock(8), hr_radius=0, lr_radius=None).lr == dict.fromkeys(range(8), (0, 2))


def test_a_clip_of_which_nothing_is_wanted_is_one_portion() -> None:
    [portion] = portions_of({"nothing": Look(Wants())}, 2)
    assert portion.is_last and list(portion.frames) == []


class Halves:
    """A probe whose units may differ from what it wants."""

    def __init__(self, named: int) -> None:
        self.named = named

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=tuple(range(num_frames)))

    def measure(self, sample: Sample) -> Measurement:
        return Measurement()

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=(frame,)) for frame in range(self.named)]

    def see(self, sample: Sample, units: Sequence[Wants]) -> torch.Tensor:
        return torch.empty(0)

    def summary(self, values: torch.Tensor) -> Measurement:
        return Measurement()


def test_units_must_name_what_the_probe_wants() -> None:
    probe: PortionedProbe = Halves(4)
    assert look_of(probe, 4, whole=False).units == probe.units(4)
    assert look_of(probe, 4, whole=True).units is None
    with pytest.raises(ContractError, match="only one of `wants` and `units` names 3"):
        look_of(Halves(3), 4, whole=False)
    with pytest.raises(ContractError, match=r"frames \[4\] of a clip of 4"):
        check_wants(Wants((0,), ((3, 4),)), 4)
