"""Where the command line looks for a data set that is not part of the project."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]


@pytest.fixture
def clips(made_clips: Callable[..., Path], tmp_path: Path) -> Path:
    made = made_clips(classes=2, per_class=1)
    for index, file in enumerate(sorted((made / "test").glob("*.mp4"))):
        (tmp_path / "mine" / "test" / f"class_{index}").mkdir(parents=True)
        file.rename(tmp_path / "mine" / "test" / f"class_{index}" / file.name)
    return tmp_path / "mine"


def test_verify_finds_the_folder_by_option_environment_and_configuration(
    cli: Cli, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CONFIG", str(tmp_path / "config.yaml"))
    (tmp_path / "config.yaml").write_text("data: {}\n")
    monkeypatch.delenv("HARNESS_DATA_VIDEOS", raising=False)
    missing = cli("datasets", "verify", "videos")
    assert missing.exit_code == 2
    given = cli("datasets", "verify", "videos", "--data", clips, "--json")
    assert given.exit_code == 0 and json.loads(given.stdout)["clips"] == {"test": 2}
    (tmp_path / "config.yaml").write_text(f"data: {{videos: {clips}}}\n")
    assert json.loads(cli("datasets", "verify", "videos", "--json").stdout) == json.loads(given.stdout)
    monkeypatch.setenv("HARNESS_DATA_VIDEOS", str(tmp_path / "none"))  # the environment comes before the file
    assert cli("datasets", "verify", "videos").exit_code == 2
    assert cli("datasets", "verify", "videos", "--data", clips).exit_code == 0


@pytest.mark.assets
def test_show_real_clips(cli: Cli, assets: Path) -> None:
    shown = cli("datasets", "show", "ucf101", "--data", assets / "ucf101-subset", "--json")
    facts = {split["split"]: split for split in json.loads(shown.stdout)["splits"]}
    assert {name: (f["clips"], f["groups"]) for name, f in facts.items()} == {"train1": (198, 198), "test1": (154, 77)}
    assert facts["test1"]["sizes"] == {"320x240": 154}
