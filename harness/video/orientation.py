"""How a video asks to be turned: the display matrix that phones write, by quarter turns and mirrorings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar, cast

import numpy as np
from av.buffer import Buffer
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
SKEW = 20
"""A matrix that slants pictures by more than one part in so many neither turns nor mirrors them; it is damaged."""


class Orientation(NamedTuple):
    """One of the eight ways to show a picture: rows and columns are swapped first, then it is mirrored."""

    transposed: bool = False
    mirrored: bool = False
    """Left and right are swapped."""
    upside_down: bool = False
    """Top and bottom are swapped."""

    def turn(self, image: NDArray[Scalar]) -> NDArray[Scalar]:
        """The picture ``(H, W, ...)`` as it is shown, contiguous; of swapped sides if it is turned by 90 degrees."""
        if not any(self):
            return image
        image = image.swapaxes(0, 1) if self.transposed else image
        rows, columns = (slice(None, None, -1 if flip else 1) for flip in (self.upside_down, self.mirrored))
        return np.ascontiguousarray(image[rows, columns])

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width as shown, from those as coded."""
        return (size[1], size[0]) if self.transposed else size


AS_CODED = Orientation()


def orientation(frame: VideoFrame) -> Orientation:
    """How a decoded frame is to be shown; `AS_CODED` if it does not say, or says something that is no turn at all.

    Of a matrix that turns by another angle the nearest of the eight is taken.
    """
    matrix = cast("Mapping[Type, Buffer]", frame.side_data).get(Type.DISPLAYMATRIX)
    if matrix is None:
        return AS_CODED
    # a pixel of column x and row y is shown at (a x + c y, b x + d y)
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    area, skew = abs(a * d - b * c), abs(a * c + b * d)
    if skew * SKEW >= area:
        return AS_CODED
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, mirrored=a < 0, upside_down=d < 0)
    return Orientation(True, mirrored=c < 0, upside_down=b < 0)
