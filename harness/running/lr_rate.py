"""A clip at the rate of its LR frames, for methods that leave the frames between out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from harness.contracts import Clip, Cost, Pair, Sample, Wants
from harness.running.portions import Look


def of_lr_frames(label: str) -> str:
    """The name under which a probe's look at the LR frames' moments goes beside its look at the whole clip."""
    return f"{label} of LR frames"


def on_original_clock(look: Look, frames: Sequence[int]) -> Look:
    """What is looked at in a clip of LR frames, by the `frames` that stand for them."""
    units = None if look.units is None else [_moved(unit, frames) for unit in look.units]
    return Look(_moved(look.wants, frames), units)


def _moved(wants: Wants, to: Sequence[int] | Mapping[int, int]) -> Wants:
    return Wants(tuple(to[frame] for frame in wants.frames), tuple((to[a], to[b]) for a, b in wants.pairs))


@dataclass(frozen=True)
class LrFrames:
    """A restored clip of which only some frames are there: frame i is frame ``frames[i]`` of the whole one.

    Flow is that between them, however far they are apart. It implements `harness.contracts.Sample`.
    """

    whole: Sample
    frames: Sequence[int]

    @property
    def clip(self) -> Clip:
        return self.whole.clip

    @property
    def num_frames(self) -> int:
        return len(self.frames)

    @property
    def restore_seconds(self) -> float | None:
        return self.whole.restore_seconds

    @property
    def restored_frames(self) -> int:
        return self.whole.restored_frames

    @property
    def cost(self) -> Cost | None:
        return self.whole.cost

    def sr(self, frames: Sequence[int]) -> Tensor:
        return self.whole.sr([self.frames[frame] for frame in frames])

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.whole.hr([self.frames[frame] for frame in frames])

    def sr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.whole.sr_flow([(self.frames[a], self.frames[b]) for a, b in pairs])

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.whole.hr_flow([(self.frames[a], self.frames[b]) for a, b in pairs])

    def made(self, frames: Sequence[int]) -> Sequence[bool]:
        return self.whole.made([self.frames[frame] for frame in frames])

    def units(self, units: Sequence[Wants]) -> list[Wants]:
        """Units of the whole clip in the numbers of this one."""
        numbers = {frame: number for number, frame in enumerate(self.frames)}
        return [_moved(unit, numbers) for unit in units]
