"""Frames of a clip: decoding, near-lossless writing, and the conversions between 8-bit arrays and tensors.

Frame i is the i-th frame that the decoder returns, whatever its time stamp, so a variable frame rate changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple, cast

import av
import numpy as np
import torch
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import ClipError, HarnessError
from harness.files import replacing

Bytes = NDArray[np.uint8]
DECODE_THREADS = 1
"""Clips are short and many, so the cores are better spent on several clips than on the threads of one decoder."""
HELD_BYTES = 1 << 30
"""Frames of a video of unknown length are kept up to this size: 77 seconds of 320x240 at 60 frames per second."""
NOT_CODED_BYTES = 8
"""MPEG-4 encoders mark "same as before" by a packet of up to this size without a picture (UCF101 has such clips)."""
MEND = "get or make the file again"


@dataclass(frozen=True)
class Video:
    """A video file, opened by `open_video`."""

    path: Path
    name: str
    """Its name in errors: the clip's id and the file, or just the file."""
    size: tuple[int, int]
    """Height and width in pixels, as coded (a rotation flag is not applied)."""
    fps: float
    """Average frames per second; 0 if the container does not say."""
    announced: int
    """The least number of pictures that the container says it holds; 0 if it does not say."""
    exact: bool = False
    """Whether `announced` is the exact number; packets that may hold no picture leave that open."""
    expected: int | None = None
    """Frames that an annotation promises."""
    packets: int = 0
    """Packets in the file: an upper bound on its pictures, unless the file is damaged."""

    @cached_property
    def num_frames(self) -> int:
        """Number of frames, as the container announces or else counted by decoding (raises `ClipError` as `frames`)."""
        if self.exact:
            return self.announced
        return len(self._held) if self._small else sum(1 for _ in self._decode())

    @property
    def likely_frames(self) -> int:
        """An estimate of `num_frames` without decoding."""
        return self.announced if self.exact else self.expected or self.packets

    @property
    def _small(self) -> bool:
        """Whether all frames fit into memory, so that counting and reading them takes one decoding, not two."""
        return self.packets * 3 * self.size[0] * self.size[1] <= HELD_BYTES

    @cached_property
    def _held(self) -> list[Bytes]:
        return list(self._images())

    def frames(self) -> Iterator[Bytes]:
        """All frames in display order, uint8 ``(H, W, 3)`` RGB.

        Raises `ClipError` if a frame cannot be decoded, is damaged or differs in size, or if there are fewer frames
        than announced (the latter after the last frame).
        """
        return self._images() if self.exact or not self._small else iter(self._held)

    def _images(self) -> Iterator[Bytes]:
        for frame in self._decode():
            if (frame.height, frame.width) != self.size:
                raise ClipError(
                    f"{self.name}: a frame of {frame.width}x{frame.height} in a video of "
                    f"{self.size[1]}x{self.size[0]}; frames must have the same size, so encode it again"
                )
            yield cast(Bytes, frame.to_ndarray(format="rgb24"))

    def read(self, start: int = 0, stop: int | None = None) -> Bytes:
        """Frames `start` to `stop` (exclusive; None for all), uint8 ``(T, H, W, 3)`` RGB.

        Raises `ClipError` as `frames` does, and if the video has no frame or fewer than `stop`.
        """
        frames = list(islice(self.frames(), start, stop))
        if not frames or (stop is not None and len(frames) < stop - start):
            wanted = "one" if stop is None else f"{stop}"
            raise ClipError(f"{self.name}: wanted at least {wanted} frame(s), found {start + len(frames)}")
        return np.stack(frames)

    def pick(self, numbers: Sequence[int]) -> Bytes:
        """The frames with these numbers in the given order, uint8 ``(len(numbers), H, W, 3)`` RGB; others are dropped.

        Decodes no further than the last of them. Raises `ClipError` as `frames` does, and if the video ends before it.
        """
        wanted, last = set(numbers), max(numbers)
        kept = {number: frame for number, frame in enumerate(islice(self.frames(), last + 1)) if number in wanted}
        if last not in kept:
            raise ClipError(f"{self.name}: frame {last} was asked for, but the video ended before it; {MEND}")
        return np.stack([kept[number] for number in numbers])

    def _decode(self) -> Iterator[VideoFrame]:
        shown = 0
        try:
            with av.open(str(self.path)) as container:
                stream = _limit_threads(container)
                for packet in container.demux(stream):
                    for frame in packet.decode():
                        if packet.is_corrupt or frame.is_corrupt:
                            raise ClipError(f"{self.name}: frame {shown} is damaged; {MEND}")
                        shown += 1
                        yield cast(VideoFrame, frame)
        except av.FFmpegError as error:
            problem = f"cannot be decoded after {shown} frame(s): {error.strerror}"
            raise ClipError(f"{self.name}: {problem}; {MEND}") from error
        self._check_count(shown)

    def _check_count(self, shown: int) -> None:
        if shown == 0:
            raise ClipError(f"{self.name}: empty: no frame could be decoded; {MEND}")
        if shown < self.announced:
            raise ClipError(f"{self.name}: truncated: {self.announced} frames announced, {shown} decoded; {MEND}")
        if self.expected is not None and shown != self.expected:
            raise ClipError(f"{self.name}: annotated with {self.expected} frames, {shown} decoded; {MEND}")


def open_video(path: Path, clip_id: str | None = None, num_frames: int | None = None) -> Video:
    """Open a video file and check its container; nothing is decoded until frames are asked for.

    `clip_id` names the clip in errors, `num_frames` is what an annotation promises. Raises `ClipError` if the file is
    missing, empty or no video, or holds fewer packets than its container announces.
    """
    name = f"clip {clip_id!r} ({path})" if clip_id is not None else str(path)
    if not path.is_file():
        raise ClipError(f"{name}: no such file; check the data folder (--data) or build the data set")
    if path.stat().st_size == 0:
        raise ClipError(f"{name}: the file is empty (0 bytes); {MEND}")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ClipError(f"{name}: it has no video stream; only video files can be read")
            return _inspect(container, path, name, num_frames)
    except av.FFmpegError as error:
        problem = f"truncated or not a video file: {error.strerror}"
        raise ClipError(f"{name}: {problem}; {MEND}") from error


def _inspect(container: InputContainer, path: Path, name: str, expected: int | None) -> Video:
    stream = _limit_threads(container)
    packets = [_facts(p) for p in container.demux(stream) if p.size]
    without_picture = sum(not p.picture for p in packets)
    if not packets:
        raise ClipError(f"{name}: empty: the container holds no video packet; {MEND}")
    rate = stream.average_rate or stream.guessed_rate
    held = max(p.end for p in packets)
    # an AVI with a variable rate counts the frames that it leaves out, but its duration is right
    if len(packets) < stream.frames and not (rate and held + 2 / rate >= stream.frames / rate):
        raise ClipError(f"{name}: truncated: {stream.frames} frames announced, {len(packets)} in the file; {MEND}")
    missing = _seconds_announced(stream) - held
    if rate and missing > 2 / rate:
        raise ClipError(f"{name}: truncated: the last {float(missing):.2f} s announced are not in the file; {MEND}")
    context = stream.codec_context
    announced = max(min(stream.frames, len(packets)) - without_picture, 0)
    exact = announced == len(packets)
    size = context.height, context.width
    return Video(path, name, size, float(rate or 0), announced, exact, expected, len(packets))


def _seconds_announced(stream: VideoStream) -> Fraction:
    """Length that a Matroska or WebM file, which announces no frame count, states for its video; 0 if unknown."""
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        return 3600 * Fraction(hours) + 60 * Fraction(minutes) + Fraction(seconds)
    except ValueError:
        return Fraction(0)


class _Packet(NamedTuple):
    """What is kept of a packet; all packets together would be as large as the file."""

    picture: bool
    """Whether it certainly holds one that is shown."""
    end: Fraction
    """Seconds into the video at which the next picture replaces its own; 0 if unknown."""


def _facts(packet: Packet[VideoStream]) -> _Packet:
    end = Fraction(0)
    if packet.pts is not None and packet.time_base:
        end = (packet.pts + (packet.duration or 0)) * packet.time_base
    return _Packet(not packet.is_discard and packet.size > NOT_CODED_BYTES, end)


def _limit_threads(container: InputContainer) -> VideoStream:
    stream = container.streams.video[0]
    stream.codec_context.thread_count = DECODE_THREADS
    return stream


def decoder_name() -> str:
    """Name and version of the decoder, as recorded with a run: ``PyAV x.y (libavcodec a.b.c)``."""
    return f"PyAV {av.__version__} (libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))})"


def write_video(
    path: Path,
    frames: Iterable[Bytes],
    fps: float,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv444p",
    options: Mapping[str, str] | None = None,
) -> int:
    """Write uint8 RGB frames, ``(H, W, 3)`` or blocks ``(T, H, W, 3)``, to a video file; returns their number.

    Near lossless by default (H.264, no chroma subsampling, rate factor 2: about 45 dB on RGB); `options` are the
    encoder's. The file appears only when it is complete. Raises `HarnessError` if there are no frames, if frames differ
    in size, or if the encoder refuses.
    """
    if fps <= 0:
        raise HarnessError(f"{path}: cannot write a video of {fps} frames per second; give a positive rate")
    rate = Fraction(fps).limit_denominator(100_000)
    # with one thread the file has the same bytes on every machine
    settings = {"crf": "2", "preset": "slow", "threads": "1"} if options is None else dict(options)
    try:
        with replacing(path) as partial, av.open(str(partial), "w") as container:
            stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=settings))
            count = 0
            for image in _single_frames(frames):
                if count == 0:
                    stream.height, stream.width, stream.pix_fmt = *image.shape[:2], pixel_format
                if image.shape[:2] != (stream.height, stream.width):  # the encoder would silently resize it
                    raise HarnessError(f"{path}: frame {count} differs in size from the first; make them the same size")
                container.mux(stream.encode(VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")))
                count += 1
            if count == 0:
                raise HarnessError(f"{path}: no frames to write")
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise HarnessError(f"{path}: cannot be written with {codec} ({pixel_format}): {error.strerror}") from error
    return count


def _single_frames(frames: Iterable[Bytes]) -> Iterator[Bytes]:
    for item in frames:
        yield from item if item.ndim == 4 else item[None]


def to_tensor(frames: Bytes, device: torch.device | str = "cpu") -> Tensor:
    """uint8 ``(T, H, W, 3)`` to float32 ``(T, 3, H, W)`` in [0, 1] on `device`."""
    return torch.from_numpy(frames).to(device).permute(0, 3, 1, 2).contiguous().float().div_(255)


def to_uint8(frames: Tensor) -> Bytes:
    """``(T, 3, H, W)`` in [0, 1] to uint8 ``(T, H, W, 3)``; clamped, then rounded half to even."""
    levels = frames.clamp(0, 1).mul(255).round_().to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def round_to_8_bits(frames: Tensor) -> Tensor:
    """Clamp to [0, 1] and round to multiples of 1/255 (half to even), as if the frames had been saved losslessly."""
    return frames.clamp(0, 1).mul_(255).round_().div_(255)


def multiple_of(size: tuple[int, int], scale: int) -> tuple[int, int]:
    """The largest multiples of `scale` that do not exceed the sides. Raises `ClipError` if nothing is left."""
    height, width = (side // scale * scale for side in size)
    if not height or not width:
        raise ClipError(f"frames of {size[1]}x{size[0]} are smaller than the scale factor {scale}")
    return height, width


def crop_to_multiple(frames: Tensor, scale: int) -> Tensor:
    """Crop ``(..., H, W)`` at the bottom and the right to multiples of `scale`.

    Raises `ClipError` if nothing is left.
    """
    height, width = multiple_of((frames.shape[-2], frames.shape[-1]), scale)
    return frames[..., :height, :width]
