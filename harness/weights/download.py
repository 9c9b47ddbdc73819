"""Files from the web whose checksum is known."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.contracts import Progress
from harness.errors import UsageError, WeightsError
from harness.files import replacing
from harness.weights.connecting import ENVIRONMENT, Way, connected, without_login
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
LARGEST_PAGE = 64 << 20
"""Bytes of a page that is kept in memory."""
NOT_THERE = (404, 410)
NAMED = re.compile(r"-([0-9a-f]{8,64})\.[^.]+$")
DIGITS = re.compile(r"[0-9a-fA-F]{8,64}")
NAME_KEPT = 100


class NotThereError(WeightsError):
    """The server has nothing at this address."""


def download(url: str, target: Path, sha256: str, progress: Progress | None = None, way: Way = ENVIRONMENT) -> None:
    """Download a file whose checksum, or its first digits, is known; empty if what is in the file will be checked.

    `progress` is called with bytes so far and bytes in all (0 when the server does not say).
    The file appears under its name only when its checksum is right. Raises `WeightsError` naming the URL otherwise.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as partial:
            with partial.open("wb") as file:
                bound = min(LARGEST, _free(target.parent))
                found, _ = _fetch(url, file, progress or (lambda done, total: None), way, bound)
            if not found.startswith(sha256.lower()):
                wrong = f"wrong checksum; expected sha256 {sha256}, found {found}; nothing was installed"
                raise WeightsError(f"{without_login(url)}: {wrong}")
    except OSError as error:
        raise WeightsError(f"cannot write {target.parent}: {error} ({_free(target.parent) >> 20} MiB free)") from error


def page(url: str, way: Way) -> tuple[str, str]:
    """The text of a page, and the address that redirects led to. Raises `NotThereError` and `WeightsError`."""
    content = BytesIO()
    _, address = _fetch(url, content, lambda done, total: None, way, LARGEST_PAGE)
    return content.getvalue().decode("utf-8", "replace"), address


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


def _fetch(url: str, file: IO[bytes], progress: Progress, way: Way, bound: int) -> tuple[str, str]:
    """Fetch a URL into an open file; the sha256 of what was received, and the address that redirects led to."""
    import httpx

    with connected(way, TIMEOUT_SECONDS) as client, Watch(WINDOW_SECONDS, SLOWEST) as watch:
        try:
            with closing(_answer(url, client, watch)) as response:
                return _receive(url, response, file, progress, watch, bound), str(response.url)
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


def _receive(url: str, response: httpx.Response, file: IO[bytes], progress: Progress, watch: Watch, bound: int) -> str:
    if response.status_code not in WHOLE:
        problem = NotThereError if response.status_code in NOT_THERE else WeightsError
        raise _failed(url, f"{response.status_code} {response.reason_phrase}".rstrip(), problem)
    total = int(response.headers.get("Content-Length", 0))  # httpx has checked that it is a number
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


def _failed(url: str, reason: str, kind: type[WeightsError] = WeightsError) -> WeightsError:
    return kind(f"cannot download {without_login(url)}: {reason}")


def _free(folder: Path) -> int:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(there).free
