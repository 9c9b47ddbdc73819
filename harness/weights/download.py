"""Files from the web whose checksum is known."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from harness.contracts import Progress
from harness.errors import UsageError, WeightsError

CHUNK = 1 << 20
TIMEOUT_SECONDS = 30.0
NAMED = re.compile(r"-([0-9a-f]{8,64})\.[^.]+$")
DIGITS = re.compile(r"[0-9a-fA-F]{8,64}")


def download(url: str, target: Path, sha256: str, progress: Progress | None = None) -> None:
    """Download a file whose checksum, or its first digits, is known.

    `progress` is called with bytes so far and bytes in all (0 when the server does not say).
    The file appears under its name only when its checksum is right. Raises `WeightsError` naming the URL otherwise.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    try:
        found = _download(url, Path(partial), progress)
        if not found.startswith(sha256.lower()):
            raise WeightsError(f"{url}: wrong checksum; expected sha256 {sha256}, found {found}; nothing was installed")
        os.replace(partial, target)
    finally:
        Path(partial).unlink(missing_ok=True)


@contextmanager
def fetched(url: str, digits: str | None, progress: Progress | None = None) -> Iterator[Path]:
    """A file from the web, checked, there for as long as the context lasts.

    `digits` is its sha256 or how it begins; None where the file's name ends with them, as those of MMAction2's zoo and
    of torch's hub do. Raises `UsageError` where it is not known, and `WeightsError` as `download` does.
    """
    name = Path(urlsplit(url).path).name or "file"
    named = NAMED.search(name)
    known = digits or (named[1] if named else "")
    if not DIGITS.fullmatch(known):
        raise UsageError(f"{url}: give --sha256 with its checksum, or the first eight digits of it at least")
    with tempfile.TemporaryDirectory() as folder:
        download(url, Path(folder) / name, known, progress)
        yield Path(folder) / name


def _download(url: str, target: Path, progress: Progress | None) -> str:
    """Fetch a URL into a file and return the sha256 of what came."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise WeightsError(f"{url}: weights are pulled over http or https only")
    digest, done = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response, target.open("wb") as file:
            total = int(response.headers.get("Content-Length") or 0)
            while chunk := response.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise WeightsError(f"cannot download {url}: {error}") from error
    except OSError as error:
        free = shutil.disk_usage(target.parent).free
        raise WeightsError(f"cannot write {target.parent}: {error} ({free >> 20} MiB free)") from error
    return digest.hexdigest()
