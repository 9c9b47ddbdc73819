"""Files from the web whose checksum is known."""

from __future__ import annotations

import hashlib
import re
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from harness.contracts import Progress
from harness.errors import UsageError, WeightsError
from harness.files import replacing

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 30.0
"""For a connection, and for the next bytes."""
SLOWEST, WINDOW_SECONDS = 1024, 60.0
"""Bytes a second, averaged over this many seconds, below which a download is given up."""
LARGEST = 16 << 30
"""Bytes; more than any checkpoint has, so that a download that never ends is stopped."""
NAMED = re.compile(r"-([0-9a-f]{8,64})\.[^.]+$")
DIGITS = re.compile(r"[0-9a-fA-F]{8,64}")
NAME_KEPT = 100


def download(url: str, target: Path, sha256: str, progress: Progress | None = None) -> None:
    """Download a file whose checksum, or its first digits, is known.

    `progress` is called with bytes so far and bytes in all (0 when the server does not say).
    The file appears under its name only when its checksum is right. Raises `WeightsError` naming the URL otherwise.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as partial:
            with partial.open("wb") as file:
                found = _fetch(url, file, progress or (lambda done, total: None))
            if not found.startswith(sha256.lower()):
                raise WeightsError(
                    f"{url}: wrong checksum; expected sha256 {sha256}, found {found}; nothing was installed"
                )
    except OSError as error:
        raise WeightsError(f"cannot write {target.parent}: {error} ({_free(target.parent) >> 20} MiB free)") from error


@contextmanager
def fetched(url: str, digits: str | None, progress: Progress | None = None) -> Iterator[Path]:
    """A file from the web, checked, kept for as long as the context lasts.

    `digits` is its sha256 or its first digits; None if the file's name ends with them, as those of MMAction2's zoo and
    of torch's hub do. Raises `UsageError` if it is not known, and `WeightsError` as `download` does.
    """
    name = _file_name(url)
    named = NAMED.search(name)
    known = digits or (named[1] if named else "")
    if not DIGITS.fullmatch(known):
        raise UsageError(f"{url}: give --sha256 with its checksum, or at least the first eight digits of it")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        download(url, file, known, progress)
        yield file


def _file_name(url: str) -> str:
    path = re.split(r"[?#]", url)[0].partition("://")[2]
    return path.partition("/")[2].rpartition("/")[2][-NAME_KEPT:].strip(".") or "file"


def _fetch(url: str, file: BinaryIO, progress: Progress) -> str:
    """Fetch a URL into an open file and return the sha256 of what was received."""
    import httpx

    try:
        with _client() as client, client.stream("GET", url) as response:
            return _receive(url, response, file, progress)
    except httpx.UnsupportedProtocol as error:
        raise WeightsError(f"cannot download {url}: weights are pulled over http or https only") from error
    except httpx.TimeoutException as error:
        raise WeightsError(f"cannot download {url}: nothing came for {TIMEOUT_SECONDS:g} seconds; try again") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OverflowError) as error:  # the last two: odd host, port
        raise WeightsError(f"cannot download {url}: {str(error) or type(error).__name__}") from error


def _client() -> httpx.Client:
    import certifi
    import httpx

    # the system's authorities, which a company may have added to, and Mozilla's if the system has none
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    # uncompressed: a checksum is of the file, not of what a server or a proxy makes of it on the way
    settings: dict[str, Any] = {"headers": {"Accept-Encoding": "identity"}, "follow_redirects": True}
    try:
        return httpx.Client(verify=trusted, timeout=TIMEOUT_SECONDS, **settings)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise WeightsError(f"the environment names a proxy that cannot be used: {error}") from error


def _receive(url: str, response: httpx.Response, file: BinaryIO, progress: Progress) -> str:
    if not response.is_success:
        raise WeightsError(f"cannot download {url}: {response.status_code} {response.reason_phrase}".rstrip())
    total = int(response.headers.get("Content-Length", 0))  # httpx has checked that it is a number
    bound = min(LARGEST, _free(Path(file.name).parent))
    digest, done, pace = hashlib.sha256(), 0, _Pace()
    for piece in response.iter_raw():
        done += len(piece)
        if max(done, total) > bound:
            raise WeightsError(f"cannot download {url}: more than {bound >> 20} MiB, which is the most that fits here")
        if pace.too_slow(done):
            raise WeightsError(f"cannot download {url}: less than {SLOWEST} bytes a second came; try again")
        file.write(piece)
        digest.update(piece)
        progress(done, total)
    return digest.hexdigest()


class _Pace:
    """Notices a server that keeps the connection alive with a byte now and then."""

    def __init__(self) -> None:
        self._since, self._done = time.monotonic(), 0

    def too_slow(self, done: int) -> bool:
        """Whether the window that ends now brought too little; `done` is all bytes so far."""
        seconds = time.monotonic() - self._since
        if seconds < WINDOW_SECONDS:
            return False
        slow = done - self._done < SLOWEST * seconds
        self._since, self._done = time.monotonic(), done
        return slow


def _free(folder: Path) -> int:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(there).free
