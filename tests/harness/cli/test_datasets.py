"""`harness datasets`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from harness.datasets.annotated import AnnotatedDataset
from harness.datasets.digests import split_digest

Cli = Callable[..., Result]
PLUGIN = """
from pathlib import Path
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import UsageError
from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec

class Made(AnnotatedDataset):
    splits = ("test", "train")
    def clips(self, split):
        if split == "train":
            raise UsageError("train is not here; get it: somewhere")
        return super().clips(split)

def open_dataset(*, root, name):
    return Made(root or Path(r"{data}"), name)

def build(out, *, seed, splits=("train", "test"), workers=None, progress=None):
    out.mkdir(parents=True)
    for done in range(3):
        progress(done + 1, 3)
    (out / "made.txt").write_text(f"{{seed}} {{splits}} {{workers}}")

@hookimpl
def harness_datasets():
    yield DatasetSpec("made", "made clips", f"{{__name__}}:open_dataset", options={{"name": "made"}},
                      builder=f"{{__name__}}:build")
    yield DatasetSpec("given", "comes from elsewhere", f"{{__name__}}:open_dataset", options={{"name": "given"}})
"""


@pytest.fixture
def data(made_clips: Callable[..., Path]) -> Path:
    return made_clips()


@pytest.fixture
def plugin(tmp_path: Path, data: Path) -> Path:
    file = tmp_path / "made_plugin.py"
    file.write_text(PLUGIN.format(data=data))
    return file


def test_list_says_what_is_here_and_what_is_not(cli: Cli, plugin: Path) -> None:
    shown = cli("datasets", "list", "--plugin", plugin)
    assert shown.exit_code == 0
    for text in ("mini-2", "made clips", "6 clips", "train is not here; get it: somewhere"):
        assert text in shown.output
    rows = {row["name"]: row for row in json.loads(cli("datasets", "list", "--json").output)}
    assert rows["made"]["splits"] == {"test": 6, "train": "train is not here; get it: somewhere"}
    assert rows["made"]["can_build"] and not rows["given"]["can_build"]
    assert rows["mini-2"]["splits"]["test"] >= 100


def test_show_counts_clips_groups_sizes_and_classes(cli: Cli, plugin: Path) -> None:
    shown = cli("datasets", "show", "made", "--plugin", plugin)
    assert shown.exit_code == 0
    for text in ("made test: 6 clips in 2 groups", "40x32 (6)", "class_2", "train is not here"):
        assert text in shown.output
    content = json.loads(cli("datasets", "show", "made:name=other", "--json").output)
    assert content["splits"][0]["per_class"] == {"class_0": 2, "class_1": 2, "class_2": 2}
    assert list(content["absent"]) == ["train"]


def test_verify_passes_and_prints_the_digest(cli: Cli, plugin: Path, data: Path) -> None:
    result = cli("datasets", "verify", "made", "--split", "test", "--plugin", plugin)
    assert result.exit_code == 0
    digest = split_digest(AnnotatedDataset(data, "made").clips("test"))
    assert f"test: 6 clips, digest {digest}" in result.output and "0 problem(s)" in result.output


def test_verify_fails_on_a_broken_clip(cli: Cli, plugin: Path, data: Path) -> None:
    (data / "test" / "clip_5.mp4").write_bytes(b"no video")
    result = cli("datasets", "verify", "made", "--split", "test", "--plugin", plugin)
    assert result.exit_code == 1
    assert "unreadable test/clip_5: clip 'clip_5'" in result.output and "1 problem(s)" in result.output


def test_another_folder_is_used_where_given(cli: Cli, plugin: Path, tmp_path: Path) -> None:
    result = cli("datasets", "verify", "made", "--split", "test", "--data", tmp_path / "none", "--plugin", plugin)
    assert result.exit_code == 1 and "annotation test:" in result.output


def test_build_calls_the_builder(cli: Cli, plugin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    result = cli("datasets", "build", "made", "--seed", "3", "--split", "train", "--workers", "2", "--plugin", plugin)
    assert result.exit_code == 0
    assert (tmp_path / "home" / "datasets" / "made" / "made.txt").read_text() == "3 ['train'] 2"
    assert cli("datasets", "build", "made", "--out", tmp_path / "here").exit_code == 0
    assert (tmp_path / "here" / "made.txt").read_text() == "0 ('train', 'test') None"


def test_building_a_data_set_without_a_builder_is_refused(cli: Cli, plugin: Path) -> None:
    result = cli("datasets", "build", "given", "--plugin", plugin)
    assert result.exit_code == 2 and "'given' is not made here: comes from elsewhere" in result.stderr
    assert "Did you mean 'mini-2'" in cli("datasets", "build", "mimi").stderr
