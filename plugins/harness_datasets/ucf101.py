"""UCF101: Soomro, Zamir, Shah: UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild, 2012."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from harness.contracts import Clip
from harness.datasets.listing import named
from harness.datasets.tree import Tree
from harness.errors import AnnotationError, UnknownNameError, UsageError
from harness.text import Line, quoted, read_lines
from harness.video.frames import Video
from harness_datasets.files import find_lists, label_of, require_root
from harness_datasets.listed import Entry, ListedDataset
from harness_datasets.videos import VideoPart

SITE = "https://www.crcv.ucf.edu/data/UCF101.php"
VIDEOS = f"UCF101.rar from {SITE}, which unpacks to UCF-101/<Class>/v_<Class>_gNN_cNN.avi"
LISTS = f"UCF101TrainTestSplits-RecognitionTask.zip from {SITE}, which unpacks to ucfTrainTestlist/ with classInd.txt"
FOLDERS = (
    ".",
    "ucfTrainTestlist",
    "../ucfTrainTestlist",
    "UCF101TrainTestSplits-RecognitionTask/ucfTrainTestlist",
    "../UCF101TrainTestSplits-RecognitionTask/ucfTrainTestlist",
)
GROUP = re.compile(r"_(g\d+)_c\d+$")
LIST_LINE = re.compile(r"(?P<path>.*\.\w+)(?:\s+(?P<label>-?\d+))?")
CLASS_LINE = re.compile(r"(?P<id>\d+)\s+(?P<name>\S+)")


class Ucf101(ListedDataset):
    """The folder that the official archive unpacks to, or its parent, with the official lists near it.

    Splits are ``train1``, ``test1`` and so on, for every existing ``trainlistNN.txt`` and ``testlistNN.txt``.
    Classes and their order are those of ``classInd.txt``, so a folder with fewer classes also works. A group is a
    class with its ``gNN``: clips of one source video. `only` names classes, separated by ``/``, to which classes and
    splits are restricted; with `middle` a clip is that many frames in its middle, or all that it has. Raises
    `UnknownNameError` for a name that is no class, `UsageError` for a negative number of frames.
    """

    name = "ucf101"

    def __init__(self, root: Path, size: str = "", upright: bool = True, only: str = "", middle: int = 0) -> None:
        if middle < 0:
            raise UsageError(f"ucf101: middle={middle}: expected a number of frames, or 0 for whole clips")
        super().__init__(root / "UCF-101" if (root / "UCF-101").is_dir() else root, size, upright)
        self.lists = find_lists(root, FOLDERS, "classInd.txt", LISTS)
        self._tree = Tree(self.root)
        self._only = only.split("/") if only else []
        self._middle = middle

    @cached_property
    def splits(self) -> Sequence[str]:  # type: ignore[override]
        numbers = sorted({int(file.stem[-2:]) for file in named(self.lists, "*list0[1-9].txt")})
        names = [(part, number) for number in numbers for part in ("train", "test")]
        return tuple(f"{part}{number}" for part, number in names if self._file(part, number).is_file())

    @cached_property
    def ids(self) -> dict[str, int]:
        """Class names with their numbers in ``classInd.txt`` (from 1), in the order of the numbers."""
        numbers: dict[str, int] = {}
        for line in read_lines(self.lists / "classInd.txt"):
            match = CLASS_LINE.fullmatch(line.text)
            if match is None:
                raise line.error(f"{quoted(line.text)}; a line is a number and a class name")
            name, number = match["name"], line.integer(match["id"], "number")
            if number < 1 or name in numbers or number in numbers.values():
                raise line.error(f"{quoted(line.text)}; numbers count from 1, and numbers and names must be distinct")
            numbers[name] = number
        if not numbers:
            raise AnnotationError(f"{self.lists / 'classInd.txt'}: no class in it")
        return dict(sorted(numbers.items(), key=lambda item: item[1]))

    @cached_property
    def classes(self) -> Sequence[str]:  # type: ignore[override]
        for name in self._only:
            if name not in self.ids:
                raise UnknownNameError("class of 'ucf101'", name, tuple(self.ids))
        return tuple(name for name in self.ids if name in (self._only or self.ids))

    def open(self, clip: Clip) -> Video:
        """A clip's video, or the middle of it. Raises `ClipError`."""
        video = super().open(clip)
        return VideoPart.middle(video, self._middle) if self._middle else video

    def read(self, split: str) -> list[Entry]:
        lines = read_lines(self._file(split[:-1], int(split[-1])))
        found = [(self._clip(line), line) for line in lines]
        return [Entry(clip, line) for clip, line in found if clip is not None]

    def _clip(self, line: Line) -> Clip | None:
        """None for a clip of a class that is left out."""
        match = LIST_LINE.fullmatch(line.text)
        if match is None:
            form = "a line is Class/video.avi, in training lists also the class's number"
            raise line.error(f"{quoted(line.text)}; {form}")
        path = PurePosixPath(match["path"])
        full = self._tree.locate(match["path"], line)
        if len(path.parts) != 2:
            raise line.error(f"path {quoted(match['path'])} is not of the form Class/video.avi")
        name = tuple(self.ids)[label_of(path.parts[0], tuple(self.ids), line, "classInd.txt")]
        if match["label"] is not None and (given := line.integer(match["label"], "label")) != self.ids[name]:
            raise line.error(f"label {given}, but classInd.txt has {self.ids[name]} for {name}")
        group = GROUP.search(path.stem)
        if group is None:
            raise line.error(f"file name {quoted(path.name)} does not end in _gNN_cNN, so its group is unknown")
        if name not in self.classes:
            return None
        return Clip(path.stem, full, self.classes.index(name), f"{name}_{group[1]}")

    def _file(self, part: str, number: int) -> Path:
        return self.lists / f"{part}list{number:02d}.txt"


def open_dataset(
    *, root: Path | None = None, size: str = "", upright: bool = True, only: str = "", middle: int = 0
) -> Ucf101:
    """Raises `UsageError` saying what to download if the folder or the lists are missing."""
    return Ucf101(require_root("ucf101", root, VIDEOS), size, upright, only, middle)
