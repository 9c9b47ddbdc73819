"""Clips of a stored run, restored anew: a run folder keeps numbers and no frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from harness.choice import Choice
from harness.contracts import Clip, ClipFrames, Dataset, Degradation, FlowEstimator, RestoredElsewhere, SRMethod, Wants
from harness.errors import DamagedError, HarnessError, UnknownNameError, one_line
from harness.planning.benchmark import Benchmark
from harness.planning.cells import Part
from harness.planning.plan import method_part
from harness.planning.resolving import degradation_part, flow_part, open_dataset
from harness.registry import Registry
from harness.running.build import build_degradation, build_flow, build_method
from harness.running.clock import Clock
from harness.running.frame_store import temporal_radius, widest
from harness.running.pipeline import RestoredClip, SourceClip
from harness.running.portions import Look, needs_of, portions_of
from harness.running.reading import RunRecord
from harness.running.second_view import second_view
from harness.running.store import CellRecord
from harness.running.timing import Stopwatch
from harness.specs import SRMethodSpec
from harness.syntax import Item, parse_item, parse_list, parse_method
from harness.video.frames import Video, to_uint8

COUNTED = ("name", "options", "weights", "code", "scale")
"""What must be the same of a method for its frames to be those of the run, but for rounding."""


@dataclass
class Again:
    """Opens clips of a run and restores them. Methods are built once, when first asked for.

    `parts` are the methods that can be restored as they were in the run; `left_out` says why others cannot.
    """

    benchmark: Benchmark
    dataset: Dataset
    clips: Mapping[str, Clip]
    parts: Mapping[str, Part[SRMethodSpec]]
    left_out: dict[str, str]
    degradation: Degradation | None
    flow: FlowEstimator | None
    device: torch.device
    _built: dict[str, SRMethod] = field(default_factory=dict)

    def restore(self, clip_id: str, methods: Sequence[str], most: int) -> ClipFrames:
        """At most so many frames from the middle of a clip, and the flow between them.

        A method that fails is left out of what is returned, and not asked again.
        Raises `UnknownNameError` for a clip or method that is not there, `ClipError` for a clip that cannot be read.
        """
        number = self.video(clip_id).num_frames
        first = max(0, (number - most) // 2)
        return self.frames(clip_id, methods, range(first, min(number, first + most)))

    def video(self, clip_id: str) -> Video:
        """A clip's video. Raises `UnknownNameError` for a clip that is not there, `ClipError` for one without."""
        if clip_id not in self.clips:
            raise UnknownNameError("clip", clip_id, self.clips)
        return self.dataset.open(self.clips[clip_id])

    def frames(self, clip_id: str, methods: Sequence[str], frames: range) -> ClipFrames:
        """These frames of a clip, as `restore` gives those of its middle."""
        built = {name: method for name in methods if (method := self._method(name)) is not None}
        source = self._source(clip_id, frames, built)
        source.advance(0)
        found = ClipFrames(frames.start, to_uint8(source.lr_of(frames)), {}, {})
        for name, method in built.items():
            try:
                self._add(found, name, self._restored(name, method, source), frames)
            except Exception as error:  # a plugin's code
                self._fail(name, error)
        return found

    def _add(self, found: ClipFrames, name: str, restored: RestoredClip, frames: Sequence[int]) -> None:
        pairs = list(pairwise(frames)) if self.flow else []
        flow = restored.sr_flow(pairs).float().cpu().numpy() if pairs else None
        found.sr[name] = to_uint8(restored.sr(frames))
        if flow is not None:
            found.flow[name] = flow

    def _fail(self, name: str, error: Exception) -> None:
        self.left_out[name] = one_line(error)

    def _source(self, clip_id: str, frames: Sequence[int], built: Mapping[str, SRMethod]) -> SourceClip:
        clip = self.clips[clip_id]
        video = self.dataset.open(clip)
        portions = portions_of({"": Look(Wants(frames=tuple(frames)))}, max(1, len(frames)))
        radius = widest(0 if isinstance(m, RestoredElsewhere) else temporal_radius(m) for m in built.values())
        needs = needs_of(portions, Clock.of(video.num_frames, self.degradation), hr_radius=0, lr_radius=radius)
        return SourceClip(
            clip, video, self.degradation, self.flow, Stopwatch(self.device), self.device, needs, wanted=frames,
            second=second_view(clip, built.values(), self.dataset.open),
        )  # fmt: skip

    def _restored(self, name: str, method: SRMethod, source: SourceClip) -> RestoredClip:
        sees_hr = self.parts[name].spec.source == "hr"
        restored = RestoredClip(method, source, sees_hr=sees_hr, scale=self.benchmark.scale)
        restored.restore(source.wanted)
        return restored

    def _method(self, name: str) -> SRMethod | None:
        """The method, built; None where that failed, now or before."""
        if name not in self.parts:
            raise UnknownNameError("method that can be restored again", name, self.parts)
        if name not in self._built and name not in self.left_out:
            try:
                self._built[name] = build_method(self.parts[name], self.benchmark.scale, self.device)
            except Exception as error:  # a plugin's factory
                self._fail(name, error)
        return None if name in self.left_out else self._built[name]


def open_again(record: RunRecord, registry: Registry, data: Path | None, device: torch.device) -> Again:
    """What restores clips of a run. Raises `HarnessError` where its data set or its degradation is not here."""
    benchmark = Benchmark.model_validate(record.info["benchmark"])
    dataset = open_dataset(benchmark.dataset, registry, data)
    clips = {clip.id: clip for clip in dataset.clips(benchmark.split)}
    parts, left_out = _methods(record, registry, benchmark)
    degradation = build_degradation(degradation_part(benchmark, registry)) if benchmark.has_hr else None
    return Again(
        benchmark, dataset, clips, parts, left_out, degradation, _flow(benchmark, registry, device), device
    )  # fmt: skip


def _flow(benchmark: Benchmark, registry: Registry, device: torch.device) -> FlowEstimator | None:
    part = flow_part(benchmark.flow, registry, benchmark.tags)
    return None if part.missing else build_flow(part, device)


def _methods(
    record: RunRecord, registry: Registry, benchmark: Benchmark
) -> tuple[dict[str, Part[SRMethodSpec]], dict[str, str]]:
    """The methods of complete cells that are today what they were in the run, and why others are left out."""
    complete = record.cells[record.cells["status"] == "ok"]
    listed = [parse_item(line) for line in (*benchmark.sr, *benchmark.pairs)]
    known = _labelled([*listed, *_asked(record.info.get("command", ()))])
    parts: dict[str, Part[SRMethodSpec]] = {}
    left_out: dict[str, str] = {}
    for label, cell in complete.drop_duplicates("method")[["method", "cell"]].itertuples(index=False):
        try:
            part = method_part(known.get(label) or parse_method(label), registry, benchmark)
            reason = part.missing or _other(part, _identity(record.path_of(cell)))
        except HarnessError as error:
            part, reason = None, str(error)
        if part is None or reason:
            left_out[label] = reason or ""
        else:
            parts[label] = part
    return parts, left_out


def _other(part: Part[SRMethodSpec], then: Mapping[str, Any]) -> str:
    """A sentence if a method is not what it was in the run."""
    now: Mapping[str, Any] = part.identity()
    differ: dict[str, None] = {}
    while now or then:  # step by step
        differ |= dict.fromkeys(key for key in COUNTED if now.get(key) != then.get(key))
        now, then = now.get("then", {}), then.get("then", {})
    return f"its {' and '.join(differ)} changed since the run" if differ else ""


def _identity(folder: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = CellRecord(folder).outcome.get("identity", {}).get("method", {})
    if not found:
        raise DamagedError(f"{folder / 'cell.json'}: it does not say what the method was")
    return found


def _labelled(items: Sequence[Item]) -> dict[str, Choice]:
    """What labels stand for."""
    return {choice.label: choice for item in items for choice in item if choice.label}


def _asked(command: Sequence[str]) -> Sequence[Item]:
    """The items of ``--sr`` of the run's command."""
    texts = [str(text) for text in command]
    if "--sr" not in texts[:-1]:
        return []
    try:
        return parse_list(texts[texts.index("--sr") + 1])
    except HarnessError:  # written by a version that read it otherwise
        return []
