"""Labelled videos by lists in the form of MMAction2 and Kinetics."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import is_video, named
from harness.datasets.tree import Tree
from harness.errors import AnnotationError, ClipError, UsageError
from harness.text import Line, quoted, read_lines
from harness.video.frames import Video
from harness_datasets.groups import ALONE, COLUMN, Grouping
from harness_datasets.listed import Entry, ListedDataset, distinct_ids, stem
from harness_datasets.videos import open_folder

CLASS_FILES = ("classes.txt", "label_map.txt")
SOURCE = (
    "class folders with videos (CLASS/CLIP.mp4, or SPLIT/CLASS/CLIP.mp4), or lists SPLIT.txt with lines `path label` "
    "(raw frames: `folder frames label`) and classes.txt with one class name per line"
)
LIST_LINE = re.compile(r"(?P<path>.+?)(?:\s+(?P<frames>\d+))?\s+(?P<label>-?\d+)")


@dataclass(frozen=True)
class _Listed:
    """A line of a list; `name` is the path as written, `group` None if the line and the path say none."""

    name: str
    path: Path
    label: int
    group: str | None
    line: Line

    def entry(self, clip_id: str) -> Entry:
        return Entry(Clip(clip_id, self.path, self.label, self.group or clip_id), self.line)


class VideoLists(ListedDataset):
    """A folder with ``classes.txt`` (or ``label_map.txt``) and lists, each a split named after its file.

    A line is ``path label``, or ``folder frames label`` for a clip kept as one image per frame; paths start at the
    folder `videos` below the data folder. Labels count from 0 in the order of the classes. Each clip is its own group,
    unless `grouping` finds groups in the paths, or in a further column at the end of each line.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        size: str = "",
        videos: str = "",
        grouping: Grouping = ALONE,
        upright: bool = True,
    ) -> None:
        super().__init__(root, size, upright)
        self.name = name
        self._grouping = grouping
        if videos and not os.path.isdir(root / videos):
            raise UsageError(f"{name}: videos={videos}: {root / videos} is not a folder")
        self._tree = Tree(root)
        self._prefix = f"{videos.rstrip('/')}/" if videos else ""
        self._frames: dict[Path, int] = {}

    @cached_property
    def classes(self) -> Sequence[str]:  # type: ignore[override]
        file = next(file for name in CLASS_FILES if (file := self.root / name).is_file())
        names: dict[str, Line] = {}
        for line in read_lines(file):
            if names.setdefault(line.text, line) is not line:
                raise line.error(f"class {quoted(line.text)} is listed twice")
        if not names:
            raise AnnotationError(f"{file}: no class in it; write one class name per line")
        return tuple(names)

    @cached_property
    def splits(self) -> Sequence[str]:  # type: ignore[override]
        found = tuple(file.stem for file in named(self.root, "*.txt") if file.name not in CLASS_FILES)
        if not found:
            raise UsageError(f"{self.name}: no list in {self.root}; it should hold {SOURCE}")
        return found

    def read(self, split: str) -> list[Entry]:
        listed = [self._listed_clip(line) for line in read_lines(self.root / f"{split}.txt")]
        stems = {item.name: item.name if item.path.is_dir() else stem(item.name) for item in listed}
        ids = distinct_ids(stems)
        return [item.entry(ids[item.name]) for item in listed]

    def open_original(self, clip: Clip) -> Video:
        """As `ListedDataset`; also raises `ClipError` if the number of images is not the annotated one."""
        if not clip.path.is_dir():
            return super().open_original(clip)
        video, frames = open_folder(clip), self._frames.get(clip.path)
        if frames is not None and video.num_frames != frames:
            found = f"{video.num_frames} are in {clip.path}"
            raise ClipError(f"clip {clip.id!r}: annotated with {frames} frames, but {found}")
        return video

    def _listed_clip(self, line: Line) -> _Listed:
        text, group = self._column(line) if self._grouping.column else (line.text, None)
        path, frames, label = self._fields(text, line)
        if not 0 <= label < len(self.classes):
            last = len(self.classes) - 1
            raise line.error(f"label {label}; labels run from 0 to {last}, as there are {last + 1} classes")
        name = path.rstrip("/")
        full = self._tree.locate(self._prefix + name, line)
        if frames is not None:
            self._frames[full] = frames
        return _Listed(name, full, label, group or self._grouping.of(name, line), line)

    def _column(self, line: Line) -> tuple[str, str]:
        """A line without its last column, and that column."""
        rest, *last = line.text.rsplit(maxsplit=1)
        if not last or not LIST_LINE.fullmatch(rest):
            raise line.error(
                f"{quoted(line.text)} has no group; with groups={COLUMN} a line is `path label group`, or "
                "`folder frames label group` for raw frames"
            )
        return rest, last[0]

    def _fields(self, text: str, line: Line) -> tuple[str, int | None, int]:
        """Path, number of frames if the line has one, and label. A path may contain blanks."""
        match = LIST_LINE.fullmatch(text)
        if match is None:
            raise line.error(
                f"{quoted(text)}; a line is `path label`, or `folder frames label` for raw frames, and with "
                f"groups={COLUMN} it ends in a group"
            )
        path, label = match["path"], line.integer(match["label"], "label")
        if match["frames"] is None:
            return path, None, label
        if is_video(Path(path)):
            raise line.error(f"{quoted(line.text)} gives a number of frames, which only folders of images have")
        return path, line.integer(match["frames"], "number of frames"), label


def is_list(file: Path) -> bool:
    """Whether every line of a text file has the form of a list's."""
    try:
        lines = read_lines(file)
    except AnnotationError:
        return False
    return bool(lines) and all(LIST_LINE.fullmatch(line.text) for line in lines)
