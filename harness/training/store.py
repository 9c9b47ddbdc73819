"""Prepared clips on disk, read at random: how their files are laid out, and what is made again because it is not kept.

A cache is a folder with one binary file for each kind of array and ``index.json``. It consists of entries, in the
order of the clips. Those past its bound are not in the files but are made again each time they are read, so that a
training sees the same whatever the bound is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.contracts import Clip, Dataset
from harness.errors import HarnessError
from harness.video.frames import Video

Arrays = Mapping[str, NDArray[Any]]
Shapes = Mapping[str, tuple[int, ...]]
INDEX = "index.json"


class Entry(Protocol):
    """What every entry, a dataclass, says about itself in addition to what its layout needs."""

    @property
    def clip(self) -> str:
        """Id of the clip it is made from."""
        ...


E = TypeVar("E", bound=Entry)
E_contra = TypeVar("E_contra", bound=Entry, contravariant=True)


class Layout(Protocol[E_contra]):
    """How the files of a cache are laid out."""

    @property
    def numbers(self) -> Mapping[str, Any]:
        """The kinds of arrays, each with its data type."""
        ...

    def shapes(self, entry: E_contra) -> Shapes:
        """Shape of each array of an entry."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the index says in addition to the entries."""
        ...


class Maker(Protocol[E]):
    """What a trainer keeps of each clip."""

    @property
    def layout(self) -> Layout[E]: ...

    def entries(self, clip: Clip, video: Video) -> Sequence[E]:
        """The entries of a clip, from the number of its frames and their size alone."""
        ...

    def make(self, video: Video, entries: Sequence[E]) -> Iterable[Arrays]:
        """The arrays of some entries of one clip, in their order."""
        ...


def size_of(layout: Layout[E], entry: E) -> int:
    """Bytes of an entry."""
    return sum(prod(shape) * np.dtype(layout.numbers[kind]).itemsize for kind, shape in layout.shapes(entry).items())


@dataclass(frozen=True)
class Origin(Generic[E]):
    """Where a cache's entries come from."""

    dataset: Dataset
    clips: Sequence[Clip]
    maker: Maker[E]

    def make(self, entry: E) -> Arrays:
        """The arrays of one entry, made again."""
        return next(iter(self.maker.make(self.video(entry.clip), [entry])))

    def video(self, clip_id: str) -> Video:
        """A clip, opened."""
        return self.dataset.open(next(clip for clip in self.clips if clip.id == clip_id))


_ORIGINS: dict[Path, Origin[Any]] = {}
"""By folder: the pipelines of BasicSR and mmengine are handed folders, not objects."""


def remember(folder: Path, origin: Origin[Any]) -> None:
    """Say where the entries of a cache come from, for this process."""
    _ORIGINS[folder] = origin


@dataclass(frozen=True)
class Store(Generic[E]):
    """An opened cache."""

    folder: Path
    layout: Layout[E]
    entries: Sequence[E]
    stored: int
    """How many entries, from the first, are kept."""
    _starts: Mapping[str, Sequence[int]] = field(repr=False)
    _files: Arrays = field(repr=False)

    @classmethod
    def load(cls, folder: Path, layout: Layout[E], entries: Sequence[E], stored: int) -> Store[E]:
        """Open a cache whose index has been read."""
        shapes = [layout.shapes(entry) for entry in entries[:stored]]
        starts = {kind: [0, *np.cumsum([prod(s[kind]) for s in shapes]).tolist()] for kind in layout.numbers}
        files = {kind: _mapped(folder / f"{kind}.bin", numbers) for kind, numbers in layout.numbers.items()}
        return cls(folder, layout, entries, stored, starts, files)

    def arrays(self, index: int) -> Arrays:
        """The arrays of an entry, read-only. Raises as decoding does for one that has to be made again."""
        entry = self.entries[index]
        if index >= self.stored:
            return self.origin.make(entry)
        return {kind: self._part(kind, index).reshape(shape) for kind, shape in self.layout.shapes(entry).items()}

    def _part(self, kind: str, index: int) -> NDArray[Any]:
        start, stop = self._starts[kind][index : index + 2]
        part: NDArray[Any] = self._files[kind][start:stop]
        return part

    @property
    def origin(self) -> Origin[E]:
        """What entries past the bound are made from, known to the process that called `open_cache`."""
        if self.folder not in _ORIGINS:
            raise HarnessError(f"{self.folder} holds only some of its clips; this process cannot make the others")
        return _ORIGINS[self.folder]


def _mapped(file: Path, numbers: Any) -> NDArray[Any]:
    """A file as an array; numpy cannot map an empty one."""
    return np.memmap(file, dtype=numbers, mode="r") if file.stat().st_size else np.empty(0, numbers)


def read_index(folder: Path) -> dict[str, Any]:
    """A cache's index."""
    index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return {"stored": len(index["entries"]), **index}
