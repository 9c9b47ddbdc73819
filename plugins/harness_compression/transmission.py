"""LR clips that were sent as H.264 over a bad connection. Implements `harness.contracts.DrawnDegradation`.

Slices are damaged or lost between x264 and libavcodec's decoder, which conceals what it can. Parameter sets arrive
always: whoever receives a stream has them from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import cast

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.random import Generator
from torch import Tensor

from harness.errors import UsageError
from harness.video.degrade import Bicubic
from harness.video.encoder import open_encoder
from harness.video.frames import Bytes, to_tensor, to_uint8
from harness_compression.codecs import USUAL_RATE, padded
from harness_compression.drawn import generator
from harness_compression.severities import level_of

ENCODER = {"crf": "23", "preset": "medium", "threads": "1", "x264-params": "slice-max-size=1200"}
"""A slice fits into a packet of a usual network, so that losing a packet is losing a slice."""
DECODER = {"threads": "1", "flags": "+output_corrupt"}
CODE = b"\0\0\1"
START = re.compile(b"(?=" + CODE + b")")
STARTS = 5
"""The type of slices of a picture that needs no other."""
SLICES = (1, STARTS)
GREY = 128
Channel = Callable[[bytes, Generator], bytes]
"""What becomes of a slice on its way; nothing is left of one that is lost."""


@dataclass
class Transmitted:
    """Bicubic LR frames, sent through a `channel`; a frame that does not arrive is the one before it, or else grey.

    What is hit is drawn by `seed` and the clip's id. Raises `UsageError` for a negative seed.
    """

    scale: int
    channel: Channel
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UsageError(f"seed={self.seed}: expected 0 or more")

    def degrade(self, hr: Tensor) -> Tensor:
        """Bicubic alone: ``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]."""
        return Bicubic(self.scale).degrade(hr)

    def degrade_clip(self, frames: Iterator[Bytes], clip_id: str) -> Iterator[Bytes]:
        """HR frames of a clip, uint8 ``(H, W, 3)`` RGB, to as many LR frames ``(H / scale, W / scale, 3)``."""
        low = (to_uint8(self.degrade(to_tensor(frame[None])))[0] for frame in frames)
        first = next(low, None)
        if first is None:
            return
        height, width = first.shape[:2]
        draw = generator(self.seed, clip_id)
        sent = encoded(padded(frame) for frame in chain([first], low))
        shown = decoded((number, through(packet, self.channel, draw)) for number, packet in sent)
        frame = np.full_like(first, GREY)
        for number in range(len(sent)):
            frame = shown[number][:height, :width] if number in shown else frame
            yield frame


def encoded(frames: Iterator[Bytes]) -> list[tuple[int, bytes]]:
    """The number of each frame and its units, in the order in which they are sent."""
    encoder = cast(VideoCodecContext, av.CodecContext.create("libx264", "w"))
    encoder.options = dict(ENCODER)
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, int(USUAL_RATE))
    packets: list[Packet[VideoStream]] = []
    for number, image in enumerate(frames):
        if number == 0:
            encoder.height, encoder.width = image.shape[:2]
            open_encoder(encoder)
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    return [(cast(int, packet.pts), bytes(packet)) for packet in [*packets, *encoder.encode(None)]]


def decoded(packets: Iterable[tuple[int, bytes]]) -> dict[int, Bytes]:
    """The frames that a decoder shows, by their numbers."""
    decoder = cast(VideoCodecContext, av.CodecContext.create("h264", "r"))
    decoder.options = dict(DECODER)
    shown: dict[int, Bytes] = {}
    for number, units in packets:
        packet = cast("Packet[VideoStream]", Packet(units))
        packet.pts = number
        shown |= _shown(decoder, packet) if units else {}
    return shown | _shown(decoder, None)


def _shown(decoder: VideoCodecContext, packet: Packet[VideoStream] | None) -> dict[int, Bytes]:
    try:
        frames = decoder.decode(packet)
    except av.error.InvalidDataError:  # nothing can be made of it
        return {}
    return {cast(int, frame.pts): cast(Bytes, frame.to_ndarray(format="rgb24")) for frame in frames}


def through(packet: bytes, channel: Channel, draw: Generator) -> bytes:
    """What arrives of a packet's units, each with its start code."""
    units = START.split(packet)
    return b"".join(channel(unit, draw) if kind_of(unit) in SLICES else unit for unit in units)


def kind_of(unit: bytes) -> int:
    """The type of a unit; 0 of what comes before the first."""
    return unit[len(CODE)] & 31 if len(unit) > len(CODE) else 0


def flipped(unit: bytes, draw: Generator, *, one_in: int) -> bytes:
    """A slice, of whose bits one in `one_in` is wrong, but in its start code and type."""
    head, body = unit[: len(CODE) + 1], np.frombuffer(unit[len(CODE) + 1 :], np.uint8)
    wrong = np.packbits(draw.random(8 * len(body)) < 1 / one_in)
    return head + (body ^ wrong).tobytes()


def lost(unit: bytes, draw: Generator, *, percent: int) -> bytes:
    """A slice, or nothing: `percent` of them are lost, but what starts a clip is sent until it arrives."""
    return b"" if draw.random() < percent / 100 and kind_of(unit) != STARTS else unit


def bit_error(*, scale: int, one_in: int, severity: int = 0, seed: int = 0, library: str = "") -> Transmitted:
    """One wrong bit in `one_in`. `library` only tells results apart."""
    rate = level_of("bit_error", "one_in", one_in, severity)
    if rate < 1:
        raise UsageError(f"bit_error: one_in={rate}: expected 1 or more")
    return Transmitted(scale, partial(flipped, one_in=rate), seed)


def packet_loss(*, scale: int, percent: int, severity: int = 0, seed: int = 0, library: str = "") -> Transmitted:
    """Of 100 packets `percent` are lost. `library` only tells results apart."""
    share = level_of("packet_loss", "percent", percent, severity)
    if not 0 <= share <= 100:
        raise UsageError(f"packet_loss: percent={share}: expected 0 to 100")
    return Transmitted(scale, partial(lost, percent=share), seed)
