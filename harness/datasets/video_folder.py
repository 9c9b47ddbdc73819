"""A folder of videos, or of folders of frames, as an unlabelled data set to train SR methods on."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import PICTURES, VIDEOS, children, frames_in, in_order, is_video
from harness.errors import ClipError, UnknownNameError, UsageError
from harness.text import escaped, is_storable
from harness.video.frames import Video, open_video
from harness.video.pictures import open_pictures

SPLIT = "all"
LEAST_PICTURES = 2
"""Fewest pictures in a folder that count as a video's frames."""


class UnreadableVideoWarning(UserWarning):
    """Files that look like videos but are left out."""


@dataclass(frozen=True)
class VideoFolder:
    """Every video under a folder, at any depth; each is a group of its own. Implements `harness.contracts.Dataset`.

    A folder with at least two pictures, as in REDS and Vimeo-90K, is a video as well, its frames in the order of
    the numbers in their names. What cannot be read is left out with an `UnreadableVideoWarning`.
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
        if not os.path.isdir(self.root):  # false for a name longer than the system allows, too
            raise UsageError(f"--data {self.root}: no such folder; give a folder of videos")
        found = [(path, _problem(path, self.root)) for path in in_order(_candidates(self.root))]
        unreadable = [problem for _, problem in found if problem is not None]
        good = [path for path, problem in found if problem is None]
        if not good:
            reason = f"none of {len(found)} can be read: {unreadable[0]}" if found else "no video in it"
            kinds = f"{', '.join(sorted(VIDEOS))}, and folders of {', '.join(sorted(PICTURES))}"
            raise UsageError(f"--data {self.root}: {reason}; supported: {kinds}")
        if unreadable:
            text = f"{self.root}: {len(unreadable)} of {len(found)} videos cannot be read and are left out:\n  "
            warnings.warn(text + "\n  ".join(unreadable[:5]), UnreadableVideoWarning, stacklevel=2)
        names = [path.relative_to(self.root).as_posix() for path in good]
        return [Clip(name, path, 0, name) for name, path in zip(names, good, strict=True)]

    def open(self, clip: Clip) -> Video:
        """A video, or a folder of frames as one. Raises `ClipError`."""
        return _open(clip.path)


def _open(path: Path) -> Video:
    return open_pictures(frames_in(path), str(path)) if path.is_dir() else open_video(path)


def _problem(path: Path, root: Path) -> str | None:
    """Why a video cannot be read, judging by its name, its container and its first frame, or None."""
    if not is_storable(str(path.relative_to(root))):
        return f"{escaped(path)}: its name is not UTF-8; rename it"
    try:
        next(_open(path).frames())
    except (ClipError, OSError) as error:
        return str(error)
    return None


def _candidates(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Files named like videos, and folders with pictures, including the given folder; links in a circle end."""
    within = above | {folder.resolve()}
    if len(within) == len(above):
        return
    if len(frames_in(folder)) >= LEAST_PICTURES:
        yield folder
    for path in children(folder):
        if path.is_dir():
            yield from _candidates(path, within)
        elif is_video(path):
            yield path
