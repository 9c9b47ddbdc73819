"""What one run opens and builds, each once: data set, plan, device, probes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch

from harness.contracts import Clip, Dataset, Probe, Progress
from harness.errors import ClipError
from harness.planning.cells import Cell, Part, Plan
from harness.planning.resolving import open_dataset
from harness.planning.selecting import Request, make_plan
from harness.probes.recognizer import judge_of
from harness.registry import Registry
from harness.running.build import build_probe, pick_device
from harness.running.flow_cache import FlowCache
from harness.running.guarding import contained, guarded
from harness.specs import DEFAULT_EXECUTOR, NetworkSpec
from harness.video.frames import Video

OPENED = 500
"""Most clips that are opened to tell how many frames there are."""


class RunContext:
    """Handed to whoever needs the data set or a probe: the plan's display, the loop, the recorder."""

    def __init__(self, plan: Plan, dataset: Dataset, device: torch.device) -> None:
        self.plan = plan
        self.dataset = dataset
        self.device = device
        self.flow_cache: FlowCache | None = None
        """Where flow of HR frames is kept between runs."""
        self.data: Path | None = None
        """The folder of the data set, as given on the command line."""
        self.plugin_files: Sequence[Path] = ()
        """Plugin files that were loaded besides the installed plugins."""
        self.logs: Path | None = None
        """The folder for what workers print."""
        self.only_own = False
        """Whether probes of third parties are not built here, where they could end the process."""
        self._probes: dict[str, Probe | Exception] = {}

    def open(self, clip: Clip) -> Video:
        """The clip's video. Raises `ClipError`."""
        return self.dataset.open(clip)

    def probe(self, part: Part[NetworkSpec]) -> Probe:
        """The probe of a part. Raises what its factory raised, every time."""
        if part.label not in self._probes:
            self._probes[part.label] = self._try(part)
        built = self._probes[part.label]
        if isinstance(built, Exception):
            raise built
        return built

    def frames_to_restore(self, cells: Sequence[Cell]) -> int:
        """About how many frames one method restores over all clips: the union of what the cells' probes want.

        Of many clips, `OPENED` spread over all of them stand for the others: opening takes milliseconds each.
        """
        parts = {cell.probe.label: cell.probe for cell in cells}
        own = [part for part in parts.values() if not (self.only_own and part.code)]
        probes = [probe for part in own if not isinstance(probe := self._found(part), Exception)]
        clips = self.plan.clips
        opened = clips[:: -(-len(clips) // OPENED)] if clips and probes else ()
        lengths = Counter(filter(None, map(self._likely_frames, opened)))
        restored = sum(number * _wanted(probes, length) for length, number in lengths.items())
        return round(restored * len(clips) / len(opened)) if opened else 0

    def _found(self, part: Part[NetworkSpec]) -> Probe | Exception:
        try:
            return self.probe(part)
        except Exception as error:  # a plugin's factory; the loop meets it again and records it in the probe's cells
            return error

    def _try(self, part: Part[NetworkSpec]) -> Probe | Exception:
        try:
            with contained():
                return build_probe(part, self.plan.benchmark.scale, self.plan.classes, self.device)
        except Exception as error:  # kept, so that a factory is called once even if it fails
            return error

    def _likely_frames(self, clip: Clip) -> int:
        """Its length according to the container, without decoding; 0 for a clip that cannot be opened."""
        try:
            return self.open(clip).likely_frames
        except ClipError:  # recorded when its turn comes
            return 0


def open_context(request: Request, registry: Registry, progress: Progress | None = None) -> RunContext:
    """Open the data set and make the plan; `progress` as in `make_plan`.

    Raises `UsageError` for anything that does not exist.
    """
    dataset = open_dataset(request.benchmark.dataset, registry, request.data)
    context = RunContext(make_plan(request, registry, dataset, progress), dataset, pick_device(request.device))
    context.data, context.plugin_files = request.data, tuple(registry.files)
    context.only_own = request.executor != DEFAULT_EXECUTOR
    return context


def _wanted(probes: Sequence[Probe], num_frames: int) -> int:
    wanted: set[int] = set()
    for probe in probes:
        try:
            with guarded(judge_of(probe)):
                wanted |= probe.wants(num_frames).all_frames()
        except Exception:  # a plugin's code; the loop meets it again and records it in the probe's cells
            continue
    return len(wanted)
