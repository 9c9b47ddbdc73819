"""A stream of a recogniser as a probe: its class scores are what it finds in a clip."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from harness.contracts import Measurement, Sample, StreamRecognizer, Wants
from harness.errors import ContractError


@dataclass(frozen=True)
class StreamProbe:
    """Array ``scores``: raw class scores, float32 ``(num_classes,)``. It knows no label and makes no number of them."""

    recognizer: StreamRecognizer

    def wants(self, num_frames: int) -> Wants:
        return self.recognizer.wants(num_frames)

    def measure(self, sample: Sample) -> Measurement:
        """Raises `ContractError` when the recogniser returns no vector of finite scores."""
        wants = self.wants(sample.num_frames)
        frames = sample.sr(wants.frames)
        flow = sample.sr_flow(wants.pairs) if wants.pairs else frames.new_zeros((0, 2, *frames.shape[-2:]))
        with torch.inference_mode():
            scores = self.recognizer.scores(frames, flow)
        if scores.ndim != 1 or not bool(torch.isfinite(scores).all()):
            found = "numbers that are not finite" if scores.ndim == 1 else f"the shape {tuple(scores.shape)}"
            raise ContractError(f"recogniser returned {found}; expected finite scores (num_classes,)")
        return Measurement(arrays={"scores": scores.float().cpu().numpy()})
