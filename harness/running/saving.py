"""Restored clips as files, in the form in which frames that were restored elsewhere are scored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from harness.contracts import Progress
from harness.errors import HarnessError
from harness.running.again import Again
from harness.running.reading import RunRecord
from harness.video.encoding import LOSSLESS, Encoding
from harness.video.frames import Bytes, write_video

FRAMES, SUFFIX = "frames", ".mkv"
"""The folder in a run's own, which has a folder for each method with a file for each clip."""
LONGEST = 100
"""Characters of a label in the name of its folder."""
PIECE = 32
"""Frames that are restored at once."""


def folder_of(run: Path, method: str) -> Path:
    """Where a method's clips are kept: under its label, with a checksum where that cannot name a folder as it is."""
    name = re.sub(r"^\.+|[^\w.+=-]+", "_", method)[:LONGEST]
    return run / FRAMES / (name if name == method else f"{name}-{sha256(method.encode()).hexdigest()[:8]}")


def save_frames(
    again: Again, record: RunRecord, methods: Sequence[str], codec: str, progress: Progress | None = None
) -> list[str]:
    """Restore every clip of a run once more and write it, a file a method; files that are there already stay.

    Returns a line for what could not be written. Raises `UsageError` for an unknown codec, `HarnessError` where files
    cannot be written at all.
    """
    encoding = Encoding(codec)
    encoding.check(Path(f"x{SUFFIX}"))
    clips = list(dict.fromkeys(record.clips["clip"].astype(str)))
    todo = [(clip, method) for clip in clips for method in methods if method in again.parts]
    lacking = [method for method in methods if method not in again.parts]
    problems = [f"{method}: {again.left_out.get(method, 'not complete')}" for method in lacking]
    for done, (clip, method) in enumerate(todo, 1):
        path = folder_of(record.path, method) / f"{clip}{SUFFIX}"
        try:
            if not path.exists():
                _write(again, clip, method, path, encoding)
        except HarnessError as error:
            problems.append(f"{method}, {clip}: {error}")
        if progress is not None:
            progress(done, len(todo))
    return problems


def _write(again: Again, clip: str, method: str, path: Path, encoding: Encoding) -> None:
    encoder, options = encoding.encoder(path, deep=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HarnessError(f"{path.parent}: {error.strerror}; make room or choose another --out") from error
    pixels = encoder.pixels if encoding.codec == LOSSLESS else encoder.odd
    frames = _pieces(again, clip, method)
    write_video(path, frames, again.video(clip).fps, codec=encoder.library, pixel_format=pixels, options=options)


def _pieces(again: Again, clip: str, method: str) -> Iterator[Bytes]:
    number = again.video(clip).num_frames
    for start in range(0, number, PIECE):
        found = again.frames(clip, [method], range(start, min(number, start + PIECE)))
        if method not in found.sr:
            raise HarnessError(again.left_out[method])
        yield found.sr[method]
