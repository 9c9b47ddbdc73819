"""The one path of a clip: read, degrade, restore, flow, probe.

Everything that does not depend on the method is computed once a clip (HR frames, LR frames, HR flow), everything that
depends on it once a method (restored frames, their flow), whatever the number of probes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from harness.contracts import Clip, Degradation, FlowEstimator, Pair, SRMethod, Wants
from harness.errors import ContractError
from harness.frames import Video, crop_to_multiple, round_to_8_bits, to_tensor
from harness.timing import Stopwatch


class PairFlows:
    """Flow of frame pairs, each computed once."""

    def __init__(self, frames: Callable[[Sequence[int]], Tensor], estimator: FlowEstimator, watch: Stopwatch) -> None:
        self._frames = frames
        self._estimator = estimator
        self._watch = watch
        self._known: dict[Pair, Tensor] = {}

    def __call__(self, pairs: Sequence[Pair]) -> Tensor:
        """Flow from the first to the second frame of every pair, ``(len(pairs), 2, H, W)`` in pixels."""
        missing = sorted(set(pairs) - self._known.keys())
        if missing:
            first, second = self._frames([a for a, _ in missing]), self._frames([b for _, b in missing])
            with self._watch.stage("flow"):
                flow = self._estimator.flow(first, second)
            expected = (len(missing), 2, *first.shape[-2:])
            if tuple(flow.shape) != expected or not bool(torch.isfinite(flow).all()):
                raise ContractError(f"flow has shape {tuple(flow.shape)}; expected finite numbers of shape {expected}")
            self._known.update(zip(missing, flow, strict=True))
        return torch.stack([self._known[pair] for pair in pairs])


class SourceClip:
    """One clip before restoration: HR frames (cropped to a multiple of the scale), LR frames, HR flow.

    Without a degradation the clip is LR as it is, and asking for HR frames or their flow raises `ContractError`.
    """

    def __init__(
        self, clip: Clip, video: Video, degradation: Degradation | None, estimator: FlowEstimator, watch: Stopwatch,
        device: torch.device,
    ) -> None:  # fmt: skip
        self.clip = clip
        self.watch = watch
        self.estimator = estimator
        with watch.stage("read"):
            read = to_tensor(video.read(), device)
        self._hr = None if degradation is None else crop_to_multiple(read, degradation.scale)
        with watch.stage("degrade"):
            self.lr = read if degradation is None else round_to_8_bits(degradation.degrade(self.all_hr))
        self.num_frames = len(self.lr)
        self.hr_flow = PairFlows(self.hr, estimator, watch)

    @property
    def all_hr(self) -> Tensor:
        if self._hr is None:
            raise ContractError(f"clip {self.clip.id!r} is low-resolution by nature: there are no HR frames of it")
        return self._hr

    def hr(self, frames: Sequence[int]) -> Tensor:
        picked: Tensor = self.all_hr[list(frames)]
        return picked


@dataclass
class RestoredClip:
    """One clip as restored by one method: what probes see (`harness.contracts.Sample`)."""

    source: SourceClip
    frames: Sequence[int]
    restored: Tensor
    restore_seconds: float
    is_source: bool = False
    """True when the restored frames are the HR frames, whose flow is then not computed again."""
    _position: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._position = {frame: position for position, frame in enumerate(self.frames)}

    @property
    def clip(self) -> Clip:
        return self.source.clip

    @property
    def num_frames(self) -> int:
        return self.source.num_frames

    @property
    def restored_frames(self) -> int:
        return len(self.frames)

    def sr(self, frames: Sequence[int]) -> Tensor:
        return self.restored[[self._position[frame] for frame in frames]]

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.source.hr(frames)

    @cached_property
    def sr_flow(self) -> PairFlows:
        return self.source.hr_flow if self.is_source else PairFlows(self.sr, self.source.estimator, self.source.watch)

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.source.hr_flow(pairs)


@dataclass(frozen=True)
class JointClip:
    """One clip as a pair of methods restored it: frames of the one, flow of the other (`harness.contracts.Sample`)."""

    frames: RestoredClip
    motion: RestoredClip

    def __post_init__(self) -> None:
        if self.frames.source is not self.motion.source:
            raise ValueError(f"frames of clip {self.frames.clip.id} with flow of clip {self.motion.clip.id}")

    @property
    def clip(self) -> Clip:
        return self.frames.clip

    @property
    def num_frames(self) -> int:
        return self.frames.num_frames

    @property
    def restore_seconds(self) -> float:
        """Of both methods."""
        return self.frames.restore_seconds + self.motion.restore_seconds

    @property
    def restored_frames(self) -> int:
        return self.frames.restored_frames

    def sr(self, frames: Sequence[int]) -> Tensor:
        return self.frames.sr(frames)

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.frames.hr(frames)

    def sr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.motion.sr_flow(pairs)

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.frames.hr_flow(pairs)


def check_wants(wants: Wants, num_frames: int) -> Wants:
    """Raise `ContractError` when a probe asks for frames that the clip does not have."""
    outside = [frame for frame in wants.all_frames() if not 0 <= frame < num_frames]
    if outside:
        raise ContractError(f"wants frames {sorted(outside)} of a clip of {num_frames}")
    return wants


def restore(method: SRMethod, source: SourceClip, frames: Sequence[int], *, sees_hr: bool, scale: int) -> RestoredClip:
    """Ask a method for the wanted frames, check what it returns, and round it to 8 bits.

    Raises `ContractError` for a wrong shape or values that are not finite.
    """
    given = source.all_hr if sees_hr else source.lr
    factor = 1 if sees_hr else scale
    start = time.perf_counter()
    with source.watch.stage("restore"), torch.inference_mode():
        restored = method.upscale(given, frames) if frames else given[:0]
    seconds = time.perf_counter() - start
    expected = (len(frames), 3, given.shape[-2] * factor, given.shape[-1] * factor)
    if frames and tuple(restored.shape) != expected:
        raise ContractError(f"upscale returned shape {tuple(restored.shape)}; expected {expected}")
    bad = int((~torch.isfinite(restored)).sum())
    if bad:
        raise ContractError(f"upscale returned {bad} values that are NaN or infinite")
    restored = round_to_8_bits(restored.float())
    same = sees_hr and bool(torch.equal(restored, source.hr(frames)))
    return RestoredClip(source, list(frames), restored, seconds, is_source=same)
