"""Clips that are made on the spot: a camera that pans and turns, with textured things that move before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.paths import package_path
from harness.video.frames import write_video
from harness_mini.dataset import EMBEDDED

Image = NDArray[np.uint8]
THINGS = 3
MARGIN = 1.6
"""How much larger than the picture the world is, so that the camera never sees its end."""
RATE = 25
AS_A_CAMERA = {"crf": "20", "preset": "medium", "threads": "1"}
"""Near-lossless files would take ten times as long to decode as those of data sets."""


def frames(count: int, height: int, width: int, seed: int = 0) -> Iterator[Image]:
    """RGB frames ``(height, width, 3)``; nothing moves faster than about 4 pixels of 320 a frame."""
    rng = np.random.default_rng(seed)
    world = _texture(rng, int(MARGIN * height), int(MARGIN * width))
    sides = [int(height * share) for share in rng.uniform(0.2, 0.45, THINGS)]
    things = [_texture(rng, side, side) for side in sides]
    phases, periods = rng.uniform(0, 2 * np.pi, (THINGS + 1, 2)), rng.uniform(80, 200, (THINGS + 1, 2))
    for number in range(count):
        swing = np.sin(phases + 2 * np.pi * number / periods)
        picture = _view(world, height, width, swing[THINGS])
        for thing, place in zip(things, swing, strict=False):
            _put(picture, thing, place)
        yield picture


def write_data(folder: Path, lengths: Mapping[str, int], height: int, width: int) -> Path:
    """A data folder in the form of `mini-2`, with its classes and one made clip of so many frames for every id."""
    classes = (package_path(EMBEDDED) / "classes.txt").read_text()
    (folder / "test").mkdir(parents=True)
    (folder / "classes.txt").write_text(classes)
    lines = ["id,path,label,group,num_frames"]
    for label, (name, count) in enumerate(lengths.items()):
        pictures = frames(count, height, width, seed=label)
        write_video(folder / "test" / f"{name}.mp4", pictures, fps=RATE, pixel_format="yuv420p", options=AS_A_CAMERA)
        lines.append(f"{name},test/{name}.mp4,{label % len(classes.split())},{name},{count}")
    (folder / "test.csv").write_text("\n".join(lines) + "\n")
    return folder


def _texture(rng: np.random.Generator, height: int, width: int) -> Image:
    """Soft patches with finer ones on them, in colours."""
    total = np.zeros((height, width, 3), np.float32)
    for cell, weight in ((32, 1.0), (8, 0.5), (3, 0.25)):
        noise = rng.random((height // cell + 3, width // cell + 3, 3)).astype(np.float32)
        total += weight * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = np.percentile(total, (1, 99))
    return np.rint(np.clip((total - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def _view(world: Image, height: int, width: int, swing: NDArray[np.float64]) -> Image:
    """The world through a camera that has panned by `swing` (-1 to 1 each way), and turned with it."""
    middle = world.shape[1] / 2, world.shape[0] / 2
    turn = cv2.getRotationMatrix2D(middle, 4 * swing[0], 1 + 0.05 * swing[1])
    turn[:, 2] += np.array([width, height]) * (0.5 + 0.15 * swing) - middle
    return cv2.warpAffine(world, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _put(picture: Image, thing: Image, swing: NDArray[np.float64]) -> None:
    """Draw a round thing into the picture, its middle at `swing` of -1 to 1 from the picture's."""
    height, width = picture.shape[:2]
    side = thing.shape[0]
    shift = np.array([width, height]) * (0.5 + 0.4 * swing) - side / 2
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    disc = np.zeros((side, side), np.float32)
    cv2.circle(disc, (side // 2, side // 2), side // 2 - 1, 1.0, -1, cv2.LINE_AA)
    drawn, mask = (cv2.warpAffine(image, move, (width, height)) for image in (thing, disc))
    picture[:] = np.rint(picture * (1 - mask[..., None]) + drawn * mask[..., None]).astype(np.uint8)
