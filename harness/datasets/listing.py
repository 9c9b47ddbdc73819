"""Which files count: videos and pictures by suffix, in natural order, without what systems leave beside them."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from natsort import natsorted

VIDEOS = frozenset([
    ".3g2", ".3gp", ".amv", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gif", ".ivf", ".m1v", ".m2t", ".m2ts",
    ".m2v", ".m4v", ".mjpg", ".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".nut", ".ogg",
    ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".wtv", ".y4m",
])  # fmt: skip
PICTURES = frozenset([
    ".bmp", ".dib", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff",
    ".webp",
])  # fmt: skip
LEFTOVERS = frozenset(
    ["__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir"]
)
"""Names, in lower case, of what macOS, Windows and network drives leave; hidden files and folders count as well."""
FLOW = re.compile(r"(flow_)?[xy]_\d+")
"""MMAction2 keeps the flow of raw frames next to them, as x_00001.jpg and y_00001.jpg."""


def is_leftover(path: Path) -> bool:
    """Whether it is hidden (``._a.mp4``, ``.ipynb_checkpoints``), or left by a system beside somebody's files."""
    return path.name.startswith(".") or path.name.lower() in LEFTOVERS


def is_video(path: Path) -> bool:
    """Whether the name is that of a video file, in any letter case."""
    return path.suffix.lower() in VIDEOS and not is_leftover(path)


def children(folder: Path) -> list[Path]:
    """What is in a folder, without leftovers, in natural order."""
    return in_order(path for path in folder.iterdir() if not is_leftover(path))


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, without leftovers, in alphabetical order."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_leftover(path))


def named(folder: Path, pattern: str) -> list[Path]:
    """The files in a folder that match a glob pattern, without leftovers, in alphabetical order."""
    return sorted(path for path in folder.glob(pattern) if not is_leftover(path))


def frames_in(folder: Path) -> list[Path]:
    """The pictures that are the frames of a clip kept as a folder; those of its flow are not among them."""
    return in_order(filter(_is_frame, folder.iterdir()))


def is_clip(path: Path) -> bool:
    """A video file, or a folder of pictures."""
    if is_leftover(path) or not path.is_dir():
        return is_video(path)
    return any(map(_is_frame, path.iterdir()))


def _is_frame(path: Path) -> bool:
    return path.suffix.lower() in PICTURES and not is_leftover(path) and not FLOW.fullmatch(path.stem)


def in_order(paths: Iterable[Path]) -> list[Path]:
    """``2.png`` before ``10.png``, and the same order on every machine."""
    return natsorted(sorted(paths), key=str)


def passed_over(root: Path, clips: Iterable[Path], is_annotation: Callable[[Path], bool]) -> list[str]:
    """What is below a folder and belongs to no clip and no annotation, as paths relative to it, in natural order.

    `clips` are files, or folders of pictures. A folder that is a leftover as a whole ends in a slash and is not
    looked into.
    """
    kept = set(clips)
    found: list[Path] = []
    for place, inner, names in os.walk(root):
        folder = Path(place)
        left = [name for name in inner if is_leftover(folder / name)]
        found += [folder / name for name in left]
        inner[:] = sorted(set(inner) - set(left))
        known = set(frames_in(folder)) if folder in kept else kept
        others = [file for file in map(folder.joinpath, names) if file not in known]
        found += [file for file in others if is_leftover(file) or not is_annotation(file)]
    return [f"{path.relative_to(root).as_posix()}{'/' * path.is_dir()}" for path in in_order(found)]


def gaps(files: Sequence[Path]) -> list[tuple[int, int]]:
    """First and last of the numbers that are missing in the names of pictures, once for every gap.

    The number is the part of the names that changes. Pictures of which every second was kept have no gap, nor have
    those that are named by irregular numbers, such as times.
    """
    names: dict[tuple[str, ...], list[list[int]]] = defaultdict(list)
    for file in files:
        parts = re.split(r"([0-9]+)", file.stem)
        names[tuple(parts[::2])].append([int(part) for part in parts[1::2]])
    return [gap for numbers in names.values() for gap in _gaps(numbers)]


def _gaps(names: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    changing = [set(numbers) for numbers in zip(*names, strict=True) if len(set(numbers)) > 1]
    if len(changing) != 1:
        return
    pairs = list(pairwise(sorted(changing[0])))
    steps = Counter(b - a for a, b in pairs)
    step = min(steps)
    if 2 * steps[step] < len(pairs):
        return
    yield from ((a + step, b - step) for a, b in pairs if b - a > step and (b - a) % step == 0)
