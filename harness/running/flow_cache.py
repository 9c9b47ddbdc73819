"""A folder of flow that is kept for runs to come: each file whole, with a checksum, and not more than fit."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from safetensors.torch import load, save
from torch import Tensor

from harness.errors import UsageError
from harness.files import write_atomically

SUFFIX = ".flow"
LARGEST = 20 * 10**9
"""Bytes that a cache keeps."""
SPACE_NEEDED = 64 << 20
"""Bytes that must be free for a run to begin."""
TIDIED = 0.9
"""Share of its bound down to which a cache that is full is emptied, so that not every file has to make room."""
CHECKSUM = hashlib.sha256().digest_size


class FlowCache:
    """A folder of flow, of at most `bound` bytes. Opened by `open_flow_cache`; runs at the same time may share it.

    What was not used for longest makes room, but nothing that was used since the cache was opened: runs take clips in
    one order, so each would lose what it is about to ask for, and find nothing.
    """

    def __init__(self, folder: Path, bound: float = LARGEST) -> None:
        self.folder = folder
        self.bound = bound
        self.problem = ""
        """Why nothing more is kept, in one sentence; empty if all is well."""
        self._used: set[str] = set()
        """Names of the files that this run has asked for or put."""
        self._held = sum(size for _, size, _ in self._files())

    def get(self, key: str) -> Tensor | None:
        """What was put under a key, on the CPU; None if it is not there or damaged."""
        file = self._file(key)
        self._used.add(file.name)
        try:
            content = file.read_bytes()
        except OSError:
            return None
        with suppress(OSError):  # it may be another user's
            os.utime(file)
        checksum, kept = content[:CHECKSUM], content[CHECKSUM:]
        return load(kept)["flow"] if hashlib.sha256(kept).digest() == checksum else None

    def put(self, key: str, flow: Tensor) -> None:
        """Keep flow under a key, if there is room or can be made; from the first that there is none for, no more."""
        if self.problem:
            return
        content = save({"flow": flow.cpu().contiguous()})
        size = CHECKSUM + len(content)
        try:
            if self._held + size > self.bound:
                self._make_room(size)
            if self._held + size > self.bound:
                self._end(f"its {self.bound / 1e9:.3g} GB are full with flow of this run")
                return
            self._used.add(self._file(key).name)
            write_atomically(self._file(key), hashlib.sha256(content).digest() + content)
            self._held += size
        except OSError as error:
            self._end(f"{error.strerror or error}; make room")

    def _end(self, why: str) -> None:
        self.problem = f"--flow-cache {self.folder}: the rest was computed and not kept: {why}"

    def _make_room(self, needed: int) -> None:
        """Remove the files that have not been used for longest."""
        files = sorted(self._files())
        self._held = sum(size for _, size, _ in files)
        for _, size, name in files:
            if self._held + needed <= TIDIED * self.bound:
                return
            if name not in self._used:
                (self.folder / name).unlink(missing_ok=True)  # another run may have removed it
                self._held -= size

    def _files(self) -> list[tuple[float, int, str]]:
        """Time of the last use, bytes, and name of every file."""
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another run may have removed it
                    if entry.name.endswith(SUFFIX):
                        stat = entry.stat()
                        found.append((stat.st_mtime, stat.st_size, entry.name))
        return found

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"


def open_flow_cache(folder: Path) -> FlowCache:
    """The cache in a folder, which is made if it is not there. Raises `UsageError` if nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe.{os.getpid()}"
        write_atomically(probe, b"x")
        probe.unlink()
        free = shutil.disk_usage(folder).free
        cache = FlowCache(folder)
    except OSError as error:
        raise UsageError(f"--flow-cache {folder}: cannot be used: {error.strerror or error}; give another") from error
    if free < SPACE_NEEDED:
        raise UsageError(
            f"--flow-cache {folder}: only {free / 2**20:.0f} MiB free, at least {SPACE_NEEDED >> 20} are needed; "
            "free some space or give another"
        )
    return cache
