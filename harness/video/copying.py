"""Reading a video file with its time stamps and writing it again with other pictures and the same sound."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heappop, heappush
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from harness.errors import ClipError, HarnessError, UsageError
from harness.files import replacing
from harness.video.frames import Bytes

EXCHANGED = 4
"""How many frames apart swapped time stamps may be."""
CODEC_OPTIONS = {"crf": "12", "preset": "medium"}
BT601 = 5
KNOWN_MATRICES = (1, 5, 6, 9)
"""BT.709, BT.601 (two names) and BT.2020 by their numbers in ISO/IEC 23091-2, which libav uses."""


@dataclass(frozen=True)
class SourceFrame:
    """A decoded frame: uint8 RGB ``(H, W, 3)``, upright, and when it is shown."""

    image: Bytes
    pts: int
    duration: int


@dataclass
class Source:
    """The input while it is read. Sound packets met on the way wait in `sound` to be written."""

    container: InputContainer
    name: str
    video: VideoStream
    audio: Sequence[AudioStream]
    sound: list[Packet[Stream]] = field(default_factory=list)
    colour: VideoFrame | None = None
    """The first frame, which says how colours are coded."""

    def frames(self) -> Iterator[SourceFrame]:
        """All frames in display order, time stamps ascending. Raises `ClipError` if one cannot be decoded."""
        return in_order(self._decoded())

    def _decoded(self) -> Iterator[SourceFrame]:
        step = round(1 / (self.rate * self.time_base))
        following = 0
        try:
            for packet in self.container.demux([self.video, *self.audio]):
                if packet.stream is not self.video:
                    self.sound.append(packet)
                    continue
                for frame in cast("list[VideoFrame]", packet.decode()):
                    self.colour = self.colour or frame
                    pts = following if frame.pts is None else frame.pts
                    duration = frame.duration or step
                    following = pts + duration
                    yield SourceFrame(upright(frame), pts, duration)
        except av.FFmpegError as error:
            raise ClipError(f"{self.name}: cannot be decoded: {error.strerror}") from error

    @property
    def rate(self) -> Fraction:
        return self.video.average_rate or self.video.guessed_rate or Fraction(25)

    @property
    def time_base(self) -> Fraction:
        return self.video.time_base or 1 / self.rate

    @property
    def matrix(self) -> int:
        """How RGB becomes luma and chroma. A source that does not say is decoded as BT.601 and marked as such."""
        number = int(self.colour.colorspace) if self.colour else BT601
        return number if number in KNOWN_MATRICES else BT601


class Writer:
    """Encodes restored frames into the output and copies the sound that goes with them."""

    def __init__(self, output: OutputContainer, source: Source) -> None:
        self.output = output
        self.source = source
        try:
            self.video = output.add_stream("libx264", rate=source.rate, options=dict(CODEC_OPTIONS))
        except ValueError as error:
            raise UsageError(f"{error}; give a name that ends in .mp4 or .mkv") from error
        self.video.codec_context.time_base = source.time_base
        self.video.time_base = source.time_base
        try:
            self.sound = {stream.index: output.add_stream_from_template(stream) for stream in source.audio}
        except ValueError as error:
            raise UsageError(f"the sound cannot be copied: {error}; try a name in .mkv or .mov") from error
        self.started = False

    def write(self, images: Bytes, frames: Sequence[SourceFrame]) -> None:
        """Write restored images with the time stamps of the frames they come from."""
        if not self.started:
            self._describe(*images.shape[1:3])
        for image, original in zip(images, frames, strict=True):
            self.output.mux(self.video.encode(self._coded(image, original)))
        self._copy_sound()

    def close(self) -> None:
        """Write what the encoder still holds."""
        self.output.mux(self.video.encode())
        self._copy_sound()

    def _describe(self, height: int, width: int) -> None:
        """Set the size and how colours are coded; neither is known before the first frame."""
        context = self.video.codec_context
        context.height, context.width = height, width
        # players want halved chroma, which needs even sides
        context.pix_fmt = "yuv420p" if height % 2 == width % 2 == 0 else "yuv444p"
        context.colorspace = self.source.matrix
        context.color_range = 1
        context.color_primaries = self.source.video.codec_context.color_primaries
        context.color_trc = self.source.video.codec_context.color_trc
        shape = self.source.video.sample_aspect_ratio
        if shape:
            context.sample_aspect_ratio = shape
        self.started = True

    def _coded(self, image: Bytes, original: SourceFrame) -> VideoFrame:
        rgb = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame = rgb.reformat(format=self.video.codec_context.pix_fmt, dst_colorspace=self.source.matrix)
        frame.pts, frame.time_base = original.pts, self.source.time_base
        frame.colorspace, frame.color_range = self.source.matrix, 1
        return frame

    def _copy_sound(self) -> None:
        for packet in self.source.sound:
            if packet.dts is not None:  # an empty one marks the end of the stream
                packet.stream = self.sound[packet.stream.index]
                self.output.mux_one(packet)
        self.source.sound.clear()


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


def upright(frame: VideoFrame) -> Bytes:
    """A frame as RGB, turned as a player would turn it."""
    image = cast(Bytes, frame.to_ndarray(format="rgb24"))
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """A video file that `harness.video.frames.open_video` has accepted."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        yield Source(container, str(path), video, tuple(container.streams.audio))


@contextmanager
def open_target(path: Path) -> Iterator[OutputContainer]:
    """An output file that gets its name once it is complete. Raises `HarnessError` if it cannot be written."""
    try:
        with replacing(path) as partial, _create(partial, path) as output:
            yield output
    except av.FFmpegError as error:
        raise HarnessError(f"{path}: cannot be written: {error.strerror}") from error


def _create(partial: Path, path: Path) -> OutputContainer:
    try:
        output: OutputContainer = av.open(str(partial), "w")
    except ValueError as error:  # the suffix names no container
        raise UsageError(f"{path}: {error}; give a name that ends in .mp4 or .mkv") from error
    return output
