"""Reading a video file with its time stamps and its sound, to write it again with other pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heappop, heappush
from itertools import chain
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from harness.errors import ClipError
from harness.video.container import MEND, moving_stream, open_container, reason
from harness.video.orientation import Orientation, orientation
from harness.video.packets import other_size, with_damage
from harness.video.pixels import Colours, Pixels, colours, to_rgb
from harness.video.timeline import Positions, Timeline, may_start_again, read_timeline

EXCHANGED = 4
"""How many frames apart swapped time stamps may be."""


@dataclass(frozen=True)
class SourceFrame:
    """A decoded frame: RGB ``(H, W, 3)`` as `harness.video.pixels` has it, upright, and when it is shown."""

    image: Pixels
    pts: int
    duration: int


@dataclass
class Source:
    """The input while it is read. Sound packets met on the way wait in `sound` to be written."""

    container: InputContainer
    name: str
    video: VideoStream
    audio: Sequence[AudioStream]
    timeline: Timeline
    sound: list[Packet[Stream]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rest = self._decoded()
        try:
            self.first = next(self._rest)
        except StopIteration:
            raise ClipError(f"{self.name}: empty: no frame could be decoded; {MEND}") from None
        self.colours: Colours = colours(self.first)
        self.turn: Orientation = orientation(self.first)

    def frames(self) -> Iterator[SourceFrame]:
        """All frames in display order, time stamps ascending; to be asked for once.

        Raises `ClipError` if one is damaged, cannot be decoded or differs in size.
        """
        return in_order(self._stamped(chain([self.first], self._rest)))

    def _stamped(self, frames: Iterable[VideoFrame]) -> Iterator[SourceFrame]:
        step = round(1 / (self.rate * self.time_base))
        following = 0
        size = self.first.height, self.first.width
        for frame in frames:
            if (frame.height, frame.width) != size:
                raise other_size(self.name, frame, size)
            pts = following if frame.pts is None else frame.pts
            duration = frame.duration or step
            following = pts + duration
            yield SourceFrame(self.turn.turn(to_rgb(frame, self.colours)), pts, duration)

    def _decoded(self) -> Iterator[VideoFrame]:
        shown = 0
        positions = Positions()
        try:
            for packet, damaged in with_damage(self.container, self.video, *self.audio):
                self.timeline.move(packet, positions.of(packet))
                if packet.stream is not self.video:
                    self.sound.append(packet)
                    continue
                for frame in cast("list[VideoFrame]", packet.decode()):
                    if damaged or frame.is_corrupt:
                        raise ClipError(f"{self.name}: frame {shown} is damaged; {MEND}")
                    shown += 1
                    yield frame
        except (av.FFmpegError, MemoryError) as error:
            problem = f"cannot be decoded after {shown} frame(s): {reason(error)}"
            raise ClipError(f"{self.name}: {problem}; {MEND}") from error

    @property
    def left_out(self) -> int:
        """Streams of sound that libav does not know, so that they cannot be copied."""
        return len(self.container.streams.audio) - len(self.audio)

    @property
    def rate(self) -> Fraction:
        """Frames per second, on average."""
        return self.video.average_rate or self.video.guessed_rate or Fraction(25)

    @property
    def time_base(self) -> Fraction:
        """Seconds in a unit of the time stamps."""
        return self.video.time_base or 1 / self.rate

    @property
    def size(self) -> tuple[int, int]:
        """Height and width as shown."""
        return self.turn.size((self.first.height, self.first.width))

    @property
    def pixel_shape(self) -> Fraction | None:
        """Width of a pixel over its height, as shown; None if it is not said."""
        shape = self.video.sample_aspect_ratio
        return 1 / shape if shape and self.turn.transposed else shape


def in_order(frames: Iterable[SourceFrame]) -> Iterator[SourceFrame]:
    """Give frames, which come in display order, ascending time stamps.

    AVI files with packed B-frames hold the right time stamps, but swap those of neighbours.
    """
    held: deque[SourceFrame] = deque()
    stamps: list[int] = []
    last: int | None = None

    def earliest() -> SourceFrame:
        nonlocal last
        stamp = heappop(stamps)
        last = stamp if last is None else max(stamp, last + 1)
        return replace(held.popleft(), pts=last)

    for frame in frames:
        held.append(frame)
        heappush(stamps, frame.pts)
        if len(held) > EXCHANGED:
            yield earliest()
    while held:
        yield earliest()


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """A video file, its first frame decoded. Raises `ClipError` if it has none or cannot be read."""
    name = str(path)
    timeline = Timeline()
    with open_container(path) as container:
        if may_start_again(container):
            timeline = read_timeline(container, [moving_stream(container, name), *known_sound(container)])
    with open_container(path) as container:
        video = moving_stream(container, name)
        video.thread_type = "AUTO"
        yield Source(container, name, video, known_sound(container), timeline)


def known_sound(container: InputContainer) -> tuple[AudioStream, ...]:
    """The streams of sound that libav knows."""
    return tuple(
        stream for stream in container.streams.audio if cast("object | None", stream.codec_context) is not None
    )
