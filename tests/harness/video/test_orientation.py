"""The eight orientations, of every pixel format that a picture may have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from harness.video.frames import open_video
from harness.video.orientation import AS_CODED, Orientation, orientation

Encode = Callable[..., Path]
Moving = Callable[..., NDArray[np.uint8]]
ONE = 1 << 16
SHOWN = {
    "as coded": ((1, 0, 0, 1), lambda image: image),
    "a quarter clockwise": ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    "a half": ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    "a quarter anticlockwise": ((0, -1, 1, 0), lambda image: np.rot90(image)),
    "left and right swapped": ((-1, 0, 0, 1), np.fliplr),
    "top and bottom swapped": ((1, 0, 0, -1), np.flipud),
    "rows and columns swapped": ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
    "swapped at the other diagonal": ((0, -1, -1, 0), lambda image: np.rot90(image, 2).swapaxes(0, 1)),
}


def matrix(a: int, b: int, c: int, d: int) -> list[int]:
    return [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]


@pytest.mark.parametrize("kind", SHOWN)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_frames_are_shown_as_a_player_shows_them(encode: Encode, moving: Moving, kind: str, suffix: str) -> None:
    numbers, show = SHOWN[kind]
    path = encode(f"turned{suffix}", moving(4, 32, 48), options={"bf": "0"}, matrix=matrix(*numbers))
    coded, upright = open_video(path, upright=False), open_video(path)
    assert coded.size == (32, 48)
    expected = np.stack([show(image) for image in coded.read()])
    assert upright.size == expected.shape[1:3]
    assert np.array_equal(upright.read(), expected)
    assert np.array_equal(upright.pick([3, 1]), expected[[3, 1]])
    assert upright.num_frames == coded.num_frames == 4


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_pictures_of_any_depth_and_without_channels_are_turned(depth: type[np.uint8] | type[np.uint16]) -> None:
    image = np.arange(6, dtype=depth).reshape(2, 3)
    turned = Orientation(transposed=True, mirrored=True).turn(image)
    assert turned.dtype == depth and turned.flags.c_contiguous
    assert np.array_equal(turned, np.rot90(image, -1))
    assert Orientation(transposed=True).size((2, 3)) == (3, 2) and AS_CODED.size((2, 3)) == (2, 3)


def test_other_angles_and_scaling_count_as_the_nearest_orientation(encode: Encode, moving: Moving) -> None:
    path = encode("tilted.mp4", moving(2), matrix=[9000, 64000, 0, -64000, 9000, 0, 0, 0, 1 << 30])
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert orientation(frame) == Orientation(transposed=True, mirrored=True)


@pytest.mark.parametrize("numbers", [(0, 0, 0, 0), (0, 0, 0, ONE), (0, ONE, 77, ONE), (-ONE, -ONE, -ONE, -ONE)])
def test_a_damaged_matrix_is_ignored(encode: Encode, moving: Moving, numbers: tuple[int, int, int, int]) -> None:
    a, b, c, d = numbers
    path = encode("damaged.mp4", moving(2), matrix=[a, b, 0, c, d, 0, 0, 0, 1 << 30])
    assert np.array_equal(open_video(path).read(), open_video(path, upright=False).read())


def test_a_file_without_a_matrix_is_left_as_it_is(encode: Encode, moving: Moving) -> None:
    path = encode("plain.avi", moving(3), "mpeg4")
    assert np.array_equal(open_video(path).read(), open_video(path, upright=False).read())
