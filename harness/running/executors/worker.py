"""The worker's side: builds everything once, then computes shards of clips, in whichever process it is."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from harness.contracts import Clip, Dataset
from harness.datasets.digests import split_digest
from harness.errors import UsageError
from harness.planning.building import Given, build
from harness.planning.cells import Plan
from harness.registry import plugin_module
from harness.running.build import pick_device
from harness.running.context import RunContext
from harness.running.events import Event
from harness.running.executors.work import Files, Report, Setup, Shard
from harness.running.flow_cache import open_flow_cache
from harness.running.live import Note, no_note
from harness.running.loop import ClipLoop


class Worker:
    """Keeps the live objects of a loop. `prepare` first, then `compute` as often as there is work."""

    def __init__(self, setup: Setup, note: Note = no_note) -> None:
        if setup.threads:
            torch.set_num_threads(setup.threads)
        for file in setup.plugins:
            plugin_module(file)
        plan = setup.work.plan
        dataset = setup.dataset or _open(plan, setup)
        context = RunContext(plan, dataset, pick_device(setup.device))
        context.flow_cache = open_flow_cache(setup.flow_cache) if setup.flow_cache else None
        self._clips = plan.clips if setup.dataset else _own_clips(plan, dataset, setup)
        self._loop = ClipLoop(setup.work, context, note)
        self._unbuilt: set[str] = set()

    def prepare(self, without: frozenset[str]) -> Report:
        """Build everything that the cells need, but for those `without` which it is to do."""
        for live in self._loop.live:
            live.failed = live.cell.id in without
        report = self._report((-1, event) for event in self._loop.prepare())
        self._unbuilt = {live.cell.id for live in self._loop.live if live.failed}
        return report

    def compute(self, shard: Shard) -> Report:
        """Take the clips of a shard through its cells."""
        for live in self._loop.live:
            left_out = live.cell.id in self._unbuilt | shard.without
            live.failed = left_out or (shard.only is not None and live.cell.id not in shard.only)
        with tempfile.TemporaryDirectory(prefix="harness-clips-") as folder:
            clips = [_unpacked(self._clips[n], shard.shipped.get(n), Path(folder)) for n in shard.clips]
            places = {clip.id: place for clip, place in zip(clips, shard.clips, strict=True)}
            return self._report((places[clip.id], event) for clip, event in self._loop.take(clips))

    def _report(self, events: Iterable[tuple[int, Event]]) -> Report:
        start, before = time.perf_counter(), dict(self._loop.watch.seconds)
        found = list(events)
        after = self._loop.watch.seconds
        seconds = {stage: spent - before.get(stage, 0.0) for stage, spent in after.items()}
        return Report(found, time.perf_counter() - start, seconds, socket.gethostname())


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _open(plan: Plan, setup: Setup) -> Dataset:
    dataset: Dataset = build(plan.dataset, Given(data=setup.data))
    return dataset


def _own_clips(plan: Plan, dataset: Dataset, setup: Setup) -> Sequence[Clip]:
    """The clips of the plan as this worker's data set has them, whose folder may be another.

    Raises `UsageError` if they are not the same.
    """
    own = {clip.id: clip for clip in dataset.clips(plan.benchmark.split)}
    clips = [own[clip.id] for clip in plan.clips if clip.id in own]
    same = len(clips) == len(plan.clips)
    if not same or (setup.digest and split_digest(clips) != plan.clips_digest):
        raise UsageError(
            f"the data set on {socket.gethostname()} has other clips than the one here; copy it there again, or share "
            "one folder"
        )
    return clips


def _unpacked(clip: Clip, files: Files | None, folder: Path) -> Clip:
    """The clip, whose files were shipped if there are any, in a folder."""
    if files is None:
        return clip
    own = folder / str(len(list(folder.iterdir())))
    own.mkdir()
    for name, content in files:
        (own / name).write_bytes(content)
    return replace(clip, path=own / files[0][0] if clip.path.suffix else own)
