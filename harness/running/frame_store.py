"""Which frames of a clip are needed for the wanted ones, and where they are kept: long clips must fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from harness.contracts import SRMethod
from harness.errors import ContractError
from harness.running.compiling import remark_on_compiling
from harness.running.guarding import remark_on_changes
from harness.transfer import positions, to_host


def temporal_radius(method: SRMethod) -> int | None:
    """How many frames on either side of a wanted one a method looks at; None for the whole clip, or if unknown.

    It is the method's attribute of this name. Raises `ContractError` if that is neither None nor a whole number.
    """
    radius = getattr(method, "temporal_radius", None)
    if radius is None:
        return None
    if not isinstance(radius, int) or radius < 0:
        raise ContractError(
            f"temporal_radius is {radius!r}; expected a whole number from 0, or None for the whole clip"
        )
    return radius


def remark_of(method: object) -> str | None:
    """What no option says of how a method or recogniser came to its results: its attribute `remark`, whether it runs
    uncompiled although compiling was asked for, and what it changed that others depend on."""
    found = getattr(method, "remark", None), remark_on_compiling(method), remark_on_changes(method)
    return "; ".join(str(remark) for remark in found if remark is not None) or None


def widest(radii: Iterable[int | None]) -> int | None:
    """The radius that serves all of them; 0 if there are none."""
    known: list[int] = []
    for radius in radii:
        if radius is None:
            return None
        known.append(radius)
    return max(known, default=0)


def around(frames: Iterable[int], radius: int | None, num_frames: int) -> list[int]:
    """The frames and their neighbours within `radius` in a clip of `num_frames`, ascending; None for the whole clip.

    In a clip of these frames alone every wanted frame keeps its neighbours, and is near an end only if it was before;
    frames more than `radius` away may be missing.
    """
    if radius is None:
        return list(range(num_frames))
    near: set[int] = set()
    for frame in frames:
        near.update(range(max(0, frame - radius), min(num_frames, frame + radius + 1)))
    return sorted(near)


class FrameStore:
    """Frames of a clip by their numbers, kept in 8 bits: a quarter of what they take in single precision.

    The places of frames that were let go are used again, so that a long clip does not leave memory in pieces.
    """

    def __init__(self, size: tuple[int, int], device: torch.device) -> None:
        self.size = size
        self._places: dict[int, int] = {}
        self._free: list[int] = []
        self._levels = torch.empty((0, 3, *size), dtype=torch.uint8, device=device)

    def put(self, numbers: Sequence[int], frames: Tensor) -> None:
        """Keep ``(N, 3, H, W)``, clamped to [0, 1] and rounded to 8 bits."""
        self._make_room(len(numbers))
        places = [self._free.pop() for _ in numbers]
        levels = frames.clamp(0, 1).mul_(255).round_().to(torch.uint8)
        self._levels.index_copy_(0, positions(places, levels.device), levels)
        self._places.update(zip(numbers, places, strict=True))

    def _make_room(self, frames: int) -> None:
        if frames <= len(self._free):
            return
        known = len(self._levels)
        # a quarter more at least, or a store that takes all of a long clip would be copied for every block
        added = max(frames - len(self._free), known // 4)
        self._levels = torch.cat([self._levels, self._levels.new_empty((added, 3, *self.size))])
        self._free.extend(range(known, known + added))

    def keep(self, needed: Callable[[int], bool]) -> None:
        """Let go of every frame whose number is not `needed` any more."""
        for number in [number for number in self._places if not needed(number)]:
            self._free.append(self._places.pop(number))

    def holds_same(self, other: FrameStore, frames: Sequence[int]) -> bool:
        """Whether these frames are the same in both, as 8-bit levels. Waits for the device."""
        # where the first differs, as it does in nearly all, the others need not be compared
        return all(_same(self._in_levels(part), other._in_levels(part)) for part in (frames[:1], frames[1:]))

    def __call__(self, frames: Sequence[int]) -> Tensor:
        """Frames in the given order, ``(len(frames), 3, H, W)`` in [0, 1]. Raises `ContractError` for one not kept."""
        missing = sorted(set(frames) - self._places.keys())
        if missing:
            raise ContractError(f"asked for frames {missing} of a clip, which `wants` does not name; name them there")
        return self._in_levels(frames).float().div_(255)

    def _in_levels(self, frames: Sequence[int]) -> Tensor:
        places = positions([self._places[frame] for frame in frames], self._levels.device)
        return self._levels.index_select(0, places)


def _same(one: Tensor, other: Tensor) -> bool:
    return bool(to_host((one == other).all()))
