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
from typing import cast

import av
import numpy as np
import torch
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import ClipError, HarnessError
from harness.files import replacing
from harness.transfer import to_device, to_host
from harness.video.container import MEND, local, moving_stream, open_container, reason
from harness.video.encoder import open_encoder
from harness.video.extent import is_cut
from harness.video.orientation import AS_CODED, orientation
from harness.video.packets import other_size, survey, with_damage

Bytes = NDArray[np.uint8]
DECODE_THREADS = 1
"""Clips are short and many, so the cores are better spent on several clips than on the threads of one decoder."""
HELD_BYTES = 1 << 28
"""Frames of a video of unknown length are kept up to this size: 39 seconds of 320x240 at 30 frames per second."""


@dataclass(frozen=True)
class Video:
    """A video file, opened by `open_video`."""

    path: Path
    name: str
    """Its name in errors: the clip's id and the file, or just the file."""
    size: tuple[int, int]
    """Height and width in pixels, as shown."""
    fps: float
    """Average frames per second; 0 if the container does not say."""
    announced: int
    """The least number of frames that there must be by what the container says; 0 if it does not say."""
    exact: bool = False
    """Whether `announced` is the exact number; packets that may hold no picture leave that open."""
    expected: int | None = None
    """Frames that an annotation promises."""
    packets: int = 0
    """Packets whose pictures are shown: an upper bound on the frames, unless the file is damaged."""
    upright: bool = True
    """Whether frames are turned and mirrored as the file asks for, or left as coded."""

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
        converter = VideoReformatter()  # a frame's own one would be set up, threads and all, for every frame
        for frame in self._decode():
            turn = orientation(frame) if self.upright else AS_CODED
            if turn.size((frame.height, frame.width)) != self.size:
                raise other_size(self.name, frame, turn.size(self.size))
            shown = converter.reformat(frame, format="rgb24", threads=1)
            yield turn.turn(cast(Bytes, shown.to_ndarray()))

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
        with open_container(self.path, self.name) as container:
            try:
                for packet, damaged in with_damage(container, _single_threaded(container, self.name)):
                    frames = cast("list[VideoFrame]", packet.decode())
                    if damaged or any(frame.is_corrupt for frame in frames):
                        raise ClipError(f"{self.name}: frame {shown} is damaged; {MEND}")
                    for frame in frames:
                        shown += 1
                        yield frame
            except (av.FFmpegError, MemoryError) as error:
                problem = f"cannot be decoded after {shown} frame(s): {reason(error)}"
                raise ClipError(f"{self.name}: {problem}; {MEND}") from error
        self._check_count(shown)

    def _check_count(self, shown: int) -> None:
        if shown == 0:
            raise ClipError(f"{self.name}: empty: no frame could be decoded; {MEND}")
        if shown < self.announced:
            raise ClipError(f"{self.name}: truncated: {self.announced} frames announced, {shown} decoded; {MEND}")
        if self.expected is not None and shown != self.expected:
            raise ClipError(f"{self.name}: annotated with {self.expected} frames, {shown} decoded; {MEND}")


def open_video(path: Path, clip_id: str | None = None, num_frames: int | None = None, *, upright: bool = True) -> Video:
    """Open a video file and check its container; only the first frame is decoded until frames are asked for.

    `clip_id` names the clip in errors, `num_frames` is what an annotation promises. Frames are shown as the file asks
    for, turned or mirrored, unless `upright` is False. Raises `ClipError` if the file is missing, empty or no video,
    holds fewer packets than its container announces, or begins with a frame that cannot be decoded.
    """
    name = f"clip {clip_id!r} ({path})" if clip_id is not None else str(path)
    if not path.is_file():
        where = "the path" if clip_id is None else "the data folder (--data) or build the data set"
        raise ClipError(f"{name}: no such file; check {where}")
    if path.stat().st_size == 0:
        raise ClipError(f"{name}: the file is empty (0 bytes); {MEND}")
    with open_container(path, name) as container:
        if is_cut(path, container.format.name):
            raise ClipError(f"{name}: truncated: the file is shorter than its container says; {MEND}")
        found = survey(container, _single_threaded(container, name), name)
    turn = orientation(found.first) if upright else AS_CODED
    size = turn.size((found.first.height, found.first.width))
    exact = found.announced == found.packets
    return Video(path, name, size, found.fps, found.announced, exact, num_frames, found.packets, upright)


def _single_threaded(container: InputContainer, name: str) -> VideoStream:
    stream = moving_stream(container, name)
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
        with replacing(path) as partial, av.open(local(partial), "w") as container:
            stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=settings))
            count = 0
            for image in _single_frames(frames):
                if count == 0:
                    stream.height, stream.width, stream.pix_fmt = *image.shape[:2], pixel_format
                    open_encoder(stream.codec_context)
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
    return to_device(torch.from_numpy(frames), device).permute(0, 3, 1, 2).contiguous().float().div_(255)


def to_uint8(frames: Tensor) -> Bytes:
    """``(T, 3, H, W)`` in [0, 1] to uint8 ``(T, H, W, 3)``; clamped, then rounded half to even."""
    levels = frames.clamp(0, 1).mul(255).round_().to(torch.uint8)
    return to_host(levels.permute(0, 2, 3, 1).contiguous()).numpy()


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
