"""Writing a video file: restored pictures, with the sound and the time stamps of the file that they come from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from harness.errors import HarnessError, UsageError
from harness.files import replacing
from harness.video.container import reason
from harness.video.copying import Source, SourceFrame
from harness.video.encoder import open_encoder
from harness.video.encoding import Encoder, Encoding, container_of
from harness.video.hdr import display_options
from harness.video.pixels import FULL, RGB, Pixels, to_frame

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes its settings to the terminal otherwise
PREROLL = Fraction(1, 10)
"""Seconds of sound that decoders need before the first that is heard."""


class Writer:
    """Encodes restored frames of a size (height, width) into the output and copies the sound that goes with them.

    Everything that the container or the encoder may refuse is asked for when it is made. Raises `UsageError` then.
    """

    def __init__(
        self, output: OutputContainer, path: Path, source: Source, size: tuple[int, int], encoding: Encoding
    ) -> None:
        self.output = output
        self.source = source
        self.latest: dict[int, int] = {}
        """The last decoding time of each stream of sound."""
        encoder, options = encoding.encoder(path, source.colours.deep)
        self.video = self._add_video(encoder, options, size)
        try:
            open_encoder(self.video.codec_context)
        except av.FFmpegError as error:
            problem = f"{encoder.library} cannot encode {size[1]}x{size[0]}: {reason(error)}"
            raise UsageError(f"{path}: {problem}; try another --codec") from error
        try:
            self.sound = {stream.index: output.add_stream_from_template(stream) for stream in source.audio}
            output.start_encoding()
        except (ValueError, av.FFmpegError) as error:
            problem = f"its sound cannot be copied into {path.suffix}: {reason(error)}"
            raise UsageError(f"{source.name}: {problem}; give a name in .mkv or .mov") from error

    def write(self, images: Pixels, frames: Sequence[SourceFrame]) -> None:
        """Write restored images ``(N, H, W, 3)`` with the time stamps of the frames they come from."""
        for image, original in zip(images, frames, strict=True):
            self.output.mux(self.video.encode(self._coded(image, original)))
        self._copy_sound()

    def close(self) -> None:
        """Write what the encoder still holds."""
        self.output.mux(self.video.encode())
        self._copy_sound()

    def _add_video(self, encoder: Encoder, options: dict[str, str], size: tuple[int, int]) -> VideoStream:
        source, coding = self.source, self.source.colours
        more = display_options(source.first, encoder.library)
        options |= {key: ":".join(filter(None, (options.get(key), value))) for key, value in more.items()}
        stream = cast(VideoStream, self.output.add_stream(encoder.library, rate=source.rate, options=options))
        stream.time_base = source.time_base
        context = stream.codec_context
        context.time_base = source.time_base
        context.height, context.width = size
        context.pix_fmt = encoder.pixels if context.height % 2 == context.width % 2 == 0 else encoder.odd
        rgb = VideoFormat(context.pix_fmt).is_rgb
        context.colorspace, context.color_range = (RGB, FULL) if rgb else (coding.matrix, coding.range)
        context.color_primaries, context.color_trc = coding.primaries, coding.transfer
        if source.pixel_shape:
            context.sample_aspect_ratio = source.pixel_shape
        if encoder.tag is not None and self.output.format.name in ("mp4", "mov"):
            context.codec_tag = encoder.tag
        return stream

    def _coded(self, image: Pixels, original: SourceFrame) -> VideoFrame:
        context = self.video.codec_context
        frame = to_frame(image, str(context.pix_fmt), self.source.colours)
        frame.pts, frame.time_base = original.pts, self.source.time_base
        frame.colorspace, frame.color_range = context.colorspace, context.color_range
        return frame

    def _copy_sound(self) -> None:
        for packet in self.source.sound:
            if heard(packet):
                self._restamp(packet, self.sound[packet.stream.index])
                self.output.mux_one(packet)
        self.source.sound.clear()

    def _restamp(self, packet: Packet[Stream], stream: Stream) -> None:
        """Hand a packet to a stream of the output, behind the one before it: recordings may overlap a little."""
        unit = cast(Fraction, stream.time_base)
        pts, dts, duration = (
            round((ticks or 0) * packet.time_base / unit) for ticks in (packet.pts, packet.dts, packet.duration)
        )
        late = max(0, self.latest.get(stream.index, dts - 1) + 1 - dts)
        self.latest[stream.index] = dts + late
        packet.stream, packet.time_base = stream, unit
        packet.pts, packet.dts, packet.duration = pts + late, dts + late, duration


def heard(packet: Packet[Stream]) -> bool:
    """Whether a packet of sound is heard, or decoders need it for the first one that is."""
    if packet.pts is None or packet.dts is None:  # an empty one marks the end of the stream
        return False
    # those that an edit list hides
    return not packet.is_discard or -PREROLL <= packet.pts * packet.time_base < 0


@contextmanager
def open_target(path: Path) -> Iterator[OutputContainer]:
    """An output file that gets its name once it is complete. Raises `HarnessError` if it cannot be written."""
    container = container_of(path)
    try:
        with replacing(path) as partial, _create(partial, container.format) as output:
            yield output
    except (av.FFmpegError, OSError) as error:
        raise HarnessError(f"{path}: cannot be written: {reason(error)}") from error


def _create(path: Path, kind: str) -> OutputContainer:
    path.touch()  # libav opens it later, with other errors
    # with the prefix, what follows is a file's name even if it holds a colon
    output: OutputContainer = av.open("file:" + os.path.abspath(path), "w", format=kind)
    return output
