from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import config_file, data_folder, data_variable, load_config
from harness.errors import UsageError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("data: {ucf101: /configured, mine: near}\n")
    monkeypatch.setenv("HARNESS_CONFIG", str(path))
    monkeypatch.delenv("HARNESS_DATA_UCF101", raising=False)
    return path


def test_the_nearer_place_wins(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder("ucf101") == Path("/configured")
    monkeypatch.setenv("HARNESS_DATA_UCF101", "/from-environment")
    assert data_folder("ucf101") == Path("/from-environment")
    assert data_folder("ucf101", Path("/given")) == Path("/given")
    assert data_folder("hmdb51") is None
    assert data_variable("my-clips.2") == "HARNESS_DATA_MY_CLIPS_2"


def test_relative_folders_start_at_the_file(file: Path) -> None:
    assert data_folder("mine") == file.parent / "near"


def test_without_a_file_nothing_is_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_file() == tmp_path / ".config" / "harness" / "config.yaml"
    assert load_config().data == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: [a]", r"config\.yaml: data: .*dictionary"),
        ("folders: {}", r"config\.yaml: folders: Extra inputs"),
        ("data: {", r"config\.yaml: not YAML"),
        ("- a", r"config\.yaml: \(file\)"),
    ],
)
def test_a_broken_file_is_named(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        load_config()


def test_a_file_that_the_variable_names_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CONFIG", str(tmp_path / "none.yaml"))
    with pytest.raises(UsageError, match="does not exist"):
        load_config()
