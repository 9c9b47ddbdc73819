"""What data sets of video files with lists have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.contracts import Clip
from harness.errors import AnnotationError, UnknownNameError
from harness.video.frames import Video, open_video
from harness_datasets.files import Line
from harness_datasets.videos import ResizedVideo, parse_size

SHOWN = 5
"""How many missing files an error names."""


@dataclass(frozen=True)
class Entry:
    """A clip and the line that lists it."""

    clip: Clip
    line: Line


class ListedDataset(ABC):
    """Implements `harness.contracts.Dataset` for lists of video files.

    `size` is the ``HEIGHTxWIDTH`` to which frames are resized when a clip is opened, or empty.
    """

    name: str
    classes: Sequence[str]
    splits: Sequence[str]

    def __init__(self, root: Path, size: str = "") -> None:
        self.root = root
        self.size = parse_size(size)

    @abstractmethod
    def read(self, split: str) -> list[Entry]:
        """The clips of an existing split, in its list's order. Raises `AnnotationError`."""

    def entries(self, split: str) -> list[Clip]:
        """The clips of a split, whether or not their files exist. Raises `AnnotationError`, `UnknownNameError`."""
        return [entry.clip for entry in self._listed(split)]

    def clips(self, split: str) -> list[Clip]:
        """The clips of a split in the list's order. Raises `AnnotationError` naming missing ones by file and line."""
        listed = self._listed(split)
        missing = [entry for entry in listed if not entry.clip.path.exists()]
        if missing:
            names = "; ".join(f"{entry.line.where}: {entry.clip.path}" for entry in missing[:SHOWN])
            more = "; ..." if len(missing) > SHOWN else ""
            raise AnnotationError(
                f"{self.name} {split}: {len(missing)} of {len(listed)} clips have no file under {self.root}: "
                f"{names}{more}. Unpack the archive again, or see `harness datasets verify {self.name}`"
            )
        return [entry.clip for entry in listed]

    def open(self, clip: Clip) -> Video:
        """Open a clip's video. Raises `ClipError`."""
        video = self.open_original(clip)
        return ResizedVideo.of(video, self.size) if self.size else video

    def open_original(self, clip: Clip) -> Video:
        """Open a clip at its original size."""
        return open_video(clip.path, clip.id)

    def _listed(self, split: str) -> list[Entry]:
        if split not in self.splits:
            raise UnknownNameError(f"split of {self.name!r}", split, self.splits)
        listed = self.read(split)
        seen: dict[str, Line] = {}
        for entry in listed:
            first = seen.setdefault(entry.clip.id, entry.line)
            if first is not entry.line:
                raise entry.line.error(f"clip {entry.clip.id!r} is listed twice (first in {first.where})")
        if not listed:
            raise AnnotationError(f"{self.name} {split}: no clip in its list")
        return listed
