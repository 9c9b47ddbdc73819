"""What data sets of video files with lists have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import passed_over
from harness.errors import AnnotationError, HarnessError, UnknownNameError
from harness.text import Line, escaped, is_storable, quoted
from harness.video.frames import Video, open_video
from harness_datasets.videos import ResizedVideo, parse_size

SHOWN = 5
"""How many files an error names."""


@dataclass(frozen=True)
class Entry:
    """A clip and the line that lists it."""

    clip: Clip
    line: Line


class ListedDataset(ABC):
    """Implements `harness.contracts.Dataset` for lists of video files.

    `size` is the ``HEIGHTxWIDTH`` to which frames are resized when a clip is opened, or empty. `upright` is False for
    frames as coded, not turned as their file asks for.
    """

    name: str
    classes: Sequence[str]
    splits: Sequence[str]
    lists: Path
    """The folder with the lists, which are text files; the data folder if a data set says no other."""

    def __init__(self, root: Path, size: str = "", upright: bool = True) -> None:
        self.root = self.lists = root
        self.upright = upright
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

    def passed_over(self) -> list[str]:
        """What is in the folder and belongs to no clip and no list; nothing if a list cannot be read."""
        try:
            clips = [entry.clip.path for split in self.splits for entry in self.read(split)]
        except HarnessError:
            return []
        return [escaped(name) for name in passed_over(self.root, clips, self.is_annotation)]

    def is_annotation(self, path: Path) -> bool:
        """Whether a file in the data folder is a list rather than data."""
        return path.suffix == ".txt" and path.parent == self.lists

    def open(self, clip: Clip) -> Video:
        """Open a clip's video. Raises `ClipError`."""
        video = self.open_original(clip)
        return ResizedVideo.of(video, self.size) if self.size else video

    def open_original(self, clip: Clip) -> Video:
        """Open a clip at its original size."""
        return open_video(clip.path, clip.id, upright=self.upright)

    def _listed(self, split: str) -> list[Entry]:
        if split not in self.splits:
            raise UnknownNameError(f"split of {self.name!r}", split, self.splits)
        listed = self.read(split)
        _require_storable(f"{self.name} {split}", [entry.clip for entry in listed], self.root)
        seen: dict[str, Line] = {}
        for entry in listed:
            first = seen.setdefault(entry.clip.id, entry.line)
            if first is not entry.line:
                raise entry.line.error(f"clip {quoted(entry.clip.id)} is listed twice (first in {first.where})")
        if not listed:
            raise AnnotationError(f"{self.name} {split}: no clip in its list")
        return listed


def stem(name: str) -> str:
    """A path without its last suffix, unless there is nothing else."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.rpartition('.')[0] or file}"


def distinct_ids(stems: Mapping[str, str]) -> dict[str, str]:
    """Ids of clips by path: each its stem (`stems`, by path), or the path itself where others have the same stem."""
    ids = dict(stems)
    while True:
        times = Counter(ids.values())
        alike = [path for path, clip_id in ids.items() if times[clip_id] > 1 and clip_id != path]
        if not alike:
            return ids
        ids.update((path, path) for path in alike)


def _require_storable(where: str, clips: Sequence[Clip], root: Path) -> None:
    faulty = [escaped(clip.path.relative_to(root)) for clip in clips if not is_storable(clip.id)]
    if faulty:
        more = ", ..." if len(faulty) > SHOWN else ""
        raise AnnotationError(
            f"{where}: names that are not UTF-8, under which no results can be kept: {', '.join(faulty[:SHOWN])}{more} "
            f"({len(faulty)} of {len(clips)} clips); rename these files or folders"
        )
