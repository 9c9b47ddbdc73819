"""One video through one SR method, streaming: memory depends on the frame size, not on the length.

Time stamps are those of the source frame by frame, so a variable frame rate stays one, and the sound is copied
without being encoded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar, cast

import av
import numpy as np
import torch
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from torch import Tensor

from harness.build import build_method
from harness.choice import all_options, parse_choice, resolve
from harness.contracts import Progress, SRMethod
from harness.errors import ClipError, ContractError, HarnessError, UsageError
from harness.frames import Bytes, open_video, to_tensor, to_uint8
from harness.plan import Part
from harness.registry import Registry
from harness.specs import SRMethodSpec
from harness.weights import find, installed_path

T = TypeVar("T")
MARGIN = 8
"""Frames before and after the wanted ones that a method is shown: more than the windows of published methods."""
CHUNK_PIXELS = 1 << 25
"""Restored pixels asked for at once: 32 frames of 1280x960, or 400 MB."""
CODEC_OPTIONS = {"crf": "12", "preset": "medium"}
BT601 = 5
KNOWN_MATRICES = (1, 5, 6, 9)
"""Numbers of BT.709, BT.601 (two names) and BT.2020 in ISO/IEC 23091-2, which libav uses."""


@dataclass(frozen=True)
class SourceFrame:
    """A decoded frame: uint8 RGB ``(H, W, 3)``, upright, and when it is shown."""

    image: Bytes
    pts: int
    duration: int


@dataclass
class Source:
    """The input while it is read. Sound packets that have come past wait in `sound` to be written."""

    container: InputContainer
    name: str
    video: VideoStream
    audio: Sequence[AudioStream]
    sound: list[Packet[Stream]] = field(default_factory=list)
    colour: VideoFrame | None = None
    """The first frame, which says how colours are coded."""

    def frames(self) -> Iterator[SourceFrame]:
        """All frames in display order. Raises `ClipError` where one cannot be decoded."""
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
                    duration = int(getattr(frame, "duration", 0) or step)
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
        """How RGB becomes luma and chroma; what the source does not say is decoded as BT.601 and so marked."""
        number = int(self.colour.colorspace) if self.colour else BT601
        return number if number in KNOWN_MATRICES else BT601


def load_method(
    text: str, registry: Registry, *, scale: int, tag: str, device: torch.device
) -> SRMethod:
    """Build the SR method ``NAME`` or ``NAME:option=value`` with its weights of that tag.

    Raises `UnknownNameError`, `UsageError` for a scale it cannot do, and `WeightsMissingError` with the cure.
    """
    choice = parse_choice(text)
    spec = registry.get(SRMethodSpec, choice.name)
    if spec.source == "hr":
        raise UsageError(f"{spec.name!r} returns the high-resolution frames it is given; there are none to make")
    if spec.scales is not None and scale not in spec.scales:
        raise UsageError(f"{spec.name!r} does scale {', '.join(map(str, spec.scales))}, not {scale}")
    choice = resolve(choice, spec)
    part = Part(str(choice), spec, all_options(choice, spec))
    if spec.needs_weights and not part.options.get("checkpoint"):
        weights = find(spec, tag, scale=scale)
        installed_path(weights, spec.name)
        part = replace(part, weights=weights, options={**spec.options, **weights.options, **choice.mapping})
    return build_method(part, scale, device)


def upscale_video(
    source: Path, target: Path, method: SRMethod, *, scale: int, device: torch.device, progress: Progress | None = None
) -> int:
    """Restore every frame of a video file and write them, with the sound, to another; returns how many frames.

    The method sees each wanted frame with `MARGIN` frames on both sides, a short video as a whole. The target appears
    when it is complete: H.264, near lossless. `progress` is called with frames done and frames in all (0: unknown).
    Raises `ClipError` for a broken source, `ContractError` for what the method returns, `HarnessError` for the target.
    """
    checked = open_video(source)
    chunk = max(1, CHUNK_PIXELS // (checked.size[0] * checked.size[1] * scale * scale))
    done = 0
    with _open_source(source) as given, _open_target(target) as output:
        writer = Writer(output, given, scale)
        for window, first, stop in windows(given.frames(), chunk):
            images = restore(method, window, range(first, stop), scale, device)
            writer.write(images, window[first:stop])
            done += stop - first
            if progress is not None:
                progress(done, checked.announced)
        if done < checked.announced:
            raise ClipError(f"{source}: truncated: {checked.announced} frames announced, {done} decoded")
        writer.close()
    return done


def windows(items: Iterable[T], chunk: int, margin: int = MARGIN) -> Iterator[tuple[list[T], int, int]]:
    """Cut a stream into overlapping windows: ``(window, first, stop)``, of which `first` to `stop` are wanted.

    Every item is wanted once, in order, at most `chunk` at a time, with `margin` items of context where there are.
    """
    held: list[T] = []
    first = 0
    for item in items:
        held.append(item)
        if len(held) == first + chunk + margin:
            yield held, first, first + chunk
            dropped = max(0, first + chunk - margin)
            held, first = held[dropped:], first + chunk - dropped
    while first < len(held):
        stop = min(len(held), first + chunk)
        yield held, first, stop
        first = stop


def restore(
    method: SRMethod, window: Sequence[SourceFrame], wanted: Sequence[int], scale: int, device: torch.device
) -> Bytes:
    """The wanted frames of a window, restored, as uint8 ``(N, H, W, 3)``. Raises `ContractError`."""
    lr = to_tensor(np.stack([frame.image for frame in window]), device)
    with torch.inference_mode():
        restored: Tensor = method.upscale(lr, list(wanted))
    expected = (len(wanted), 3, lr.shape[-2] * scale, lr.shape[-1] * scale)
    if tuple(restored.shape) != expected or not bool(torch.isfinite(restored).all()):
        raise ContractError(f"upscale returned shape {tuple(restored.shape)}; expected finite numbers of {expected}")
    return to_uint8(restored.float())


class Writer:
    """Encodes restored frames into the output and copies the sound that belongs beside them."""

    def __init__(self, output: OutputContainer, source: Source, scale: int) -> None:
        self.output = output
        self.source = source
        self.video = output.add_stream("libx264", rate=source.rate, options=dict(CODEC_OPTIONS))
        self.video.codec_context.time_base = source.time_base
        self.video.time_base = source.time_base
        self.sound = {stream.index: output.add_stream_from_template(stream) for stream in source.audio}
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
        """Set the size and how colours are coded; both are known from the first frame on only."""
        context = self.video.codec_context
        context.height, context.width = height, width
        # players want halved chroma, which needs even sides
        context.pix_fmt = "yuv420p" if height % 2 == width % 2 == 0 else "yuv444p"
        context.colorspace = self.source.matrix
        context.color_range = 1
        if self.source.colour is not None:
            context.color_primaries = self.source.colour.color_primaries
            context.color_trc = self.source.colour.color_trc
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


def upright(frame: VideoFrame) -> Bytes:
    """A frame as RGB, turned as a player would turn it."""
    image = cast(Bytes, frame.to_ndarray(format="rgb24"))
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


@contextmanager
def _open_source(path: Path) -> Iterator[Source]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        yield Source(container, str(path), video, tuple(container.streams.audio))


@contextmanager
def _open_target(path: Path) -> Iterator[OutputContainer]:
    """An output file that takes its name when it is complete. Raises `HarnessError` where it cannot be written."""
    partial = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        with _create(partial, path) as output:
            yield output
        partial.replace(path)
    except av.FFmpegError as error:
        problem = f"{path}: cannot be written: {error.strerror}"
        raise HarnessError(f"{problem}; a name that ends in .mkv takes every kind of sound") from error
    finally:
        partial.unlink(missing_ok=True)


def _create(partial: Path, path: Path) -> OutputContainer:
    try:
        return av.open(str(partial), "w")
    except ValueError as error:  # the ending names no container
        raise UsageError(f"{path}: {error}; give a name that ends in .mp4 or .mkv") from error
