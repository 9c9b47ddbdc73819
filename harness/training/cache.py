"""Caches of prepared clips: found by what they are made from, filled whole or not at all, and bounded.

How their files are laid out and read is said in `harness.training.store`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from harness.contracts import Progress
from harness.errors import ClipError, UsageError
from harness.paths import home
from harness.training.store import INDEX, Maker, Origin, Store, read_index, remember, size_of
from harness.video.frames import Video

GIGABYTE = 10**9
SAMPLED_CLIPS = 100
"""Clips that `estimated_bytes` samples."""


def caches_folder() -> Path:
    """Where all trainings keep prepared clips, so that those which need the same ones share them."""
    return home() / "training-frames"


def open_cache(
    root: Path,
    identity: Sequence[object],
    origin: Origin[Any],
    *,
    bound: float,
    prefix: str = "",
    progress: Progress | None = None,
) -> Path:
    """The folder of a cache under `root`, filled first if it does not exist yet.

    `identity` is everything that its content depends on, as JSON. At most `bound` bytes are kept; a cache
    that an earlier, smaller bound cut short is made again. Raises `UsageError` if there is nothing to keep, and what
    decoding raises.
    """
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    folder = root / f"{prefix}{key}"
    if not _serves(folder, bound):
        _fill_folder(folder, origin, bound, progress)
    remember(folder, origin)
    return folder


def _serves(folder: Path, bound: float) -> bool:
    if not (folder / INDEX).is_file():
        return False
    index = read_index(folder)
    return bool(index["stored"] == len(index["entries"]) or index["bound"] >= bound)


def _fill_folder(folder: Path, origin: Origin[Any], bound: float, progress: Progress | None) -> None:
    """Fill a folder beside it and rename that when complete, so that an interrupted one is never used."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        _fill(partial, origin, bound, progress)
        if not _serves(folder, bound):  # another process may have made the same one meanwhile
            shutil.rmtree(folder, ignore_errors=True)  # too small; a process that has it open keeps it
            with suppress(OSError):
                partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(folder: Path, origin: Origin[Any], bound: float, progress: Progress | None) -> None:
    layout = origin.maker.layout
    entries: list[Any] = []
    stored, left = 0, bound
    with ExitStack() as stack:
        files = {kind: stack.enter_context((folder / f"{kind}.bin").open("wb")) for kind in layout.numbers}
        for done, clip in enumerate(origin.clips, 1):
            video = origin.dataset.open(clip)
            found = origin.maker.entries(clip, video)
            kept = 0 if stored < len(entries) else _fitting([size_of(layout, entry) for entry in found], left)
            left -= _write(files, origin.maker, video, found[:kept])
            entries += found
            stored += kept
            if progress is not None:
                progress(done, len(origin.clips))
    if not entries:
        raise UsageError("every clip is too short for this training; give longer clips")
    index = {**layout.facts(), "bound": bound, "stored": stored, "entries": [vars(entry) for entry in entries]}
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


def _fitting(sizes: Sequence[int], left: float) -> int:
    """How many of the first entries fit."""
    return sum(total <= left for total in np.cumsum(sizes).tolist())


def _write(files: Mapping[str, IO[bytes]], maker: Maker[Any], video: Video, entries: Sequence[Any]) -> int:
    """Append entries to the files; returns their bytes."""
    layout = maker.layout
    for entry, arrays in zip(entries, maker.make(video, entries) if entries else (), strict=True):
        for kind, shape in layout.shapes(entry).items():
            if arrays[kind].shape != shape:
                raise ClipError(f"{entry.clip}: expected {kind} of shape {shape}, found {arrays[kind].shape}")
            files[kind].write(np.ascontiguousarray(arrays[kind], layout.numbers[kind]).tobytes())
    return sum(size_of(layout, entry) for entry in entries)


def estimated_bytes(origin: Origin[Any]) -> int:
    """Bytes of all entries without a bound, from at most `SAMPLED_CLIPS` clips spread over the list."""
    clips = origin.clips[:: -(-len(origin.clips) // SAMPLED_CLIPS)]
    sizes = (
        size_of(origin.maker.layout, entry)
        for clip in clips
        for entry in origin.maker.entries(clip, origin.dataset.open(clip))
    )
    return round(sum(sizes) * len(origin.clips) / len(clips))


def announced(origins: Sequence[Origin[Any]], bound: float) -> str:
    """How large the caches of a training will be together, in words."""
    needed = sum(map(estimated_bytes, origins))
    cut = f" of about {in_words(needed)} that it would take to hold everything" if needed > bound else ""
    return f"about {in_words(min(needed, bound))}{cut}"


def in_words(size: float) -> str:
    """A number of bytes to three digits, in MB or GB."""
    return f"{size / GIGABYTE:.3g} GB" if size >= GIGABYTE else f"{size / 1e6:.3g} MB"


def shortage(store: Store[Any]) -> str:
    """One sentence if a cache does not hold everything, else an empty text."""
    if store.stored == len(store.entries):
        return ""
    kept = {entry.clip for entry in store.entries[: store.stored]}
    clips = {entry.clip for entry in store.entries}
    needed = sum(size_of(store.layout, entry) for entry in store.entries)
    return (
        f"the cache {store.folder.name} is full: {len(clips - kept)} of {len(clips)} clips are read and computed again "
        f"whenever they are used, which is slower; {in_words(needed)} would hold all of them (--cache-size)"
    )
