"""Any labelled videos: class folders, or lists in the form of MMAction2 and Kinetics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from harness.contracts import Clip
from harness.errors import AnnotationError, ClipError, UsageError
from harness.video.frames import Video
from harness_datasets.files import Line, Tree, read_lines, require_root
from harness_datasets.listed import Entry, ListedDataset
from harness_datasets.videos import open_images

ENDINGS = (".avi", ".mp4", ".mkv", ".mov", ".webm", ".mpg", ".mpeg", ".m4v", ".ogv", ".wmv", ".flv")
IMAGES = (".jpg", ".jpeg", ".png")
CLASS_FILES = ("classes.txt", "label_map.txt")
SOURCE = (
    "class folders with videos (CLASS/CLIP.mp4, or SPLIT/CLASS/CLIP.mp4), or lists SPLIT.txt with lines `path label` "
    "(raw frames: `folder frames label`) and classes.txt with one class name per line"
)
EVERYTHING = "all"
"""The split of a folder that has only class folders."""
LIST_LINE = re.compile(r"(?P<path>.+?)(?:\s+(?P<frames>\d+))?\s+(?P<label>-?\d+)")


class VideoLists(ListedDataset):
    """A folder with ``classes.txt`` (or ``label_map.txt``) and lists, each a split named after its file.

    A line is ``path label``, or ``folder frames label`` for a clip kept as one image per frame; paths start at the
    folder `videos` below the data folder. Labels count from 0 in the order of the classes. Each clip is its own group,
    because the lists do not say which clips belong together.
    """

    def __init__(self, name: str, root: Path, size: str = "", videos: str = "") -> None:
        super().__init__(root, size)
        self.name = name
        if videos and not (root / videos).is_dir():
            raise UsageError(f"{name}: videos={videos}: {root / videos} is not a folder")
        self._tree = Tree(root)
        self._prefix = f"{videos.rstrip('/')}/" if videos else ""
        self._frames: dict[str, int] = {}

    @cached_property
    def classes(self) -> Sequence[str]:  # type: ignore[override]
        lines = read_lines(next(file for name in CLASS_FILES if (file := self.root / name).is_file()))
        names = [line.text for line in lines]
        for index, line in enumerate(lines):
            if line.text in names[:index]:
                raise line.error(f"class {line.text!r} is listed twice")
        return tuple(names)

    @cached_property
    def splits(self) -> Sequence[str]:  # type: ignore[override]
        found = tuple(file.stem for file in sorted(self.root.glob("*.txt")) if file.name not in CLASS_FILES)
        if not found:
            raise UsageError(f"{self.name}: no list in {self.root}; it should hold {SOURCE}")
        return found

    def read(self, split: str) -> list[Entry]:
        return [Entry(self._clip(line), line) for line in read_lines(self.root / f"{split}.txt")]

    def open_original(self, clip: Clip) -> Video:
        """As `ListedDataset`; also raises `ClipError` if the number of images is not the annotated one."""
        return _open_folder(clip, self._frames.get(clip.id)) if clip.path.is_dir() else super().open_original(clip)

    def _clip(self, line: Line) -> Clip:
        path, frames, label = self._fields(line)
        if not 0 <= label < len(self.classes):
            last = len(self.classes) - 1
            raise line.error(f"label {label}; labels run from 0 to {last}, as there are {last + 1} classes")
        name = path.rstrip("/")
        full = self._tree.locate(self._prefix + name, line)
        clip_id = name if full.is_dir() else name.rpartition(".")[0] or name
        if frames is not None:
            self._frames[clip_id] = frames
        return Clip(clip_id, full, label, clip_id)

    def _fields(self, line: Line) -> tuple[str, int | None, int]:
        """Path, number of frames if the line has one, and label. A path may contain blanks."""
        match = LIST_LINE.fullmatch(line.text)
        if match is None:
            raise line.error(f"{line.text!r}; a line is `path label`, or `folder frames label` for raw frames")
        path, frames, label = match["path"], match["frames"], int(match["label"])
        if frames is not None and path.lower().endswith(ENDINGS):
            raise line.error(f"{line.text!r} gives a number of frames, which only folders of images have")
        return path, None if frames is None else int(frames), label


class ClassFolders(ListedDataset):
    """Class folders with videos, or folders of images, below the data folder or below one folder per split.

    The classes are the folder names of all splits together, in alphabetical order.
    """

    def __init__(self, name: str, root: Path, size: str = "") -> None:
        super().__init__(root, size)
        self.name = name
        self._tree = Tree(root)
        inner = [folder for folder in _folders(root) if _folders(folder) and not any(map(_is_clip, folder.iterdir()))]
        nested = bool(inner) and len(inner) == len(_folders(root))
        self._places = {folder.name: folder for folder in inner} if nested else {EVERYTHING: root}
        self.splits = tuple(self._places)
        self.classes = tuple(sorted({folder.name for place in self._places.values() for folder in _folders(place)}))
        if not self.classes:
            raise UsageError(f"{name}: no class folder in {root}; it should hold {SOURCE}")

    def read(self, split: str) -> list[Entry]:
        place = self._places[split]
        entries = []
        for number, path in enumerate(sorted(path for folder in _folders(place) for path in folder.iterdir()), 1):
            line = Line(place, number, str(path))
            if _is_clip(path):
                full = self._tree.locate(path.relative_to(self.root).as_posix(), line)
                clip_id = f"{path.parent.name}/{path.name if path.is_dir() else path.stem}"
                entries.append(Entry(Clip(clip_id, full, self.classes.index(path.parent.name), clip_id), line))
        if not entries:
            raise AnnotationError(f"{self.name} {split}: no video in the class folders of {place}")
        return entries

    def open_original(self, clip: Clip) -> Video:
        return _open_folder(clip, None) if clip.path.is_dir() else super().open_original(clip)


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_clip(path: Path) -> bool:
    """A video file, or a folder of images."""
    return path.suffix.lower() in ENDINGS or (path.is_dir() and bool(_images(path)))


def _images(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in IMAGES)


def _open_folder(clip: Clip, frames: int | None) -> Video:
    """A clip kept as images. Raises `ClipError` if there are fewer or more than annotated."""
    images = _images(clip.path)
    # MMAction2 keeps raw frames next to x_00001.jpg and y_00001.jpg, which are flow
    pictures = [file for file in images if not re.fullmatch(r"(flow_)?[xy]_\d+", file.stem)]
    if frames is not None and len(pictures) != frames:
        raise ClipError(f"clip {clip.id!r}: annotated with {frames} frames, but {len(pictures)} are in {clip.path}")
    return open_images(tuple(pictures), clip.id)


def open_videos(*, root: Path | None = None, size: str = "", videos: str = "") -> ListedDataset:
    """Lists if there is a file of class names, otherwise class folders. Raises `UsageError`."""
    return _open("videos", root, size, videos)


def open_lowres(*, root: Path | None = None, videos: str = "") -> ListedDataset:
    """As `open_videos`, for clips that are low-resolution by nature, which keep their size."""
    return _open("lowres", root, "", videos)


def _open(name: str, root: Path | None, size: str, videos: str) -> ListedDataset:
    folder = require_root(name, root, SOURCE)
    if any((folder / file).is_file() for file in CLASS_FILES):
        return VideoLists(name, folder, size, videos)
    if any(folder.glob("*.txt")) or videos:
        raise UsageError(f"{name}: {folder} has lists but no {' or '.join(CLASS_FILES)} with one class name per line")
    return ClassFolders(name, folder, size)
