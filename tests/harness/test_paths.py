"""Where things are kept: the system's folders, and those of earlier versions as long as they are in use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.config import config_file
from harness.paths import config_folder, home

PLACES = [(home, "XDG_CACHE_HOME", ".cache"), (config_folder, "XDG_CONFIG_HOME", ".config")]


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing in it."""
    for name in ("HARNESS_HOME", "HARNESS_CONFIG", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")
@pytest.mark.parametrize(("place", "variable", "folder"), PLACES)
def test_on_linux_the_place_is_where_it_always_was(
    user: Path, place: Callable[[], Path], variable: str, folder: str
) -> None:
    assert place() == user / folder / "harness"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such variables")
@pytest.mark.parametrize(("place", "variable", "folder"), PLACES)
def test_what_lies_in_the_old_place_is_used_until_it_is_moved(
    user: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[], Path], variable: str, folder: str
) -> None:
    monkeypatch.setenv(variable, str(user / "elsewhere"))
    assert place() == user / "elsewhere" / "harness"
    (user / folder / "harness").mkdir(parents=True)
    assert place() == user / folder / "harness"
    (user / "elsewhere" / "harness").mkdir(parents=True)
    assert place() == user / "elsewhere" / "harness"


def test_the_variables_win(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home().mkdir(parents=True)
    monkeypatch.setenv("HARNESS_HOME", str(user / "mine"))
    monkeypatch.setenv("HARNESS_CONFIG", str(user / "mine.yaml"))
    assert home() == user / "mine" and config_file() == user / "mine.yaml"
