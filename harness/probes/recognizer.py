"""A stream of a recogniser as a probe that measures class scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.contracts import Measurement, Probe, Sample, StreamRecognizer, Wants
from harness.errors import ContractError
from harness.transfer import to_host


@dataclass(frozen=True)
class StreamProbe:
    """Array ``scores``: raw class scores, float32 ``(num_classes,)``. It knows no labels and yields no numbers.

    If the recogniser has one classifier per stream (`harness.contracts.JointRecognizer`), their scores are the arrays
    ``spatial_scores`` and ``temporal_scores``, and ``scores`` is their mean.
    """

    recognizer: StreamRecognizer

    def wants(self, num_frames: int) -> Wants:
        return self.recognizer.wants(num_frames)

    def measure(self, sample: Sample) -> Measurement:
        """Raises `ContractError` if the recogniser does not return vectors of finite scores."""
        wants = self.wants(sample.num_frames)
        frames = sample.sr(wants.frames)
        flow = sample.sr_flow(wants.pairs) if wants.pairs else frames.new_zeros((0, 2, *frames.shape[-2:]))
        of_streams: Callable[[Tensor, Tensor], Tensor] | None = getattr(self.recognizer, "stream_scores", None)
        with torch.inference_mode():
            if of_streams is None:
                return Measurement(arrays={"scores": _checked(self.recognizer.scores(frames, flow))})
            found = of_streams(frames, flow)
            spatial, temporal = _checked(found, vectors=2)
            mean = _checked(found.float().mean(dim=0))
        return Measurement(arrays={"scores": mean, "spatial_scores": spatial, "temporal_scores": temporal})


def judge_of(probe: Probe) -> object:
    """The object that a plugin brought: a recogniser's stream within its `StreamProbe`, any other probe itself."""
    return probe.recognizer if isinstance(probe, StreamProbe) else probe


def _checked(scores: Tensor, vectors: int = 0) -> NDArray[np.float32]:
    """Scores ``(num_classes,)``, or ``(vectors, num_classes)``, as float32."""
    scores = to_host(scores)
    right = scores.ndim == 2 and len(scores) == vectors if vectors else scores.ndim == 1
    if not right or not bool(torch.isfinite(scores).all()):
        found = "numbers that are not finite" if right else f"the shape {tuple(scores.shape)}"
        wanted = f"({vectors}, num_classes)" if vectors else "(num_classes,)"
        raise ContractError(f"recogniser returned {found}; expected finite scores {wanted}")
    array: NDArray[np.float32] = scores.float().numpy()
    return array
