"""Whether a file is as long as its container says; libav does not tell, and plays a file that is cut as far as it goes.

MP4 and AVI list their frames, so that nothing of this kind is needed for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

HEADER_BYTES = 1 << 12
"""The segment of a Matroska file begins earlier than that."""
SEGMENT = bytes.fromhex("18538067")
SYNC = 0x47
"""How packets of a transport stream begin."""
TRANSPORT_PACKETS = {188: 0, 192: 4, 204: 0}
"""Their sizes, and what precedes the first sync byte: plain, with a time stamp (M2TS), with error correction."""


def is_cut(path: Path, format_name: str) -> bool:
    """Whether bytes are missing at the end of a file of this format, named as libav does; False for other formats."""
    check = CHECKS.get(format_name)
    if check is None:
        return False
    with path.open("rb") as file:
        return check(file, path.stat().st_size)


def _matroska(file: BinaryIO, size: int) -> bool:
    """Shorter than its segment, which holds everything; live recordings do not say how long it is."""
    head = file.read(HEADER_BYTES)
    start = head.find(SEGMENT) + len(SEGMENT)
    if start < len(SEGMENT) or start >= len(head) or not head[start]:
        return False
    # a number of EBML: as many bytes as the first 1 of its first byte says, without that 1
    length = 9 - head[start].bit_length()
    unknown = (1 << 7 * length) - 1
    value = int.from_bytes(head[start : start + length], "big") & unknown
    return value != unknown and size < start + length + value


def _transport_stream(file: BinaryIO, size: int) -> bool:
    """Not made of whole packets, where its first bytes say how large they are."""
    head = file.read(HEADER_BYTES)
    for packet, first in TRANSPORT_PACKETS.items():
        if set(head[first : first + 4 * packet : packet]) == {SYNC}:
            return size % packet != 0
    return False


def _gif(file: BinaryIO, size: int) -> bool:
    """Without the semicolon at its end; zeros may follow."""
    file.seek(max(0, size - HEADER_BYTES))
    return not file.read().rstrip(b"\0").endswith(b";")


CHECKS: Mapping[str, Callable[[BinaryIO, int], bool]] = {
    "matroska,webm": _matroska,
    "mpegts": _transport_stream,
    "gif": _gif,
}
