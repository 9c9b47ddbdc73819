"""Which frames of a clip are needed for the wanted ones, and where they are kept: long clips must fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from harness.contracts import SRMethod
from harness.errors import ContractError


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
    near = {n for frame in frames for n in range(frame - radius, frame + radius + 1)}
    return sorted(n for n in near if 0 <= n < num_frames)


class FrameStore:
    """Frames of a clip by their numbers, kept in 8 bits: a quarter of what they take in single precision."""

    def __init__(self, numbers: Iterable[int], size: tuple[int, int], device: torch.device) -> None:
        self.size = size
        self._places = {number: place for place, number in enumerate(dict.fromkeys(numbers))}
        self._levels = torch.empty((len(self._places), 3, *size), dtype=torch.uint8, device=device)

    def put(self, numbers: Sequence[int], frames: Tensor) -> None:
        """Keep ``(N, 3, H, W)``, clamped to [0, 1] and rounded to 8 bits, except frames that the store is not for."""
        rows = [row for row, number in enumerate(numbers) if number in self._places]
        places = torch.tensor([self._places[numbers[row]] for row in rows], dtype=torch.long, device=frames.device)
        levels = frames[rows].clamp_(0, 1).mul_(255).round_().to(torch.uint8)
        self._levels.index_copy_(0, places, levels)

    def __call__(self, numbers: Sequence[int]) -> Tensor:
        """Frames in the given order, ``(len(numbers), 3, H, W)`` in [0, 1]. Raises `ContractError` for one not kept."""
        missing = sorted(set(numbers) - self._places.keys())
        if missing:
            raise ContractError(f"asked for frames {missing} of a clip, which `wants` does not name; name them there")
        return self._levels[[self._places[number] for number in numbers]].float().div_(255)
