"""The pipeline as it is assembled from the libraries: every stage reads image files and writes image files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import torch
from harness_benchmarks import images
from harness_benchmarks.looked import Choose, Looked
from harness_benchmarks.measuring import Answers, NetworkClock, Say
from harness_benchmarks.testloop import FrameFolder, build_runner, run_test
from torch import nn

from harness.contracts import Clip
from harness.errors import UsageError
from harness.methods import Bicubic, FrameNetwork
from harness.planning.cells import Part
from harness.probes.recognizer import StreamProbe
from harness.running.build import build_method, build_probe
from harness.running.context import RunContext
from harness.running.timing import Stopwatch


@dataclass(frozen=True)
class Stream:
    """A stream of TSN with the network that MMAction2's test loop runs."""

    part: Part
    network: nn.Module


def can_run(part: Part) -> bool:
    """Whether MMAction2's test loop over folders of images can run a recogniser's stream: those of TSN."""
    return part.spec.name == "tsn"


class FilePipeline:
    """Implements `harness_benchmarks.measuring.Pipeline` for bicubic and networks on RGB, and streams that `can_run`.

    Images are under `folder` in ``hr/CLIP``, ``lr/CLIP``, ``sr/METHOD/CLIP`` and ``flow/METHOD/CLIP``, where clips and
    methods are numbered. A stage goes over all clips in hand before the next one begins.
    """

    def __init__(self, name: str, context: RunContext, folder: Path, choose: Choose) -> None:
        plan = context.plan
        self.name = name
        self.watch = Stopwatch(context.device)
        self.networks = NetworkClock(context.device)
        self._plan = plan
        self._folder = folder
        self._context = context
        self._choose = choose
        self._numbers = {clip.id: f"{number:04d}" for number, clip in enumerate(plan.clips)}
        self._methods = {part.label: self._restorer(part) for part in plan.methods}
        self._streams = [self._stream(part) for part in plan.probes if part.stream]
        self._bound = float(str(self._streams[0].part.options["flow_bound"]))
        self._dis = self._estimator()
        self._threads = torch.get_num_threads()
        self._runners: dict[str, Any] = {}
        self._lengths: dict[str, int] = {}
        self._found: dict[tuple[str, str, str], Any] = {}
        (folder / "mmaction").mkdir(parents=True)

    def prepare(self, clips: Sequence[Clip]) -> None:
        """Build MMAction2's Runner for the files that there will be."""
        self._lengths |= {clip.id: self._context.open(clip).num_frames for clip in clips}
        for stream in self._streams:
            kind, fewer = ("flow", 1) if stream.part.stream == "temporal" else ("sr", 0)
            folders = [
                FrameFolder(self._place(kind, clip, method), self._lengths[clip.id] - fewer, clip.label)
                for method in self._methods
                for clip in clips
            ]
            self._runners[stream.part.label] = build_runner(
                stream.part, stream.network, folders, self._folder, self._context.device
            )

    def run(self, clips: Sequence[Clip], say: Say) -> None:
        cv2.setNumThreads(self._threads)  # mmengine and the other pipeline both set it
        self._read(clips, say)
        for method in self._methods:
            self._restore(method, clips, say)
        say("recognise")
        with self.watch.stage("recognise"):
            for label, runner in self._runners.items():
                keys = [(method, label, clip.id) for method in self._methods for clip in clips]
                self._found.update(zip(keys, run_test(runner), strict=True))

    def finish(self) -> None:
        rows = [[*key, value if isinstance(value, float) else value.tolist()] for key, value in self._found.items()]
        (self._folder / "results.json").write_text(json.dumps(rows))

    def answers(self) -> Answers:
        return self._found

    def _read(self, clips: Sequence[Clip], say: Say) -> None:
        scale = self._plan.benchmark.scale
        say("read")
        with self.watch.stage("read"):
            for clip in clips:
                frames = self._context.open(clip).frames()
                images.save_frames(frames, self._place("hr", clip), scale, self._looked(clip).restored)
        say("degrade")
        with self.watch.stage("degrade"):
            for clip in clips:
                shrink = partial(images.resize, scale=1 / scale)
                images.convert(self._place("hr", clip), self._place("lr", clip), shrink)

    def _restore(self, method: str, clips: Sequence[Clip], say: Say) -> None:
        say(f"restore with {method}")
        with self.watch.stage("restore"):
            for clip in clips:
                images.convert(self._place("lr", clip), self._place("sr", clip, method), self._methods[method])
        say(f"measure {method}")
        with self.watch.stage("measure"):
            for clip in clips:
                pair = self._place("hr", clip), self._place("sr", clip, method)
                numbers = images.compare(*pair, self._plan.benchmark.scale, self._looked(clip).compared)
                self._found.update({(method, probe, clip.id): value for probe, value in numbers.items()})
        say(f"flow of {method}")
        with self.watch.stage("flow"):
            for clip in clips:
                pair = self._place("sr", clip, method), self._place("flow", clip, method)
                images.save_flow(self._dis, *pair, self._bound, self.networks, self._looked(clip).moving)

    def _looked(self, clip: Clip) -> Looked:
        return self._choose(self._context, self._lengths[clip.id])

    def _place(self, kind: str, clip: Clip, method: str | None = None) -> Path:
        part = "" if method is None else str(list(self._methods).index(method))
        return self._folder / kind / part / self._numbers[clip.id]

    def _restorer(self, part: Part) -> images.Restore:
        scale = self._plan.benchmark.scale
        method = build_method(part, scale, self._context.device)
        if isinstance(method, Bicubic):
            return partial(images.resize, scale=float(scale))
        if type(method) is not FrameNetwork:  # subclasses do more than their network
            raise UsageError(f"{part.label} cannot be timed from files; choose bicubic or a network on RGB frames")
        self.networks.follow("restore", method.network)
        return partial(images.infer, method.network, self._context.device)

    def _stream(self, part: Part) -> Stream:
        probe = build_probe(part, self._plan.benchmark.scale, self._plan.classes, self._context.device)
        assert isinstance(probe, StreamProbe)
        network: Any = probe.recognizer.network  # type: ignore[attr-defined]  # TSN alone gets here
        self.networks.follow("recognise", network.backbone, network.cls_head)
        return Stream(part, network)

    def _estimator(self) -> Any:
        flow = self._plan.flow
        if flow.spec.name != "dis":
            raise UsageError(f"flow {flow.spec.name} cannot be timed from files; choose dis")
        return images.make_dis(flow.options)
