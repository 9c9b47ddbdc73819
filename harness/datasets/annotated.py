"""Annotated folders of clips: ``classes.txt``, one ``SPLIT.csv`` per split, and the video files."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path

from harness.contracts import Clip
from harness.errors import AnnotationError, UnknownNameError, UsageError
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
        if not file.is_file():
            raise AnnotationError(f"{file}: no such file; data set {self.name!r} needs it, one class name per line")
        names = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        while names and not names[-1]:
            names.pop()
        for line, name in enumerate(names, 1):
            if not name or name in names[: line - 1]:
                raise AnnotationError(f"{file}, line {line}: {name!r}: class names must be distinct and not blank")
        if not names:
            raise AnnotationError(f"{file}: no class in it; write one class name per line")
        return tuple(names)

    @cached_property
    def splits(self) -> Sequence[str]:
        """Names of the splits that the folder has."""
        return tuple(sorted(file.stem for file in self.root.glob("*.csv")))

    def clips(self, split: str) -> Sequence[Clip]:
        """The clips of a split in the file's order. Raises `AnnotationError` naming file, line and rule."""
        file = self.root / f"{split}.csv"
        if split not in self.splits:
            raise UnknownNameError(f"split of {self.name!r}", split, self.splits, f"{file} does not exist.")
        rows = _Reader(file, self.root.resolve(), len(self.classes)).read()
        self._frame_counts.update((clip.path, count) for clip, count in rows)
        return [clip for clip, _ in rows]

    def open(self, clip: Clip) -> Video:
        """Open a clip's video. Raises `ClipError`, also if it does not have the annotated number of frames."""
        return open_video(clip.path, clip.id, self._frame_counts.get(clip.path))


@dataclass(frozen=True)
class _Reader:
    """Reads one annotation file, whose clips are under `root` and have labels below `num_classes`."""

    file: Path
    root: Path
    num_classes: int

    def read(self) -> list[tuple[Clip, int]]:
        rows = self._lines()
        line, header = next(rows, (1, []))
        if header != HEADER:
            raise self._error(line, f"header {','.join(header)!r}; it must be {','.join(HEADER)!r}")
        found: dict[str, tuple[Clip, int]] = {}
        for line, row in rows:
            clip, count = self._row(row, line)
            if clip.id in found:
                raise self._error(line, f"duplicate id {clip.id!r}; every clip needs its own")
            found[clip.id] = clip, count
        if not found:
            raise self._error(line, "no clip in it; a split needs at least one")
        return list(found.values())

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        with self.file.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            try:
                for row in rows:
                    yield rows.line_num, row
            except (UnicodeDecodeError, csv.Error) as error:
                raise self._error(rows.line_num + 1, f"not readable as UTF-8 comma-separated text: {error}") from error

    def _row(self, row: Sequence[str], line: int) -> tuple[Clip, int]:
        if len(row) != len(HEADER):
            raise self._error(line, f"{len(row)} fields; a clip has {len(HEADER)}: {', '.join(HEADER)}")
        clip_id, path, _, group, _ = row
        for key, value in (("id", clip_id), ("path", path), ("group", group)):
            if not value.strip():
                raise self._error(line, f"{key} is blank; it must not be")
        label = self._integer(line, "label", row[2])
        if not 0 <= label < self.num_classes:
            raise self._error(line, f"label {label}; labels run from 0 to {self.num_classes - 1} (classes.txt)")
        count = self._integer(line, "num_frames", row[4])
        if count < 1:
            raise self._error(line, f"num_frames {count}; a clip has at least one frame")
        return Clip(clip_id, self._path(line, path), label, group), count

    def _integer(self, line: int, key: str, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise self._error(line, f"{key} {text!r} is not a whole number") from None

    def _path(self, line: int, text: str) -> Path:
        full = self.root / text
        # resolve() follows links, so a link that points outside is caught as well
        if Path(text).is_absolute() or not full.resolve().is_relative_to(self.root):
            raise self._error(line, f"path {text!r} leaves the data folder {self.root}; paths must stay inside it")
        if not full.is_file():
            raise self._error(line, f"path {text!r}: no such file under {self.root}")
        return full

    def _error(self, line: int, rule: str) -> AnnotationError:
        return AnnotationError(f"{self.file}, line {line}: {rule}")


def balanced_subset(clips: Sequence[Clip], limit: int, seed: int = 0) -> list[Clip]:
    """`limit` clips, spread over the classes as evenly as possible, in the given order; all clips if there are no more.

    The choice depends only on `seed` and the ids, and a larger limit keeps what a smaller one chose.
    Raises `UsageError` for a limit below 1.
    """
    if limit < 1:
        raise UsageError(f"a limit of {limit} clips leaves nothing; give at least 1")
    by_class: dict[int, list[Clip]] = defaultdict(list)
    for clip in sorted(clips, key=lambda c: _lot(seed, c.id)):
        by_class[clip.label].append(clip)
    classes = [by_class[label] for label in sorted(by_class, key=lambda label: _lot(seed, f"class {label}"))]
    turns = [clip for clip in chain.from_iterable(zip_longest(*classes)) if clip is not None]
    chosen = {clip.id for clip in turns[:limit]}
    return [clip for clip in clips if clip.id in chosen]


def _lot(seed: int, text: str) -> str:
    """A random-looking sort key that is the same on every machine and Python version."""
    return hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()
