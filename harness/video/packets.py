"""What a video's packets tell about it, and which of them are damaged; only the first frame is decoded for that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from harness.errors import ClipError
from harness.video.container import MEND, MOST_PIXELS

NOT_CODED_BYTES = 8
"""MPEG-4 encoders mark "same as before" by a packet of up to this size without a picture (UCF101 has such clips)."""
SLACK = Fraction(3, 2)
"""Frames by which times may be off before something is missing; how long the last frame is shown may be unknown."""
ROUNDING = Fraction(1, 100)
"""Seconds by which they may be off at any rate, as some containers round them, and rates are guesses."""
SEAM = 2
"""How many packets before the seam of joined streams are marked as damaged, because counters start again there."""


@dataclass(frozen=True)
class Contents:
    """What the packets of a video say."""

    first: VideoFrame
    """The first frame that is shown."""
    fps: float
    """Average frames per second; 0 if the container does not say."""
    announced: int
    """The least number of frames that there must be; 0 if the container does not say."""
    packets: int
    """Packets whose pictures are shown: an upper bound on the frames, unless the file is damaged."""


class _Packet(NamedTuple):
    """What is kept of a packet; all packets together would be as large as the file."""

    shown: bool
    """False for one that an edit list hides."""
    picture: bool
    """Whether it certainly holds a picture."""
    end: Fraction
    """Seconds into the video at which the next picture replaces its own; 0 if unknown."""


def survey(container: InputContainer, stream: VideoStream, name: str) -> Contents:
    """Read all packets of a stream and decode its first frame.

    Raises `ClipError` if there is none, if fewer packets are in the file than its container announces, or if the
    frame's size is not the one that the container announces.
    """
    size = stream.codec_context.height, stream.codec_context.width
    if size[0] * size[1] > MOST_PIXELS:
        raise ClipError(f"{name}: frames of {size[1]}x{size[0]} are announced, more than can be decoded; {MEND}")
    listed, indexed = _listed(container, stream), len(stream.index_entries)
    packets, first = _walk(container, stream)
    if not packets:
        raise ClipError(f"{name}: empty: the container holds no video packet; {MEND}")
    _require_whole(stream, packets, listed, len(packets) == indexed, name)
    if first is None:
        raise ClipError(f"{name}: empty: no frame could be decoded; {MEND}")
    if (first.height, first.width) != size:
        raise other_size(name, first, size)
    shown = [packet for packet in packets if packet.shown]
    certain = min(listed, len(packets)) - sum(not (packet.shown and packet.picture) for packet in packets)
    return Contents(first, float(_rate(stream)), max(certain, 0), len(shown))


def other_size(name: str, frame: VideoFrame, size: tuple[int, int]) -> ClipError:
    """The error for a frame whose size is not the height and width of its video."""
    found = f"a frame of {frame.width}x{frame.height} in a video of {size[1]}x{size[0]}"
    return ClipError(f"{name}: {found}; frames must have the same size, so encode it again")


def with_damage(
    container: InputContainer, stream: VideoStream, *others: Stream
) -> Iterator[tuple[Packet[Stream], bool]]:
    """All packets of a stream, and of `others` with it, each with whether bytes of it are missing.

    Where transport streams are joined, their counters and often their time stamps start again, and the demuxer marks
    packets before the seam; there a key picture begins, so that it is told from a loss.
    """
    ahead = SEAM if container.format.name == "mpegts" else 0
    held: deque[Packet[Stream]] = deque()
    for packet in container.demux([stream, *others]):
        held.append(packet)
        while sum(waiting.stream is stream for waiting in held) > ahead:
            yield _judged(held)
    while held:
        yield _judged(held)


def _judged(held: deque[Packet[Stream]]) -> tuple[Packet[Stream], bool]:
    packet = held.popleft()
    seam = any(following.is_keyframe and following.stream is packet.stream for following in held)
    return packet, packet.is_corrupt and not seam


def _listed(container: InputContainer, stream: VideoStream) -> int:
    """The number of packets that the container announces; 0 if it does not say.

    Of MP4 it is the index that libav makes: an edit list that hides whole groups of pictures leaves them out of it.
    """
    return len(stream.index_entries) if "mp4" in container.format.name.split(",") else stream.frames


def _walk(container: InputContainer, stream: VideoStream) -> tuple[list[_Packet], VideoFrame | None]:
    packets: list[_Packet] = []
    first: VideoFrame | None = None
    for packet in container.demux(stream):
        if packet.size:
            packets.append(_facts(packet))
        if first is None:
            first = next(iter(packet.decode()), None)
    return packets, first


def _facts(packet: Packet[VideoStream]) -> _Packet:
    end = Fraction(0)
    if packet.pts is not None and packet.time_base:
        end = (packet.pts + (packet.duration or 0)) * packet.time_base
    return _Packet(not packet.is_discard, packet.size > NOT_CODED_BYTES, end)


def _require_whole(stream: VideoStream, packets: Sequence[_Packet], listed: int, indexed: bool, name: str) -> None:
    """Raise `ClipError` for fewer packets than listed, or less time. `indexed`: they are as many as in the index."""
    rate = _rate(stream)
    held = max(packet.end for packet in packets)
    # an AVI with a variable rate counts the frames that it leaves out, but its index gives the right times
    left_out = indexed and rate and held + 2 / rate >= listed / rate
    if len(packets) < listed and not left_out:
        raise ClipError(f"{name}: truncated: {listed} frames announced, {len(packets)} in the file; {MEND}")
    announced = _seconds_announced(stream)
    if 0 < listed < stream.frames:  # by an edit list, which ends where the stream does, or by damage
        announced = Fraction(stream.duration or 0) * (stream.time_base or 0)
        held = max((packet.end for packet in packets if packet.shown), default=held)
    missing = announced - held
    if rate and missing > max(SLACK / rate, ROUNDING):
        raise ClipError(f"{name}: truncated: the last {float(missing):.2f} s announced are not in the file; {MEND}")


def _rate(stream: VideoStream) -> Fraction:
    return stream.average_rate or stream.guessed_rate or Fraction(0)


def _seconds_announced(stream: VideoStream) -> Fraction:
    """Length that a Matroska or WebM file, which announces no frame count, states for its video; 0 if unknown."""
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        return 3600 * Fraction(hours) + 60 * Fraction(minutes) + Fraction(seconds)
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
