"""A pass over a video, of which the frames that are needed come in blocks, as far as they are needed at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from harness.errors import ClipError
from harness.running.portions import Spans
from harness.running.read_ahead import Reader
from harness.running.timing import Stopwatch
from harness.video.frames import Bytes, Video, to_tensor

Keep = Callable[[Sequence[int], Tensor], None]
"""Takes frames ``(N, 3, H, W)`` with their numbers."""
Block = tuple[list[int], Bytes]
"""Numbers of frames, and the frames ``(N, H, W, 3)``; no frames at the end."""
BLOCKS_AHEAD = 2
"""Blocks that are asked for before they are wanted."""


class Decoding:
    """Decodes a video once, `at_once` frames at a time, and hands those of which there are `spans` to `keep`.

    The first blocks are asked of `reader` at once.
    """

    def __init__(
        self, video: Video, spans: Sequence[Spans], portions: int, keep: Keep, *,
        at_once: int, watch: Stopwatch, device: torch.device, reader: Reader,
    ) -> None:  # fmt: skip
        self._keep = keep
        self._watch = watch
        self._device = device
        self._upto = [-1] * portions
        """The last frame that each portion adds."""
        for frame, (first, _) in (item for each in spans for item in each.items()):
            self._upto[first] = max(self._upto[first], frame)
        self._reached = -1
        needed = set().union(*spans)
        stream = (item for item in enumerate(video.frames()) if item[0] in needed)
        self._ask = partial(reader.ask, partial(_next, stream, at_once))
        self._asked = deque(self._ask() for _ in range(BLOCKS_AHEAD))
        self._blocks = self._read(video, len(needed))

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

    def _read(self, video: Video, needed: int) -> Iterator[tuple[list[int], Tensor]]:
        found = 0
        while True:
            with self._watch.stage("read"):
                numbers, frames = self._asked.popleft()()
                if not numbers:
                    break
                self._asked.append(self._ask())
                shown = to_tensor(frames, self._device)
            found += len(numbers)
            yield numbers, shown
        if found < needed:
            raise ClipError(f"{video.name}: {video.num_frames} frames announced, but the video ended earlier")


def _next(stream: Iterator[tuple[int, Bytes]], at_once: int) -> Block:
    items = list(islice(stream, at_once))
    if not items:
        return [], np.empty((0, 0, 0, 3), np.uint8)
    return [number for number, _ in items], np.stack([frame for _, frame in items])
