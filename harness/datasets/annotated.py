"""Annotated folders of clips: ``classes.txt``, one ``SPLIT.csv`` per split, and the video files."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from itertools import chain, zip_longest
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import named
from harness.datasets.tree import Tree
from harness.errors import AnnotationError, UnknownNameError, UsageError
from harness.text import Line, quoted, read_text
from harness.video.frames import Video, open_video

HEADER = ["id", "path", "label", "group", "num_frames"]


@dataclass(frozen=True)
class AnnotatedDataset:
    """A data set kept in one folder. Implements `harness.contracts.Dataset`.

    ``classes.txt`` has one class name per line. Every ``SPLIT.csv`` has the header ``id,path,label,group,num_frames``:
    `path` is relative to the folder and stays in it, `label` counts from 0 in the order of ``classes.txt``.
    """

    root: Path
    name: str
    _frame_counts: dict[Path, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Annotated lengths of the splits read so far, for `open` to check."""

    @cached_property
    def classes(self) -> Sequence[str]:
        """Class names by label. Raises `AnnotationError`."""
        file = self.root / "classes.txt"
        if not os.path.isfile(file):  # false for a name longer than the system allows, too
            raise AnnotationError(f"{file}: no such file; data set {self.name!r} needs it, one class name per line")
        names = [line.strip() for line in read_text(file).rstrip().split("\n")]
        if names == [""]:
            raise AnnotationError(f"{file}: no class in it; write one class name per line")
        for number, name in enumerate(names, 1):
            if not name or name in names[: number - 1]:
                raise Line(file, number, name).error(f"{quoted(name)}: class names must be distinct and not blank")
        return tuple(names)

    @cached_property
    def splits(self) -> Sequence[str]:
        """Names of the splits that the folder has."""
        return tuple(file.stem for file in named(self.root, "*.csv"))

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips of a split in the file's order. Raises `AnnotationError` naming file, line and rule."""
        file = self.root / f"{split}.csv"
        if split not in self.splits:
            raise UnknownNameError(f"split of {self.name!r}", split, self.splits, f"{file} does not exist.")
        rows = _Reader(file, Tree(self.root.resolve()), len(self.classes)).read()
        self._frame_counts.update((clip.path, count) for clip, count in rows)
        return [clip for clip, _ in rows]

    def open(self, clip: Clip) -> Video:
        """Open a clip's video. Raises `ClipError`, also if it does not have the annotated number of frames."""
        return open_video(clip.path, clip.id, self._frame_counts.get(clip.path))


@dataclass(frozen=True)
class _Reader:
    """Reads one annotation file, whose clips are in `tree` and have labels below `num_classes`."""

    file: Path
    tree: Tree
    num_classes: int

    def read(self) -> list[tuple[Clip, int]]:
        rows = self._rows()
        line, header = next(rows, (Line(self.file, 1, ""), []))
        if header != HEADER:
            raise line.error(f"header {quoted(','.join(header))}; it must be {','.join(HEADER)!r}")
        found: dict[str, tuple[Clip, int]] = {}
        for line, row in rows:
            clip, count = self._row(row, line)
            if clip.id in found:
                raise line.error(f"duplicate id {quoted(clip.id)}; every clip needs its own")
            found[clip.id] = clip, count
        if not found:
            raise line.error("no clip in it; a split needs at least one")
        return list(found.values())

    def _rows(self) -> Iterator[tuple[Line, list[str]]]:
        """The rows that are not blank, their fields without white space at the ends."""
        rows = csv.reader(StringIO(read_text(self.file), newline=""))
        try:
            for row in rows:
                fields = [value.strip() for value in row]
                if any(fields):
                    yield Line(self.file, rows.line_num, ""), fields
        except csv.Error as error:
            line = Line(self.file, rows.line_num, "")
            raise line.error(f"not readable as comma-separated text: {error}") from error

    def _row(self, row: Sequence[str], line: Line) -> tuple[Clip, int]:
        if len(row) != len(HEADER):
            raise line.error(f"{len(row)} fields; a clip has {len(HEADER)}: {', '.join(HEADER)}")
        clip_id, path, _, group, _ = row
        for key, value in (("id", clip_id), ("path", path), ("group", group)):
            if not value:
                raise line.error(f"{key} is blank; it must not be")
        label = line.integer(row[2], "label")
        if not 0 <= label < self.num_classes:
            raise line.error(f"label {label}; labels run from 0 to {self.num_classes - 1} (classes.txt)")
        count = line.integer(row[4], "num_frames")
        if count < 1:
            raise line.error(f"num_frames {count}; a clip has at least one frame")
        full = self.tree.locate(path, line)
        if not full.is_file():
            raise line.error(f"path {quoted(path)}: no such file under {self.tree.root}")
        return Clip(clip_id, full, label, group), count


def balanced_subset(clips: Sequence[Clip], limit: int, seed: int = 0) -> list[Clip]:
    """`limit` clips, spread over the classes and their groups as evenly as possible, in the given order; all clips if
    there are no more.

    Clips of a group are alike, so that a second clip of one says less than a clip of another. The choice depends only
    on `seed`, ids and groups, and a larger limit keeps what a smaller one chose. Raises `UsageError` for a limit
    below 1.
    """
    if limit < 1:
        raise UsageError(f"a limit of {limit} clips leaves nothing; give at least 1")
    by_class: dict[int, list[Clip]] = defaultdict(list)
    for clip in _groups_in_turn(sorted(clips, key=lambda c: _lot(seed, c.id))):
        by_class[clip.label].append(clip)
    classes = [by_class[label] for label in sorted(by_class, key=lambda label: _lot(seed, f"class {label}"))]
    turns = [clip for clip in chain.from_iterable(zip_longest(*classes)) if clip is not None]
    chosen = {clip.id for clip in turns[:limit]}
    return [clip for clip in clips if clip.id in chosen]


def _groups_in_turn(clips: Iterable[Clip]) -> list[Clip]:
    """The first clip of each class and group before any second one, else in the given order."""
    seen: Counter[tuple[int, str]] = Counter()
    turns: list[tuple[int, int]] = []
    ordered = list(clips)
    for position, clip in enumerate(ordered):
        turns.append((seen[clip.label, clip.group], position))
        seen[clip.label, clip.group] += 1
    return [ordered[position] for _, position in sorted(turns)]


def _lot(seed: int, text: str) -> str:
    """A random-looking sort key that is the same on every machine and Python version."""
    return hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()
