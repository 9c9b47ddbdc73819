"""The contract of degradations that draw what they do to a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.checks.base import Test, expect
from harness.checks.clips import synthetic_clip
from harness.contracts import Degradation, DrawnDegradation
from harness.video.frames import Bytes, to_uint8

OTHERS = 256
"""Ids that are tried until one gives other bytes: what is drawn may rarely happen."""


def drawn_tests(degradation: Degradation, scale: int) -> list[tuple[str, Test]]:
    """What is checked in addition; nothing of another kind of degradation."""
    if not isinstance(degradation, DrawnDegradation):
        return []
    contract = _Contract(degradation, scale)
    return [
        ("whole clip", contract.sizes),
        ("a clip's own draw", contract.own_draw),
        ("clips at once", contract.interleaved),
    ]


@dataclass
class _Contract:
    degradation: DrawnDegradation
    scale: int

    def clip(self, frames: int = 5, height: int = 12, width: int = 15) -> list[Bytes]:
        return list(to_uint8(synthetic_clip(frames, height * self.scale, width * self.scale)))

    def ask(self, frames: list[Bytes], clip_id: str) -> list[Bytes]:
        return list(self.degradation.degrade_clip(iter(frames), clip_id))

    def sizes(self) -> str:
        for frames, height, width in ((5, 12, 15), (1, 9, 11)):
            found = [(frame.dtype.name, *frame.shape) for frame in self.ask(self.clip(frames, height, width), "a")]
            expected = ("uint8", height, width, 3)
            expect(found == [expected] * frames, f"{frames} frames became {found}; expected {frames} of {expected}")
        return "as many frames, of the LR size"

    def own_draw(self) -> str:
        clip = self.clip()
        first, again = (self.ask(clip, "a") for _ in range(2))
        expect(np.array_equal(first, again), "the same clip gave other bytes when it was degraded again")
        others = (self.ask(clip, f"b{number}") for number in range(OTHERS))
        differs = any(not np.array_equal(first, other) for other in others)
        expect(differs, f"{OTHERS + 1} clips of the same frames gave the same bytes: is the id counted?")
        return "the same again, another for another id"

    def interleaved(self) -> str:
        """Workers take clips in any order, and a clip may wait while another is read."""
        clip = self.clip()
        both = zip(*(self.degradation.degrade_clip(iter(clip), name) for name in ("a", "b")), strict=True)
        found = list(zip(*both, strict=True))
        for name, frames in zip(("a", "b"), found, strict=True):
            expect(np.array_equal(frames, self.ask(clip, name)), "a clip's bytes changed with what was read meanwhile")
        return "independent of each other"
