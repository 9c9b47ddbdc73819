"""Any labelled videos: class folders, or lists (`harness_datasets.lists`)."""

from __future__ import annotations

from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import folders, is_clip, named
from harness.datasets.tree import Tree
from harness.errors import AnnotationError, UsageError
from harness.text import Line, same_name
from harness.video.frames import Video
from harness_datasets.files import require_root
from harness_datasets.groups import ALONE, COLUMN, EXAMPLE, Grouping
from harness_datasets.listed import Entry, ListedDataset, distinct_ids, stem
from harness_datasets.lists import CLASS_FILES, SOURCE, VideoLists, is_list
from harness_datasets.videos import open_folder

EVERYTHING = "all"
"""The split of a folder that has only class folders."""


class ClassFolders(ListedDataset):
    """Class folders with videos, or folders of images, below the data folder or below one folder per split.

    The classes are the folder names of all splits together, in alphabetical order. Each clip is its own group, unless
    `grouping` finds groups in the paths from the class on.
    """

    def __init__(self, name: str, root: Path, size: str = "", grouping: Grouping = ALONE, upright: bool = True) -> None:
        super().__init__(root, size, upright)
        self.name = name
        self._grouping = grouping
        self._tree = Tree(root)
        inner = [folder for folder in folders(root) if folders(folder) and not any(map(is_clip, folder.iterdir()))]
        nested = bool(inner) and len(inner) == len(folders(root))
        self._places = {folder.name: folder for folder in inner} if nested else {EVERYTHING: root}
        self.splits = tuple(self._places)
        found = {same_name(folder.name) for place in self._places.values() for folder in folders(place)}
        self.classes = tuple(sorted(found))
        if not self.classes:
            raise UsageError(f"{name}: no class folder in {root}; it should hold {SOURCE}")

    def read(self, split: str) -> list[Entry]:
        place = self._places[split]
        clips = [path for folder in folders(place) for path in sorted(folder.iterdir()) if is_clip(path)]
        if not clips:
            raise AnnotationError(f"{self.name} {split}: no video in the class folders of {place}")
        names = {path.relative_to(place).as_posix(): path for path in clips}
        ids = distinct_ids({name: name if path.is_dir() else stem(name) for name, path in names.items()})
        return [self._entry(name, path, ids[name]) for name, path in names.items()]

    def open_original(self, clip: Clip) -> Video:
        return open_folder(clip) if clip.path.is_dir() else super().open_original(clip)

    def is_annotation(self, path: Path) -> bool:
        return False

    def _entry(self, name: str, path: Path, clip_id: str) -> Entry:
        line = Line(path, 0, name)
        full = self._tree.locate(path.relative_to(self.root).as_posix(), line)
        label = self.classes.index(same_name(path.parent.name))
        return Entry(Clip(clip_id, full, label, self._grouping.of(name, line) or clip_id), line)


def open_videos(
    *, root: Path | None = None, size: str = "", videos: str = "", groups: str = "", upright: bool = True
) -> ListedDataset:
    """Lists if there is a file of class names, otherwise class folders. Raises `UsageError`."""
    return _open("videos", root, size, videos, groups, upright)


def open_lowres(*, root: Path | None = None, videos: str = "", groups: str = "", upright: bool = True) -> ListedDataset:
    """As `open_videos`, for clips that are low-resolution by nature, which keep their size."""
    return _open("lowres", root, "", videos, groups, upright)


def _open(name: str, root: Path | None, size: str, videos: str, groups: str, upright: bool) -> ListedDataset:
    folder = require_root(name, root, SOURCE)
    grouping = Grouping.parse(groups)
    if any((folder / file).is_file() for file in CLASS_FILES):
        return VideoLists(name, folder, size, videos, grouping, upright)
    if videos or any(map(is_list, named(folder, "*.txt"))):
        raise UsageError(f"{name}: {folder} has lists but no {' or '.join(CLASS_FILES)} with one class name per line")
    if grouping.column:
        raise UsageError(f"{name}: groups={COLUMN} is for lists, and {folder} has class folders; write {EXAMPLE}")
    return ClassFolders(name, folder, size, grouping, upright)
