"""Decoded pictures as RGB and back, at 8 bits or more, with what the file says of its colours."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from harness.video.frames import Bytes

Pixels = NDArray[np.unsignedinteger[Any]]
"""RGB ``(H, W, 3)``: uint8 with 255 as white, or uint16 with 65535 as white."""

LIMITED, FULL = 1, 2
"""Ranges of luma and chroma by their numbers in libav."""
RGB = 0
BT709, BT601, BT2020 = 1, 5, 9
LUMA = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114), 6: (0.299, 0.114), BT2020: (0.2627, 0.0593)}
"""Shares of red and blue in luma, by the numbers of the matrices in ISO/IEC 23091-2, which libav uses."""
ACCURATE = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
DEPTH = 10
"""Bits that are written for sources of more than 8."""


class Colours(NamedTuple):
    """How a video codes colours."""

    deep: bool
    """Whether its samples have more than 8 bits."""
    bits: int
    rgb: bool
    """Whether it holds RGB, without luma and chroma."""
    matrix: int
    """How RGB becomes luma and chroma. A source that does not say is read as BT.601, with the primaries of BT.2020 as
    BT.2020, and marked as such."""
    range: int
    primaries: int
    transfer: int
    """Its gamma curve, PQ or HLG; kept as it is, and so are the primaries."""


def colours(frame: VideoFrame) -> Colours:
    """What a decoded frame says of its colours."""
    bits = max(component.bits for component in frame.format.components)
    matrix, rgb = int(frame.colorspace), frame.format.is_rgb
    primaries = int(frame.color_primaries)
    if matrix not in LUMA or rgb:
        matrix = BT2020 if primaries == BT2020 else BT601
    full = int(frame.color_range) == FULL and not rgb
    return Colours(
        bits > 8,
        bits,
        rgb,
        matrix,
        FULL if full else LIMITED,
        primaries,
        int(frame.color_trc),
    )


def to_rgb(frame: VideoFrame, colours: Colours) -> Pixels:
    """A decoded frame as RGB: uint8 if the video has 8 bits, else uint16. Values outside of the range are clipped."""
    if not colours.deep:
        return cast(Bytes, frame.to_ndarray(format="rgb24"))
    if colours.rgb:
        return cast("NDArray[np.uint16]", frame.to_ndarray(format="rgb48le"))
    # libav's own conversion to RGB of 16 bits is off by up to four levels of 1023
    coded = frame.reformat(
        format="yuv444p16le", dst_colorspace=colours.matrix, dst_color_range=colours.range, interpolation=ACCURATE
    )
    offset, luma_span, chroma_span = _scales(colours.range, colours.bits)
    levels = coded.to_ndarray().astype(np.float32)
    y = (levels[..., 0] - offset) / luma_span
    cb, cr = ((levels[..., plane] - (1 << 15)) / chroma_span for plane in (1, 2))
    red_share, blue_share = LUMA[colours.matrix]
    red = y + 2 * (1 - red_share) * cr
    blue = y + 2 * (1 - blue_share) * cb
    green = (y - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    unit = np.stack((red, green, blue), axis=-1).clip(0, 1)
    return cast(Pixels, np.rint(unit * 65535).astype(np.uint16))


def to_frame(image: Pixels, pixel_format: str, colours: Colours) -> VideoFrame:
    """RGB as a frame in the pixel format of an encoder, coded as `colours` says."""
    if image.dtype == np.uint8:
        rgb = VideoFrame.from_ndarray(cast(Bytes, np.ascontiguousarray(image)), format="rgb24")
        return rgb.reformat(format=pixel_format, dst_colorspace=colours.matrix, dst_color_range=colours.range)
    unit = image.astype(np.float32) / 65535
    if pixel_format.startswith("gbrp"):
        return VideoFrame.from_ndarray(np.rint(unit * 1023).astype(np.uint16), format=pixel_format)
    red_share, blue_share = LUMA[colours.matrix]
    offset, luma_span, chroma_span = _scales(colours.range, DEPTH)
    y = unit @ np.array([red_share, 1 - red_share - blue_share, blue_share], np.float32)
    cb = (unit[..., 2] - y) / (2 * (1 - blue_share))
    cr = (unit[..., 0] - y) / (2 * (1 - red_share))
    levels = np.stack((y * luma_span + offset, *(c * chroma_span + (1 << 15) for c in (cb, cr))), axis=-1)
    step = 1 << (16 - DEPTH)  # rounded here, for libav would dither
    rounded = (np.rint(levels / step).clip(0, (1 << DEPTH) - 1) * step).astype(np.uint16)
    coded = VideoFrame.from_ndarray(rounded, format="yuv444p16le")
    coded.colorspace, coded.color_range = colours.matrix, colours.range
    return coded.reformat(format=pixel_format, interpolation=ACCURATE)


def _scales(colour_range: int, bits: int) -> tuple[float, float, float]:
    """Black, and what lies between the ends of luma and of chroma, when samples are shifted up to 16 bits."""
    if colour_range == FULL:
        span = float(((1 << bits) - 1) << (16 - bits))
        return 0.0, span, span
    return 16.0 * 256, 219.0 * 256, 224.0 * 256
