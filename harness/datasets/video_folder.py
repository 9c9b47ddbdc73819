"""A folder of videos, or of folders of frames, as an unlabelled data set to train SR methods on."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.contracts import Clip
from harness.errors import ClipError, UnknownNameError, UsageError
from harness.video.frames import Video, open_video

Bytes = NDArray[np.uint8]
SPLIT = "all"
VIDEOS = frozenset(
    [".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv", ".y4m"]
)
PICTURES = frozenset([".png", ".jpg", ".jpeg"])
LEAST_PICTURES = 2
"""Fewest pictures in a folder that count as a video's frames."""


class UnreadableVideoWarning(UserWarning):
    """Files that look like videos but are left out."""


@dataclass(frozen=True)
class VideoFolder:
    """Every video under a folder, at any depth; each is a group of its own. Implements `harness.contracts.Dataset`.

    A folder with at least two pictures (png, jpg), as in REDS and Vimeo-90K, is a video as well, its frames in the
    order of the numbers in their names. What cannot be read is left out with an `UnreadableVideoWarning`.
    """

    root: Path

    @cached_property
    def classes(self) -> Sequence[str]:
        """Just one, because there are no labels."""
        return ("video",)

    @cached_property
    def splits(self) -> Sequence[str]:
        """Just one, with everything."""
        return (SPLIT,)

    def clips(self, split: str) -> Sequence[Clip]:
        """All videos by path. Raises `UsageError` if the folder is missing or holds none that can be read."""
        if split != SPLIT:
            raise UnknownNameError(f"split of {self.root}", split, self.splits)
        return self._clips

    @cached_property
    def _clips(self) -> Sequence[Clip]:
        if not self.root.is_dir():
            raise UsageError(f"--data {self.root}: no such folder; give a folder of videos")
        found = [(path, _problem(path)) for path in _in_order(_candidates(self.root))]
        unreadable = [problem for _, problem in found if problem is not None]
        good = [path for path, problem in found if problem is None]
        if not good:
            reason = f"none of {len(found)} can be read: {unreadable[0]}" if found else "no video in it"
            kinds = f"{', '.join(sorted(VIDEOS))}, and folders of png or jpg"
            raise UsageError(f"--data {self.root}: {reason}; supported: {kinds}")
        if unreadable:
            text = f"{self.root}: {len(unreadable)} of {len(found)} videos cannot be read and are left out:\n  "
            warnings.warn(text + "\n  ".join(unreadable[:5]), UnreadableVideoWarning, stacklevel=2)
        return [self._clip(path) for path in good]

    def _clip(self, path: Path) -> Clip:
        name = path.relative_to(self.root).as_posix()
        # caches are keyed by the id, so it must identify the content
        identity = f"{name}#{_digest(path)}" if path.is_dir() else name
        return Clip(identity, path, 0, identity)

    def open(self, clip: Clip) -> Video:
        """A video, or a folder of frames as one. Raises `ClipError`."""
        return _open(clip.path)


@dataclass(frozen=True)
class Pictures(Video):
    """A folder of frames; `announced` is their number."""

    def frames(self) -> Iterator[Bytes]:
        """As `Video.frames`."""
        for file in _pictures(self.path):
            with Image.open(file) as picture:
                frame = np.asarray(picture.convert("RGB"))
            if frame.shape[:2] != self.size:
                found, size = (f"{width}x{height}" for height, width in (frame.shape[:2], self.size))
                raise ClipError(
                    f"{file}: a frame of {found} in a video of {size}; the frames of a folder must have the same size"
                )
            yield frame


def _open(path: Path) -> Video:
    if path.is_dir():
        files = _pictures(path)
        with Image.open(files[0]) as first:
            size = (first.height, first.width)
        return Pictures(path, str(path), size, 0.0, len(files), exact=True)
    return open_video(path)


def _problem(path: Path) -> str | None:
    """Why a video cannot be read, judging by its container and its first frame, or None."""
    try:
        next(_open(path).frames())
    except (ClipError, UnidentifiedImageError, OSError) as error:
        return str(error)
    return None


def _candidates(root: Path) -> Iterator[Path]:
    """Files named like videos, and folders with pictures, including the given folder."""
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        if len(_pictures(folder)) >= LEAST_PICTURES:
            yield folder
        yield from (path for path in folder.iterdir() if path.suffix.lower() in VIDEOS and path.is_file())


def _pictures(folder: Path) -> list[Path]:
    return _in_order(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """``2.png`` before ``10.png``, and the same order on every machine."""
    return natsorted(sorted(paths), key=str)


def _digest(folder: Path) -> str:
    files = [(path.name, path.stat().st_size) for path in _pictures(folder)]
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()[:10]
