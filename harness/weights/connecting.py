"""Connections to servers: whom to trust, and through which proxy."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.errors import WeightsError

if TYPE_CHECKING:
    import httpx


LOGIN = re.compile(r"(?<=//)[^/?#]*@")


@dataclass(frozen=True)
class Way:
    """How to get to a server, beyond what the environment says."""

    proxy: str | None = None
    certificates: str | None = None
    """A file or folder of authorities to be trusted besides the usual ones."""


ENVIRONMENT = Way()
"""What the environment says, and nothing more."""


def without_login(url: str) -> str:
    """A URL without the name and password in it, for messages."""
    return LOGIN.sub("", url, count=1)


def with_login_of(page: str, url: str) -> str:
    """A URL with the name and password in that of a page of the same server."""
    login, at, server = urlsplit(page).netloc.rpartition("@")
    parts = urlsplit(url)
    return parts._replace(netloc=f"{login}{at}{server}").geturl() if at and parts.netloc == server else url


def _trusted(more: str | None) -> ssl.SSLContext:
    """The system's authorities, which a company may have added to, Mozilla's if the system has none, and `more`."""
    import certifi

    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    if more:
        folder = Path(more).is_dir()
        try:
            trusted.load_verify_locations(cafile=None if folder else more, capath=more if folder else None)
        except OSError as error:
            raise WeightsError(f"{more}: has no authorities to trust, as pip is told it has: {error}") from error
    return trusted


def connected(way: Way, timeout: float) -> httpx.Client:
    """A client that waits `timeout` seconds for a connection and for the next bytes.

    Raises `WeightsError` for a proxy or authorities that cannot be used.
    """
    import httpx

    # uncompressed: a checksum is of the file, not of what a server or a proxy makes of it on the way
    settings: dict[str, Any] = {"headers": {"Accept-Encoding": "identity"}, "follow_redirects": False}
    trusted = _trusted(way.certificates)
    try:
        return httpx.Client(verify=trusted, timeout=timeout, proxy=way.proxy, **settings)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        who = "pip's configuration" if way.proxy else "the environment"
        raise WeightsError(f"{who} names a proxy that cannot be used: {error}") from error
