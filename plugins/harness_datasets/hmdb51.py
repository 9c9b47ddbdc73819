"""HMDB51: Kuehne, Jhuang, Garrote, Poggio, Serre: HMDB: A Large Video Database for Human Motion Recognition, 2011."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import named
from harness.datasets.tree import Tree
from harness.text import Line, quoted, read_lines
from harness_datasets.files import find_lists, require_root
from harness_datasets.listed import Entry, ListedDataset

SITE = "https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database"
VIDEOS = f"hmdb51_org.rar from {SITE}, with the archive of every class in it unpacked to <class>/<video>.avi"
LISTS = f"test_train_splits.rar from {SITE}, which unpacks to testTrainMulti_7030_splits/<class>_test_split<k>.txt"
FOLDERS = (
    ".",
    "testTrainMulti_7030_splits",
    "../testTrainMulti_7030_splits",
    "test_train_splits/testTrainMulti_7030_splits",
    "../test_train_splits/testTrainMulti_7030_splits",
    "test_train_splits",
    "../test_train_splits",
)
USE = {"train": "1", "test": "2"}
"""What a line ends in; 0 is neither."""
LIST_LINE = re.compile(r"(?P<name>.+\.\w+)\s+(?P<use>[012])")
LIST_NAME = re.compile(r"(?P<class>.+)_test_split(?P<number>\d)")
FILE_NAME = re.compile(r"(?P<source>.+)_[fhlu]_[cn]m_np\d+_(?:ba|fr|le|ri)_(?:bad|goo|med)_\d+")
"""SOURCE_CLASS, visible body part, camera motion, number of people, view, quality, and the number of the clip."""


def source_video(stem: str, class_name: str) -> str | None:
    """The source video in a file's stem: what precedes the class and the tags; None if the stem has another form."""
    match = FILE_NAME.fullmatch(stem)
    return match["source"].removesuffix(f"_{class_name}") if match else None


class Hmdb51(ListedDataset):
    """The folder of class folders that the official archives unpack to, or its parent, with the official lists.

    Splits are ``train1``, ``test1`` to ``test3``; clips that a split uses for neither are left out. Classes are those
    that have lists, in alphabetical order (TSN's own list has ``kick_ball`` before ``kick``). A group is the source
    video in the file's name, whatever the class: 1,407 of them. Within a class no source is on both sides of a split,
    but a source may be on one side in one class and on the other in another (133 are, in split 1).
    """

    name = "hmdb51"

    def __init__(self, root: Path, size: str = "", upright: bool = True) -> None:
        videos = [folder for name in ("hmdb51_org", "videos") if (folder := root / name).is_dir()]
        super().__init__(videos[0] if videos else root, size, upright)
        self.lists = find_lists(root, FOLDERS, "*_test_split[0-9].txt", LISTS)
        self._tree = Tree(self.root)

    @cached_property
    def _names(self) -> list[re.Match[str]]:
        found = (LIST_NAME.fullmatch(file.stem) for file in named(self.lists, "*_test_split[0-9].txt"))
        return [match for match in found if match]

    @cached_property
    def classes(self) -> Sequence[str]:  # type: ignore[override]
        return tuple(sorted({match["class"] for match in self._names}))

    @cached_property
    def splits(self) -> Sequence[str]:  # type: ignore[override]
        numbers = sorted({match["number"] for match in self._names})
        return tuple(f"{part}{number}" for number in numbers for part in USE)

    def read(self, split: str) -> list[Entry]:
        part, number = split[:-1], split[-1]
        entries = []
        for label, name in enumerate(self.classes):
            for line in read_lines(self.lists / f"{name}_test_split{number}.txt"):
                match = LIST_LINE.fullmatch(line.text)
                if match is None:
                    raise line.error(f"{quoted(line.text)}; a line is a file name and 0, 1 (training) or 2 (test)")
                if match["use"] == USE[part]:
                    entries.append(Entry(self._clip(match["name"], label, line), line))
        return entries

    def _clip(self, file: str, label: int, line: Line) -> Clip:
        name = self.classes[label]
        if "/" in file or "\\" in file:
            raise line.error(f"{quoted(file)} is not a file name; files lie in the folder of their class")
        full = self._tree.locate(f"{name}/{file}", line)
        stem = file.rpartition(".")[0]
        source = source_video(stem, name)
        if source is None:
            raise line.error(f"file name {quoted(file)} lacks the tags of HMDB51, so its source video is unknown")
        return Clip(f"{name}/{stem}", full, label, source)


def open_dataset(*, root: Path | None = None, size: str = "", upright: bool = True) -> Hmdb51:
    """Raises `UsageError` saying what to download if the folder or the lists are missing."""
    return Hmdb51(require_root("hmdb51", root, VIDEOS), size, upright)
