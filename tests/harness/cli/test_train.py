"""`harness train`: which trainer is called, and with what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]
PLUGIN = """
import json
from harness.hookspecs import hookimpl
from harness.specs import RecognizerSpec, SRMethodSpec

def train(request):
    r = request
    given = [r.name, r.benchmark, r.iters, r.resume, r.device, r.scale, r.arch, r.recipe, r.cache_size]
    if r.dry_run:
        print("dry", given)
    else:
        (r.out / "given.json").write_text(json.dumps(given))

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("net", "a network", "harness.methods:Bicubic", trainer=f"{__name__}:train")

@hookimpl
def harness_recognizers():
    yield RecognizerSpec("looker", "a recogniser", "harness.methods:Bicubic", trainer=f"{__name__}:train")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "training_plugin.py"
    file.write_text(PLUGIN)
    return file


@pytest.mark.parametrize("name", ["net", "looker"])
def test_the_trainer_is_called_with_a_fresh_folder(cli: Cli, plugin: Path, tmp_path: Path, name: str) -> None:
    result = cli("train", name, "--iters", "20", "--device", "cpu", "--plugin", plugin)
    assert result.exit_code == 0, result.stderr
    given = tmp_path / "runs" / "train" / f"mini-2-{name}" / "given.json"
    assert given.read_text() == f'["{name}", "mini-2", 20, false, "cpu", null, null, null, 20.0]'


def test_an_earlier_training_is_not_overwritten_but_resumed(cli: Cli, plugin: Path, tmp_path: Path) -> None:
    command = ["train", "net", "--out", tmp_path / "out"]
    assert cli(*command, "--plugin", plugin).exit_code == 0
    again = cli(*command)
    assert again.exit_code == 2 and "--resume" in again.stderr
    assert cli(*command, "--resume").exit_code == 0
    assert "true" in (tmp_path / "out" / "given.json").read_text()


def test_wrong_names_and_an_unwritable_folder_are_refused(cli: Cli, plugin: Path, tmp_path: Path) -> None:
    result = cli("train", "bicubic", "--plugin", plugin)
    assert result.exit_code == 2 and "'bicubic' has no trainer" in result.stderr and "looker, net" in result.stderr
    assert "Did you mean 'net'" in cli("train", "nett").stderr
    assert "unknown benchmark 'mimi'" in cli("train", "net", "--benchmark", "mimi").stderr
    (tmp_path / "file").write_text("")
    result = cli("train", "net", "--out", tmp_path / "file" / "out")
    assert result.exit_code == 2 and "cannot write to" in result.stderr


def test_videos_arch_and_recipe_reach_the_trainer(cli: Cli, plugin: Path, tmp_path: Path) -> None:
    options = ["--data", tmp_path, "--scale", "2", "--arch", "edsr", "--recipe", "paper", "--cache-size", "0.5"]
    assert cli("train", "net", *options, "--plugin", plugin).exit_code == 0
    given = tmp_path / "runs" / "train" / f"{tmp_path.name}-net-edsr-paper" / "given.json"
    assert given.read_text() == '["net", null, null, false, "auto", 2, "edsr", "paper", 0.5]'


def test_with_data_and_a_benchmark_the_folder_is_named_after_the_benchmark(cli: Cli, plugin: Path) -> None:
    assert cli("train", "net", "--benchmark", "mini-2", "--data", plugin.parent, "--plugin", plugin).exit_code == 0
    assert (plugin.parent / "runs" / "train" / "mini-2-net" / "given.json").is_file()


def test_a_dry_run_writes_nothing(cli: Cli, plugin: Path, tmp_path: Path) -> None:
    result = cli("train", "net", "--dry-run", "--plugin", plugin)
    assert result.exit_code == 0 and "dry" in result.stdout
    assert not (tmp_path / "runs").exists()


def test_only_the_first_process_checks_the_folder(
    cli: Cli, plugin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "being-trained").write_text("")
    command = ["train", "net", "--out", tmp_path / "out", "--plugin", plugin]
    assert cli(*command).exit_code == 2
    monkeypatch.setenv("RANK", "1")
    result = cli(*command[:-2])
    assert result.exit_code == 0 and "trained" not in result.stdout
