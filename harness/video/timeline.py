"""One clock for a file whose time stamps start again, as those of transport streams that were joined do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, cast

from av.container import InputContainer
from av.format import Flags
from av.packet import Packet
from av.stream import Stream

BACKWARDS = Fraction(1, 10)
"""Seconds by which decoding time has to go back to be a new start; recorders repeat less."""
FORWARDS = Fraction(10)
"""Seconds that are left out at most within one recording."""


class Timeline(NamedTuple):
    """By how much to move the time stamps of each part of a file, so that they ascend from zero in all of it."""

    starts: tuple[int, ...] = ()
    """Where the second part and those after it begin, in bytes."""
    shifts: tuple[Fraction, ...] = (Fraction(0),)
    """Seconds to add, for each part."""

    def move(self, packet: Packet[Stream], position: int) -> None:
        """Move the time stamps of a packet that begins at this byte."""
        shift = self.shifts[bisect_right(self.starts, position)]
        if not shift:
            return
        ticks = round(shift / packet.time_base)
        if packet.pts is not None:
            packet.pts += ticks
        if packet.dts is not None:
            packet.dts += ticks


@dataclass
class Segment:
    """Packets of one stream between two starts of its clock; times in seconds."""

    first: int
    last: int
    """The bytes at which its first and its last packet begin."""
    after: int | None
    """The byte at which the last packet of the segment before it in its stream begins."""
    start: Fraction
    end: Fraction
    decoded: Fraction
    """Decoding time of its last packet."""

    def continues(self, decoded: Fraction) -> bool:
        """Whether a packet of this decoding time belongs to it."""
        return -BACKWARDS <= decoded - self.decoded <= FORWARDS


@dataclass
class Positions:
    """Where packets begin: some do not say, and then it is where the one before them in their stream does."""

    known: dict[int, int] = field(default_factory=dict)

    def of(self, packet: Packet[Stream]) -> int:
        """The byte at which a packet begins. Every packet has to be asked for, in the order of the file."""
        if packet.pos is not None and packet.pos >= 0:
            self.known[packet.stream_index] = packet.pos
        return self.known.get(packet.stream_index, 0)


def may_start_again(container: InputContainer) -> bool:
    """Whether files of this format may be joined end to end (transport and programme streams)."""
    return bool(container.format.flags & cast(int, Flags.ts_discont.value))


def read_timeline(container: InputContainer, streams: Sequence[Stream]) -> Timeline:
    """Read all packets of these streams and find where their clocks start again; nothing is decoded.

    Within a part, streams keep their distance, so that sound stays with the pictures. Raises libav's errors.
    """
    segments = list(_segments(container, streams))
    if not segments:
        return Timeline()
    starts = _joins(segments)
    parts: list[list[Segment]] = [[] for _ in range(len(starts) + 1)]
    for segment in segments:
        parts[bisect_right(starts, segment.first)].append(segment)
    shifts, reached = [], Fraction(0)
    for part in parts:
        shifts.append(reached - min(segment.start for segment in part))
        reached = shifts[-1] + max(segment.end for segment in part)
    return Timeline(tuple(starts), tuple(shifts))


def _segments(container: InputContainer, streams: Sequence[Stream]) -> Iterator[Segment]:
    positions = Positions()
    current: dict[int, Segment] = {}
    for packet in container.demux(list(streams)):
        position = positions.of(packet)
        if packet.dts is None:
            continue
        decoded = packet.dts * packet.time_base
        start = decoded if packet.pts is None else packet.pts * packet.time_base
        end = start + (packet.duration or 0) * packet.time_base
        segment = current.get(packet.stream_index)
        if segment is None or not segment.continues(decoded):
            after = segment.last if segment else None
            segment = Segment(position, position, after, start, end, decoded)
            current[packet.stream_index] = segment
            yield segment
        segment.last = position
        segment.start, segment.end = min(segment.start, start), max(segment.end, end)
        segment.decoded = decoded


def _joins(segments: Sequence[Segment]) -> list[int]:
    """The bytes at which every stream that goes on starts its clock again."""
    joins: list[int] = []
    for segment in sorted(segments, key=lambda segment: segment.first):
        again = segment.after is not None and not any(s.first < segment.first <= s.last for s in segments)
        # streams of one part begin one after the other: one whose last part ended before the join starts no other
        if again and not (joins and segment.after is not None and segment.after < joins[-1]):
            joins.append(segment.first)
    return joins
