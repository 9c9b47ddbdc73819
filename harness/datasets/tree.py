"""Finds the files that annotations name: safely, in any letter case, and in either spelling of accents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from harness.text import Line, quoted, same_name


@dataclass
class Tree:
    """The files below one folder, by paths as annotations write them."""

    root: Path
    _names: dict[Path, dict[str, list[str]]] = field(default_factory=dict, repr=False)
    """Names in a folder by what `_alike` makes of them."""
    _safe: dict[Path, bool] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._resolved = self.root.resolve()

    def locate(self, text: str, line: Line) -> Path:
        """The file or folder meant by a relative path, which need not exist.

        If none has exactly that name but one differs only in letter case or in how accents are composed, that one is
        meant. Raises `AnnotationError` for a path that leaves the folder, by itself or through a symbolic link, and for
        one that the system does not take.
        """
        parts = PurePosixPath(text).parts
        if not parts or text.startswith(("/", "\\", "~")) or ".." in parts or Path(text).is_absolute():
            where = f"the data folder {self.root}"
            raise line.error(f"path {quoted(text)} leaves {where}; write it relative to that folder")
        try:
            full = self._spelt(parts)
            inside = self._inside(full)
        except (OSError, RuntimeError, ValueError) as error:  # too long, say, or links in a circle
            reason = error.strerror if isinstance(error, OSError) else error
            raise line.error(f"path {quoted(text)} cannot be looked up: {reason}") from error
        if not inside:
            raise line.error(f"path {quoted(text)} leaves the data folder {self.root} through a symbolic link")
        return full

    def _inside(self, full: Path) -> bool:
        """Whether a path stays in the folder when links are followed; folders are cached, as lists are long."""
        if full.is_symlink():
            return full.resolve().is_relative_to(self._resolved)
        folder = full.parent
        if folder not in self._safe:
            self._safe[folder] = folder.resolve().is_relative_to(self._resolved)
        return self._safe[folder]

    def _spelt(self, parts: tuple[str, ...]) -> Path:
        full = self.root
        for part in parts:
            names = self._listing(full).get(_alike(part), [])
            full = full / (names[0] if part not in names and len(names) == 1 else part)
        return full

    def _listing(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._names:
            found: dict[str, list[str]] = {}
            for name in _children(folder):
                found.setdefault(_alike(name), []).append(name)
            self._names[folder] = found
        return self._names[folder]


def _alike(name: str) -> str:
    return same_name(name).lower()


def _children(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from sorted(child.name for child in folder.iterdir())
