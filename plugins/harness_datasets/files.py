"""Finds the files that annotations name, safely and in any letter case, and the lists themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from harness.config import config_file, data_variable
from harness.errors import AnnotationError, UsageError


@dataclass(frozen=True)
class Line:
    """One non-blank line of an annotation file."""

    file: Path
    number: int
    text: str

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.number}"

    def error(self, rule: str) -> AnnotationError:
        return AnnotationError(f"{self.where}: {rule}")


def read_lines(file: Path) -> list[Line]:
    """The non-blank lines, stripped of white space. Raises `AnnotationError`."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AnnotationError(f"{file}: no such file") from None
    except (UnicodeDecodeError, OSError) as error:
        raise AnnotationError(f"{file}: not readable as UTF-8 text: {error}") from error
    lines = [Line(file, number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return [line for line in lines if line.text]


def require_root(name: str, root: Path | None, source: str) -> Path:
    """The folder of a data set, which should hold `source`. Raises `UsageError` saying what to get and where."""
    if root is None:
        raise UsageError(
            f"data set {name!r}: no folder given. It should hold {source}. Give it with --data DIR, in the environment "
            f"variable {data_variable(name)}, or as `data: {{{name}: DIR}}` in {config_file()}"
        )
    if not root.is_dir():
        raise UsageError(f"data set {name!r}: {root} is not a folder. It should hold {source}")
    return root


def find_lists(root: Path, folders: Sequence[str], pattern: str, source: str) -> Path:
    """The first of `folders` (below `root`) with a file that matches `pattern`.

    Raises `UsageError` saying where it looked and what to get.
    """
    places = [root / folder for folder in folders]
    for place in places:
        if next(place.glob(pattern), None) is not None:
            return place
    looked = ", ".join(str(place) for place in places)
    raise UsageError(f"no {pattern} found; looked in {looked}. Get {source}")


@dataclass
class Tree:
    """The files below one folder, by paths as annotations write them."""

    root: Path
    _names: dict[Path, dict[str, list[str]]] = field(default_factory=dict, repr=False)
    """Names in a folder by their lower-case form."""
    _safe: dict[Path, bool] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._resolved = self.root.resolve()

    def locate(self, text: str, line: Line) -> Path:
        """The file or folder meant by a relative path, which need not exist.

        If none has exactly that name but one differs only in letter case, that one is meant.
        Raises `AnnotationError` for a path that leaves the folder, by itself or through a symbolic link.
        """
        parts = PurePosixPath(text).parts
        if not parts or text.startswith(("/", "\\", "~")) or ".." in parts or Path(text).is_absolute():
            raise line.error(f"path {text!r} leaves the data folder {self.root}; write it relative to that folder")
        full = self.root
        for part in parts:
            full = full / self._spelt(full, part)
        if not self._inside(full):
            raise line.error(f"path {text!r} leaves the data folder {self.root} through a symbolic link")
        return full

    def _inside(self, full: Path) -> bool:
        """Whether a path stays in the folder when links are followed; folders are cached, as lists are long."""
        if full.is_symlink():
            return full.resolve().is_relative_to(self._resolved)
        folder = full.parent
        if folder not in self._safe:
            self._safe[folder] = folder.resolve().is_relative_to(self._resolved)
        return self._safe[folder]

    def _spelt(self, folder: Path, part: str) -> str:
        names = self._listing(folder).get(part.lower(), [])
        return names[0] if part not in names and len(names) == 1 else part

    def _listing(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._names:
            found: dict[str, list[str]] = {}
            for name in _children(folder):
                found.setdefault(name.lower(), []).append(name)
            self._names[folder] = found
        return self._names[folder]


def _children(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from sorted(child.name for child in folder.iterdir())


def label_of(name: str, classes: Sequence[str], line: Line, source: str) -> int:
    """Index of a class name, in any letter case if that is unambiguous.

    Raises `AnnotationError` with the nearest names; `source` says where the classes come from.
    """
    if name in classes:
        return classes.index(name)
    alike = [index for index, known in enumerate(classes) if known.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    close = get_close_matches(name, classes, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise line.error(f"class {name!r} is not in {source}.{hint}")
