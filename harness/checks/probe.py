"""The contract of probes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from harness.checks.base import Check, expect, expect_wants, run_tests
from harness.checks.clips import drifting_texture
from harness.contracts import Clip, Cost, Measurement, Pair, PortionedProbe, Probe, Wants
from harness.errors import ContractError
from harness.running.portions import look_of, portions_of
from harness.specs import Column
from harness.video.imresize import imresize


def check_probe(probe: Probe, *, scale: int, columns: Sequence[Column] = ()) -> list[Check]:
    """Check a live probe on a textured clip restored by bicubic interpolation. `columns` are those it declares."""
    contract = _Contract(probe, scale, columns)
    return run_tests(
        [
            ("wanted frames", contract.wants),
            ("numbers", contract.numbers),
            ("declared columns", contract.declared),
            ("determinism", contract.determinism),
            ("one frame", contract.one_frame),
            ("portions", contract.portions),
        ]
    )


@dataclass
class SyntheticSample:
    """`harness.contracts.Sample` of a texture drifting right by one pixel per frame; gives only what was wanted."""

    num_frames: int
    scale: int
    wanted: Wants
    clip: Clip = field(default_factory=lambda: Clip("synthetic", Path("synthetic.mp4"), 0, "synthetic"))
    restore_seconds: float = 0.5
    restored_frames: int = field(init=False)
    cost: Cost | None = field(default_factory=lambda: Cost(multiply_adds=1.5e9, peak_bytes=1 << 20))

    def __post_init__(self) -> None:
        self.restored_frames = len(self.wanted.all_frames())
        side = 16 * self.scale
        self._hr = drifting_texture(self.num_frames, side, side, right=1, down=0)
        small = imresize(self._hr, (16, 16)).clamp(0, 1)
        self._sr = imresize(small, (side, side)).clamp(0, 1).mul(255).round().div(255)

    def sr(self, frames: Sequence[int]) -> Tensor:
        extra = sorted(set(frames) - self.wanted.all_frames())
        if extra:
            raise ContractError(f"asks for restored frames {extra[:5]}, which `wants` does not name")
        return self._sr[list(frames)]

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self._hr[list(frames)]

    def made(self, frames: Sequence[int]) -> Sequence[bool]:
        """Every other frame is, as at half the rate."""
        return [frame % 2 == 1 for frame in frames]

    def sr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        extra = sorted(set(pairs) - set(self.wanted.pairs))
        if extra:
            raise ContractError(f"asks for the flow of restored pairs {extra[:3]}, which `wants` does not name")
        return self.hr_flow(pairs) + 0.25

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        flow = torch.zeros((len(pairs), 2, *self._hr.shape[-2:]))
        flow[:, 0] = torch.tensor([float(second - first) for first, second in pairs])[:, None, None]
        return flow


@dataclass
class _Contract:
    probe: Probe
    scale: int
    columns: Sequence[Column]

    def measure(self, frames: int = 8) -> Measurement:
        sample = SyntheticSample(frames, self.scale, self.probe.wants(frames))
        with torch.inference_mode():
            found = self.probe.measure(sample)
        expect(isinstance(found, Measurement), f"measure returned {type(found).__name__}; expected Measurement")
        wrong = [k for k, v in found.numbers.items() if v is not None and not math.isfinite(v)]
        expect(not wrong, f"{wrong} are NaN or infinite; a number must be finite, or None if undefined")
        return found

    def wants(self) -> str:
        return expect_wants(self.probe.wants)

    def numbers(self) -> str:
        found = self.measure()
        expect(bool(found.numbers or found.arrays), "measured nothing")
        arrays = [key for key, array in found.arrays.items() if not bool(torch.isfinite(torch.as_tensor(array)).all())]
        expect(not arrays, f"arrays {arrays} contain NaN or infinite values")
        shown = {k: v if v is None else round(v, 4) for k, v in found.numbers.items()}
        return ", ".join(f"{k} {v}" for k, v in shown.items())

    def declared(self) -> str:
        wanted = [key for column in self.columns for key in column.ratio or (column.key,)]
        missing = [key for key in wanted if key not in self.measure().numbers]
        expect(not missing, f"columns {missing} are declared but not measured")
        return ", ".join(column.key for column in self.columns) or "none"

    def determinism(self) -> None:
        first, second = self.measure(), self.measure()
        expect(dict(first.numbers) == dict(second.numbers), "the same clip gives different numbers the second time")

    def one_frame(self) -> None:
        self.measure(frames=1)

    def portions(self) -> str:
        """A clip that is seen in portions has the numbers of one that is seen as a whole."""
        if not isinstance(self.probe, PortionedProbe):
            return "seen as a whole"
        look = look_of(self.probe, 8, whole=False)
        portions = portions_of({"probe": look}, size=3)
        with torch.inference_mode():
            seen = [self.probe.see(self._portion(part.units["probe"]), part.units["probe"]) for part in portions]
            found = self.probe.summary(torch.cat(seen)).numbers
        whole = self.measure().numbers
        same = found.keys() == whole.keys() and all(_close(found[key], whole[key]) for key in whole)
        expect(same, f"in portions it measures {dict(found)}, and of the whole clip {dict(whole)}")
        return f"the same in {len(portions)}"

    def _portion(self, units: Sequence[Wants]) -> SyntheticSample:
        """A clip of which there is nothing but what these units name."""
        frames = tuple(frame for unit in units for frame in unit.frames)
        return SyntheticSample(8, self.scale, Wants(frames, tuple(pair for unit in units for pair in unit.pairs)))


def _close(first: float | None, second: float | None) -> bool:
    return first == second or (first is not None and second is not None and math.isclose(first, second, rel_tol=1e-6))
