"""Files from the web whose checksum is known."""

from __future__ import annotations

import hashlib
import re
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from harness.contracts import Progress
from harness.errors import UsageError, WeightsError
from harness.files import replacing
from harness.weights.watching import Watch

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 30.0
"""For a connection, and for the next bytes."""
SLOWEST, WINDOW_SECONDS = 1024, 60.0
"""Bytes a second, averaged over this many seconds, below which a download is given up."""
TOO_SLOW = f"less than {SLOWEST} bytes a second came; try again"
LONGEST_SECONDS = 24 * 3600.0
"""For all of a file."""
LARGEST = 8 << 30
"""Bytes; more than any checkpoint has, so that a download that never ends is stopped."""
REDIRECTS = 10
WHOLE = (200, 203)
"""Statuses of a response that is a whole file; the second is a proxy's."""
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

    with _client() as client, Watch(WINDOW_SECONDS, SLOWEST) as watch:
        try:
            with closing(_answer(url, client, watch)) as response:
                return _receive(url, response, file, progress, watch)
        except httpx.UnsupportedProtocol as error:
            raise _failed(url, "weights are pulled over http or https only") from error
        except httpx.TimeoutException as error:
            raise _failed(url, f"nothing came for {TIMEOUT_SECONDS:g} seconds; try again") from error
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            UnicodeError,
            OverflowError,
        ) as error:  # the last two: odd host, port
            raise _failed(url, TOO_SLOW if watch.expired else str(error) or type(error).__name__) from error


def _answer(url: str, client: httpx.Client, watch: Watch) -> httpx.Response:
    """The response that redirects lead to, its content not yet read; what redirects themselves contain is not read."""
    request = client.build_request("GET", url, extensions={"trace": watch.trace})
    for _ in range(REDIRECTS):
        response = client.send(request, stream=True)
        if response.next_request is None:
            return response
        response.close()
        if request.url.scheme == "https" and response.next_request.url.scheme == "http":
            raise _failed(url, f"it leads from https to {response.next_request.url}, where anybody may change the file")
        request = response.next_request
    raise _failed(url, f"more than {REDIRECTS} redirects, one after another")


def _trusted() -> ssl.SSLContext:
    """The system's authorities, which a company may have added to, and Mozilla's if the system has none."""
    import certifi

    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    return trusted


def _client() -> httpx.Client:
    import httpx

    # uncompressed: a checksum is of the file, not of what a server or a proxy makes of it on the way
    settings: dict[str, Any] = {"headers": {"Accept-Encoding": "identity"}, "follow_redirects": False}
    try:
        return httpx.Client(verify=_trusted(), timeout=TIMEOUT_SECONDS, **settings)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise WeightsError(f"the environment names a proxy that cannot be used: {error}") from error


def _receive(url: str, response: httpx.Response, file: BinaryIO, progress: Progress, watch: Watch) -> str:
    if response.status_code not in WHOLE:
        raise _failed(url, f"{response.status_code} {response.reason_phrase}".rstrip())
    total = int(response.headers.get("Content-Length", 0))  # httpx has checked that it is a number
    bound = min(LARGEST, _free(Path(file.name).parent))
    digest, done, until = hashlib.sha256(), 0, time.monotonic() + LONGEST_SECONDS
    for piece in response.iter_raw():
        done += len(piece)
        if time.monotonic() > until:
            raise _failed(url, f"not complete after {LONGEST_SECONDS / 3600:g} hours; try again over a faster line")
        if max(done, total) > bound:
            raise _failed(url, f"more than {bound >> 20} MiB, which is the most that fits here")
        if watch.too_slow(done):
            raise _failed(url, TOO_SLOW)
        file.write(piece)
        digest.update(piece)
        progress(done, total)
    return digest.hexdigest()


def _failed(url: str, reason: str) -> WeightsError:
    return WeightsError(f"cannot download {url}: {reason}")


def _free(folder: Path) -> int:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(there).free
