"""KTH: Schuldt, Laptev, Caputo: Recognizing Human Actions: A Local SVM Approach, ICPR 2004."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.tree import Tree
from harness.text import Line, quoted, read_lines
from harness.video.frames import Video
from harness_datasets.files import find_lists, require_root
from harness_datasets.listed import Entry, ListedDataset
from harness_datasets.videos import VideoPart

SITE = "https://www.csc.kth.se/cvap/actions/"
CLASSES = ("boxing", "handclapping", "handwaving", "jogging", "running", "walking")
VIDEOS = f"the six archives ({', '.join(f'{name}.zip' for name in CLASSES)}) from {SITE}, each in a folder of its name"
LIST = "00sequences.txt"
TEST = frozenset({2, 3, 5, 6, 7, 8, 9, 10, 22})
VALIDATION = frozenset({1, 4, 19, 20, 21, 23, 24, 25})
TRAIN = frozenset(range(11, 19))
PEOPLE = {"train": TRAIN | VALIDATION, "train8": TRAIN, "validation": VALIDATION, "test": TEST}
NAME = r"person(?P<person>\d\d)_(?P<class>[a-z]+)_d[1-4]"
LIST_LINE = re.compile(rf"(?P<video>{NAME})\s+frames\s+(?P<parts>\d+-\d+(?:\s*,\s*\d+-\d+)*)")
MISSING_LINE = re.compile(rf"{NAME}\s+\*missing\*")


class Kth(ListedDataset):
    """The videos, each cut into clips as ``00sequences.txt`` says: about four of one person and scene.

    Splits go by person, as in the paper: ``test`` is 9 people; ``train`` is the other 16, as usual, of whom the paper
    uses ``train8`` for training and ``validation`` for choosing parameters. A group is a person.
    """

    name = "kth"
    classes = CLASSES
    splits = tuple(PEOPLE)

    def __init__(self, root: Path, size: str = "", upright: bool = True) -> None:
        super().__init__(root, size, upright)
        self.lists = find_lists(root, (".", ".."), LIST, f"{LIST} from {SITE}")
        self._tree = Tree(root)

    def read(self, split: str) -> list[Entry]:
        return [Entry(clip, line) for clip, line, person in self._all if person in PEOPLE[split]]

    def open_original(self, clip: Clip) -> Video:
        first, last = map(int, clip.id.rpartition("_")[2].split("-"))
        return VideoPart.of(super().open_original(clip), first, last)

    @cached_property
    def _all(self) -> list[tuple[Clip, Line, int]]:
        found = []
        for line in read_lines(self.lists / LIST):
            match = LIST_LINE.fullmatch(line.text)
            if match is None:
                if line.text.startswith("person") and not MISSING_LINE.fullmatch(line.text):
                    form = "a line is a video's name, `frames`, and parts like 1-95, 96-185"
                    raise line.error(f"{quoted(line.text)}; {form}")
                continue
            path = self._path(match, line)
            for part in "".join(match["parts"].split()).split(","):
                first, last = (line.integer(number, "frame") for number in part.split("-"))
                if not 1 <= first <= last:
                    raise line.error(f"frames {part}; numbers count from 1, and the first must not exceed the last")
                label, person = CLASSES.index(match["class"]), f"person{match['person']}"
                found.append((Clip(f"{match['video']}_{part}", path, label, person), line, int(match["person"])))
        return found

    def _path(self, match: re.Match[str], line: Line) -> Path:
        if match["class"] not in CLASSES:
            raise line.error(f"class {quoted(match['class'])}; known: {', '.join(CLASSES)}")
        file = f"{match['video']}_uncomp.avi"
        places = [self._tree.locate(path, line) for path in (f"{match['class']}/{file}", file)]
        return next((path for path in places if path.is_file()), places[0])


def open_dataset(*, root: Path | None = None, size: str = "", upright: bool = True) -> Kth:
    """Raises `UsageError` saying what to download if the folder or the list is missing."""
    return Kth(require_root("kth", root, f"{VIDEOS}, and {LIST} next to them"), size, upright)
