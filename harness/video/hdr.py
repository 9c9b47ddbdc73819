"""What an HDR video says of the display it was made on, handed on to the encoders that can write it."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, cast

from av.buffer import Buffer
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame


class Syntax(NamedTuple):
    """How an encoder takes the mastering display and the light levels."""

    option: str
    display: str
    light: str
    per_colour: int
    """Its units in a colour coordinate of 1; 1 for decimal numbers."""
    per_nit: int
    """Its units in a candela per square metre."""


SYNTAX = {
    "libx264": Syntax("x264-params", "mastering-display", "cll", 50_000, 10_000),
    "libx265": Syntax("x265-params", "master-display", "max-cll", 50_000, 10_000),
    "libsvtav1": Syntax("svtav1-params", "mastering-display", "content-light", 1, 1),
}


def display_options(frame: VideoFrame, library: str) -> dict[str, str]:
    """Options with which the encoder of this name in libav writes what `frame` says; empty if it says nothing."""
    if library not in SYNTAX:
        return {}
    syntax = SYNTAX[library]
    facts = cast("Mapping[Type, Buffer]", frame.side_data)
    texts = []
    if mastering := _mastering(facts):
        texts.append(f"{syntax.display}={_written(mastering, syntax)}")
    if Type.CONTENT_LIGHT_LEVEL in facts:
        most, average = struct.unpack_from("2I", bytes(facts[Type.CONTENT_LIGHT_LEVEL]))
        texts.append(f"{syntax.light}={most},{average}")
    return {syntax.option: ":".join(texts)} if texts else {}


def _mastering(facts: Mapping[Type, Buffer]) -> list[Fraction] | None:
    """x and y of red, green, blue and white, the least and the most luminance; None unless all are known."""
    if Type.MASTERING_DISPLAY_METADATA not in facts:
        return None
    # libav's AVMasteringDisplayMetadata: ten rational numbers, and whether colours and luminances are set
    stored = bytes(facts[Type.MASTERING_DISPLAY_METADATA])
    *numbers, has_colours, has_luminance = struct.unpack_from("22i", stored)
    if not (has_colours and has_luminance and all(numbers[1::2])):
        return None
    return [Fraction(over, under) for over, under in zip(numbers[::2], numbers[1::2], strict=True)]


def _written(mastering: list[Fraction], syntax: Syntax) -> str:
    def number(value: Fraction, units: int) -> str:
        return f"{float(value):.5f}" if units == 1 else str(round(value * units))

    pairs = [",".join(number(value, syntax.per_colour) for value in mastering[at : at + 2]) for at in (0, 2, 4, 6)]
    least, most = (number(value, syntax.per_nit) for value in mastering[8:])
    red, green, blue, white = pairs
    return f"G({green})B({blue})R({red})WP({white})L({most},{least})"
