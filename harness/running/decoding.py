"""A pass over a video, of which the frames that are needed come in blocks, as far as they are needed at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from harness.errors import ClipError
from harness.running.portions import Spans
from harness.running.timing import Stopwatch
from harness.video.frames import Bytes, Video, to_tensor

Keep = Callable[[Sequence[int], Tensor], None]
"""Takes frames ``(N, 3, H, W)`` with their numbers."""


class Decoding:
    """Decodes a video once, `at_once` frames at a time, and hands those of which there are `spans` to `keep`."""

    def __init__(
        self, video: Video, spans: Sequence[Spans], portions: int, keep: Keep, *,
        at_once: int, watch: Stopwatch, device: torch.device,
    ) -> None:  # fmt: skip
        self._keep = keep
        self._at_once = at_once
        self._watch = watch
        self._device = device
        self._upto = [-1] * portions
        """The last frame that each portion adds."""
        for frame, (first, _) in (item for each in spans for item in each.items()):
            self._upto[first] = max(self._upto[first], frame)
        self._reached = -1
        self._blocks = self._read(video, set().union(*spans))

    def advance(self, portion: int) -> None:
        """Read what this portion adds; with the last one to the end of the video, where damage may be found.

        Raises `ClipError` as `Video.frames` does, and if the video ends before a frame that is needed.
        """
        is_last = portion == len(self._upto) - 1
        while is_last or self._reached < self._upto[portion]:
            numbers, frames = next(self._blocks, ([], torch.empty(0)))
            if not numbers:
                return
            self._keep(numbers, frames)
            self._reached = numbers[-1]

    def _read(self, video: Video, needed: set[int]) -> Iterator[tuple[list[int], Tensor]]:
        stream = (item for item in enumerate(video.frames()) if item[0] in needed)
        found = 0
        while items := self._next(stream):
            with self._watch.stage("read"):
                frames = to_tensor(np.stack([frame for _, frame in items]), self._device)
            found += len(items)
            yield [number for number, _ in items], frames
        if found < len(needed):
            raise ClipError(f"{video.name}: {video.num_frames} frames announced, but the video ended earlier")

    def _next(self, stream: Iterator[tuple[int, Bytes]]) -> list[tuple[int, Bytes]]:
        with self._watch.stage("read"):
            return list(islice(stream, self._at_once))
