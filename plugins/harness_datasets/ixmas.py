"""IXMAS: Weinland, Ronfard, Boyer: Free Viewpoint Action Recognition using Motion History Volumes, CVIU 2006."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import folders
from harness.datasets.tree import Tree
from harness.errors import UsageError
from harness.text import Line, quoted, read_lines
from harness.video.frames import Video
from harness_datasets.files import require_root
from harness_datasets.listed import Entry, ListedDataset
from harness_datasets.videos import VideoPart, open_folder

SITE = "http://4drepository.inrialpes.fr/public/viewgroup/6"
FPS = 23.0
ACTIONS = {
    1: "check watch", 2: "cross arms", 3: "scratch head", 4: "sit down", 5: "get up", 6: "turn around", 7: "walk",
    8: "wave", 9: "punch", 10: "kick", 12: "pick up",
}  # fmt: skip
"""Ground-truth numbers of the 11 actions that the authors test on; 0 is no action, 11, 13 and 14 are left out."""
MOST = 14
"""Largest number in the ground truth."""
LEFT_OUT = frozenset({"pao", "srikumar"})
"""Actors that the authors leave out, which leaves ten."""
SEQUENCE = re.compile(r"(?P<actor>[a-z]+)(?P<take>[1-3])(?:_png)?", re.IGNORECASE)
CAMERA = re.compile(r"(?:.*[^a-z])?cam(?:era)?_?(?P<number>[0-4])(?:_png)?", re.IGNORECASE)
SOURCE = (
    f"the views in png-format of {SITE}, unpacked to ACTORTAKE/camN/*.png (alba1/cam0, ...), with every sequence's "
    "frame-wise ground truth as ACTORTAKE/truth.txt (or ACTORTAKE_truth.txt next to the folder), one number per frame"
)


@dataclass(frozen=True)
class Take:
    """One take of one actor: a folder with one folder per camera, and its ground truth."""

    name: str
    actor: str
    folder: Path
    truth: Path


class Ixmas(ListedDataset):
    """Sequences of PNG files of five cameras, cut into clips by the frame-wise ground truth.

    As the authors use it: 11 actions, ten actors, three takes. The splits leave one actor out: ``test-alba`` are
    alba's clips, ``train-alba`` those of the other nine. A group is a performance, seen by five cameras.
    """

    name = "ixmas"
    classes = tuple(ACTIONS.values())

    def __init__(self, root: Path, size: str = "") -> None:
        super().__init__(root, size)
        self._tree = Tree(root)

    @cached_property
    def sequences(self) -> list[Take]:
        """The sequences of the actors that are used, by name. Raises `UsageError` if there is none."""
        found = []
        for folder in folders(self.root):
            match = SEQUENCE.fullmatch(folder.name)
            if match and match["actor"].lower() not in LEFT_OUT:
                name = f"{match['actor']}{match['take']}".lower()
                found.append(Take(name, match["actor"].lower(), folder, self._truth(folder, name)))
        if not found:
            raise UsageError(f"ixmas: no sequence in {self.root}; it should hold {SOURCE}")
        return found

    @cached_property
    def splits(self) -> Sequence[str]:  # type: ignore[override]
        actors = dict.fromkeys(sequence.actor for sequence in self.sequences)
        return tuple(f"{part}-{actor}" for actor in actors for part in ("train", "test"))

    def read(self, split: str) -> list[Entry]:
        part, _, actor = split.partition("-")
        chosen = [sequence for sequence in self.sequences if (sequence.actor == actor) == (part == "test")]
        return [entry for sequence in chosen for entry in self._entries(sequence)]

    def open_original(self, clip: Clip) -> Video:
        first, last = map(int, clip.id.rpartition("_")[2].split("-"))
        return VideoPart.of(open_folder(clip, FPS), first, last)

    def is_annotation(self, path: Path) -> bool:
        return path.name.lower().endswith("truth.txt")

    def _truth(self, folder: Path, name: str) -> Path:
        places = [folder / "truth.txt", folder / f"{name}_truth.txt", self.root / f"{name}_truth.txt"]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            looked = ", ".join(map(str, places))
            raise UsageError(f"ixmas: no ground truth of {name}; looked for {looked}. The folder should hold {SOURCE}")
        return found

    def _entries(self, sequence: Take) -> Iterator[Entry]:
        cameras = {m["number"]: path for path in folders(sequence.folder) if (m := CAMERA.fullmatch(path.name))}
        if not cameras:
            raise UsageError(f"ixmas: no camera folder in {sequence.folder}; it should hold {SOURCE}")
        for action, first, last, line in performances(sequence.truth):
            group = f"{sequence.name}_{first}-{last}"
            for number, path in sorted(cameras.items()):
                full = self._tree.locate(path.relative_to(self.root).as_posix(), line)
                label = self.classes.index(ACTIONS[action])
                yield Entry(Clip(f"{sequence.name}_cam{number}_{first}-{last}", full, label, group), line)


def performances(truth: Path) -> Iterator[tuple[int, int, int, Line]]:
    """Number of the action, first and last frame (from 1), and line of every run of equal numbers that is an action.

    A line holds one number or several. Raises `AnnotationError` for anything else.
    """
    labels = [(int(word), line) for line in read_lines(truth) for word in line.text.split() if _checked(word, line)]
    start = 1
    for action, run in groupby(labels, key=lambda item: item[0]):
        items = list(run)
        if action in ACTIONS:
            yield action, start, start + len(items) - 1, items[0][1]
        start += len(items)


def _checked(word: str, line: Line) -> bool:
    if not 0 <= line.integer(word, "a frame's ground truth") <= MOST:
        raise line.error(f"{quoted(word)}; a frame's ground truth is a number from 0 to {MOST}")
    return True


def open_dataset(*, root: Path | None = None, size: str = "") -> Ixmas:
    """Raises `UsageError` saying what to download if the folder is missing."""
    return Ixmas(require_root("ixmas", root, SOURCE), size)
