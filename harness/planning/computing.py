"""How networks compute, where that is not as usual: in half precision, frames in tiles, or compiled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from harness.specs import NetworkSpec, RecognizerSpec, SRMethodSpec

FULL: Final = "fp32"
AUTO: Final = "auto"
HALVES = ("bf16", "fp16")
PRECISIONS = (FULL, *HALVES, AUTO)


@dataclass(frozen=True)
class Computing:
    """What was asked for, or what a part does."""

    precision: str = FULL
    """One of `PRECISIONS`. ``auto`` is what a network declares as safe on a GPU (`NetworkSpec.half`), else ``fp32``."""
    tile: int | None = None
    """LR pixels a side of the tiles that SR methods restore; None for whole frames."""
    compiled: bool = False
    """By torch.compile. It rounds as always in single precision, and in other places in half precision."""

    def facts(self) -> dict[str, str | int]:
        """What differs from the usual and changes results, as it enters an identity."""
        found: dict[str, str | int] = {} if self.precision == FULL else {"precision": self.precision}
        if found and self.compiled:
            found["compiled"] = True
        return found if self.tile is None else {**found, "tile": self.tile}

    def of(self, spec: NetworkSpec, device: str) -> Computing:
        """What is done for a declaration on a device: only SR methods and recognisers that are networks differ."""
        if not (isinstance(spec, SRMethodSpec | RecognizerSpec) and spec.needs_weights):
            return USUAL
        precision = self.precision
        if precision == AUTO:
            precision = spec.half if spec.half and on_gpu(device) else FULL
        return Computing(precision, self.tile if isinstance(spec, SRMethodSpec) else None, self.compiled)

    def seen_in(self, precisions: set[str]) -> Computing:
        """What all cells of a run share: ``auto`` counts only where it chose half precision."""
        return self if precisions - {FULL} else replace(self, precision=FULL)


USUAL = Computing()


def on_gpu(device: str) -> bool:
    """Whether ``--device`` names, or ``auto`` finds, a CUDA device."""
    if device != "auto":
        return device.startswith("cuda")
    import torch

    return torch.cuda.is_available()
