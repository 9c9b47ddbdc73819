"""Verifying a data set: what is in a split, and whether every clip of it can be read."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.contracts import Clip, Dataset, Inventory, Listing, Progress
from harness.datasets.digests import files_of, size_of, split_digest
from harness.datasets.listing import frames_in, gaps
from harness.errors import ClipError, HarnessError
from harness.files import sha256

SHOWN = 10
"""Gaps of one clip that are named."""
MIN_FRAMES = 2
"""A shorter clip has no motion, so no temporal stream can use it."""


@dataclass(frozen=True)
class SplitFacts:
    """A split in numbers. `sizes` counts clips by ``WIDTHxHEIGHT``; frames and seconds are (least, median, most)."""

    split: str
    clips: int
    groups: int
    per_class: dict[str, int]
    sizes: dict[str, int]
    frames: tuple[float, float, float]
    seconds: tuple[float, float, float]


@dataclass(frozen=True)
class Problem:
    """Something wrong with a clip, or with a split as a whole (`clip` is None then)."""

    split: str
    clip: str | None
    kind: str
    """``annotation``, ``missing``, ``unreadable``, ``short``, ``gap`` or ``duplicate``."""
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: number of clips and digest of every split that could be listed, and all problems."""

    clips: dict[str, int]
    digests: dict[str, str]
    problems: list[Problem]
    passed_over: list[str]
    """What is in the data folder and belongs to no clip and no annotation, which is no problem."""


def describe(dataset: Dataset, split: str) -> SplitFacts:
    """Count a split. Opens every clip's container, and decodes only clips whose container does not give a length.

    Raises `AnnotationError`, `UsageError` for a split that is not present, and `ClipError`.
    """
    clips = dataset.clips(split)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        videos = list(pool.map(dataset.open, clips))
        frames = list(pool.map(lambda video: video.num_frames, videos))
    seconds = [count / video.fps for count, video in zip(frames, videos, strict=True) if video.fps]
    labels = Counter(clip.label for clip in clips)
    return SplitFacts(
        split,
        len(clips),
        len({clip.group for clip in clips}),
        {name: labels[label] for label, name in enumerate(dataset.classes)},
        dict(Counter(f"{video.size[1]}x{video.size[0]}" for video in videos).most_common()),
        _spread(frames),
        _spread(seconds),
    )


def verify(dataset: Dataset, splits: Sequence[str], progress: Progress | None = None) -> Verdict:
    """Decode every clip of `splits` on all cores. `progress` is called with clips done and clips in total.

    Finds missing, unreadable and too short clips, numbers that are missing in the names of pictures, and clips with
    the same content within a split or in two splits of one fold. A clip of several splits is decoded once, and reported
    under the first of them.
    Problems with the data raise nothing; they are in the verdict.
    """
    listed: dict[str, Sequence[Clip]] = {}
    problems: list[Problem] = []
    for split in splits:
        try:
            listed[split] = dataset.entries(split) if isinstance(dataset, Listing) else dataset.clips(split)
        except HarnessError as error:
            problems.append(Problem(split, None, "annotation", str(error)))
    once = {(clip.id, clip.path): (split, clip) for split, clips in reversed(listed.items()) for clip in clips}
    for done, found in enumerate(_decode_all(dataset, list(once.values())), 1):
        problems += found
        if progress is not None:
            progress(done, len(once))
    problems += _gaps(once.values())
    problems += _duplicates(listed)
    sizes = {split: len(clips) for split, clips in listed.items()}
    digests = {split: split_digest(clips) for split, clips in listed.items() if all(c.path.exists() for c in clips)}
    passed_over = dataset.passed_over() if isinstance(dataset, Inventory) else []
    return Verdict(sizes, digests, sorted(problems, key=lambda p: (p.split, p.clip or "", p.kind)), list(passed_over))


def _decode_all(dataset: Dataset, once: Sequence[tuple[str, Clip]]) -> Iterator[list[Problem]]:
    """The problems of each clip, as clips are finished. Decoding releases Python's lock, so threads are enough."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(_decode, dataset, split, clip) for split, clip in once]
        try:
            for task in as_completed(tasks):
                yield task.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _decode(dataset: Dataset, split: str, clip: Clip) -> list[Problem]:
    if not clip.path.exists():
        return [Problem(split, clip.id, "missing", f"{clip.path}: no such file")]
    try:
        frames = sum(1 for _ in dataset.open(clip).frames())
    except ClipError as error:
        return [Problem(split, clip.id, "unreadable", str(error))]
    if frames < MIN_FRAMES:
        return [Problem(split, clip.id, "short", f"{frames} frame(s); at least {MIN_FRAMES} are needed for motion")]
    return []


def _gaps(clips: Iterable[tuple[str, Clip]]) -> Iterator[Problem]:
    """Folders of pictures whose numbers have gaps, each named once, however many clips are cut from it."""
    for path, (split, clip) in {clip.path: (split, clip) for split, clip in reversed(list(clips))}.items():
        pictures = frames_in(path) if path.is_dir() else []
        missing = [f"{first} to {last}" if first != last else str(first) for first, last in gaps(pictures)]
        if missing:
            more = ", ..." if len(missing) > SHOWN else ""
            numbers = f"{', '.join(missing[:SHOWN])}{more}"
            yield Problem(split, clip.id, "gap", f"{path}: no picture is numbered {numbers}; restore what is missing")


def _duplicates(listed: dict[str, Sequence[Clip]]) -> list[Problem]:
    """Clips of one fold whose files are equal byte for byte, each named once; only files of equal size are read.

    Clips cut from one file within a split are not duplicates of each other; a file in two splits is a duplicate.
    """
    by_size: dict[int, list[tuple[str, Clip]]] = defaultdict(list)
    for split, clips in listed.items():
        for clip in clips:
            if clip.path.exists():
                by_size[size_of(clip)].append((split, clip))
    content: dict[Path, str] = {}
    first: dict[tuple[str, str], tuple[str, Clip]] = {}
    problems: dict[tuple[str, Path], Problem] = {}
    for split, clip in (item for items in by_size.values() if len(items) > 1 for item in items):
        if clip.path not in content:
            content[clip.path] = ",".join(map(sha256, files_of(clip)))
        other_split, other = first.setdefault((_fold(split), content[clip.path]), (split, clip))
        if other is not clip and (other.path, other_split) != (clip.path, split):
            detail = f"same content as {other.id!r} of {other_split}"
            problems.setdefault((clip.id, clip.path), Problem(split, clip.id, "duplicate", detail))
    return list(problems.values())


def _fold(split: str) -> str:
    """A split's name without its part: ``train1`` and ``test1`` belong together, ``test2`` does not."""
    return re.sub(r"^(train|validation|val|test)[-_]?", "", split)


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return (min(values), median(values), max(values)) if values else (0.0, 0.0, 0.0)
