"""The contract of a recogniser's stream."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from harness.checks.base import Check, expect, expect_equal, expect_tensor, expect_wants, run_tests
from harness.checks.clips import synthetic_clip
from harness.contracts import StreamRecognizer, Wants

LOOKS_AT = {"spatial": (True, False), "temporal": (False, True), "joint": (True, True)}
"""Whether a stream wants frames and pairs."""
SCORE_TOLERANCE = 1e-3


def check_recognizer(
    recognizer: StreamRecognizer, *, stream: str, num_classes: int, device: torch.device | str = "cpu"
) -> list[Check]:
    """Check a live stream of a recogniser, on `device`. The clips are 112x112 and 98x133, up to 20 frames."""
    contract = _Contract(recognizer, stream, num_classes, torch.device(device))
    return run_tests(
        [
            ("wanted frames", contract.wants),
            ("looks at", contract.looks_at),
            ("scores", contract.scores),
            ("both classifiers", contract.both_classifiers),
            ("determinism", contract.determinism),
            ("depends on the clip", contract.depends_on_clip),
            ("one frame", contract.one_frame),
            ("odd sizes", contract.odd_size),
            ("input untouched", contract.untouched),
        ]
    )


@dataclass
class _Contract:
    recognizer: StreamRecognizer
    stream: str
    num_classes: int
    device: torch.device

    def inputs(self, length: int, height: int, width: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        return inputs_of(self.recognizer, length, height, width, seed, self.device)

    def ask(self, length: int = 20, height: int = 112, width: int = 112, seed: int = 0) -> Tensor:
        return self.ask_for(*self.inputs(length, height, width, seed))

    def ask_for(self, frames: Tensor, flow: Tensor) -> Tensor:
        with torch.inference_mode():
            found = self.recognizer.scores(frames, flow)
        return expect_tensor(found, (self.num_classes,), self.device).float()

    def wants(self) -> str:
        return expect_wants(self.recognizer.wants)

    def looks_at(self) -> str:
        wanted = self.recognizer.wants(20)
        found = bool(wanted.frames), bool(wanted.pairs)
        seen = f"{len(wanted.frames)} frames and {len(wanted.pairs)} pairs of a clip of 20"
        expect(found == LOOKS_AT.get(self.stream), f"a stream {self.stream!r} that wants {seen}")
        return seen

    def scores(self) -> str:
        found = self.ask()
        return f"{self.num_classes} classes, {float(found.min()):.2f} to {float(found.max()):.2f}"

    def both_classifiers(self) -> str:
        """For a stream with one classifier for frames and one for motion."""
        of_streams = getattr(self.recognizer, "stream_scores", None)
        if of_streams is None:
            return "one classifier"
        frames, flow = self.inputs(20, 112, 112)
        with torch.inference_mode():
            found = expect_tensor(of_streams(frames, flow), (2, self.num_classes), self.device).float()
        return expect_equal(found.mean(dim=0), self.ask_for(frames, flow), SCORE_TOLERANCE)

    def determinism(self) -> str:
        return expect_equal(self.ask(), self.ask(), SCORE_TOLERANCE)

    def depends_on_clip(self) -> str:
        difference = float((self.ask(seed=0) - self.ask(seed=4)).abs().max())
        expect(difference > 0, "two different clips get the same scores")
        return f"scores of two clips differ by up to {difference:.2g}"

    def one_frame(self) -> None:
        self.ask(length=1)

    def odd_size(self) -> None:
        self.ask(height=98, width=133)

    def untouched(self) -> None:
        frames, flow = self.inputs(20, 112, 112)
        before = frames.clone(), flow.clone()
        self.ask_for(frames, flow)
        same = torch.equal(frames, before[0]) and torch.equal(flow, before[1])
        expect(same, "the input was changed in place; work on a copy")


def inputs_of(
    recognizer: StreamRecognizer, length: int, height: int, width: int, seed: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """What the pipeline would give a stream for a synthetic clip: frames, and flow, which is the square's motion."""
    wanted: Wants = recognizer.wants(length)
    clip = synthetic_clip(length, height, width, seed).to(device)
    steps = torch.tensor([second - first for first, second in wanted.pairs], dtype=torch.float32)
    flow = torch.zeros((len(wanted.pairs), 2, height, width))
    flow[:, 0, height // 3 : 2 * height // 3, seed * 8 : seed * 8 + width // 3] = steps[:, None, None]
    return clip[list(wanted.frames)], flow.to(device)
