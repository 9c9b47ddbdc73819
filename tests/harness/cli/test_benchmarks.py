"""`harness benchmarks` says what there is, of what it consists, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import yaml
from typer.testing import Result

from harness.planning.benchmark import find_benchmark, shipped_benchmarks

Cli = Callable[..., Result]


def test_every_shipped_benchmark_is_listed_with_its_clips_or_how_to_get_them(cli: Cli) -> None:
    rows = {row["name"]: row for row in json.loads(cli("benchmarks", "list", "--json").output)}
    assert list(rows) == list(shipped_benchmarks())
    assert rows["mini-2"]["data"] == "480 clips are here"
    assert "no folder given" in rows["ucf101-x4"]["data"]
    text = cli("benchmarks", "list").output
    assert "mini-2, split test: 480 clips are here" in text


def test_a_file_is_shown_with_what_is_missing(cli: Cli, tmp_path: Path, made_clips: Callable[..., Path]) -> None:
    changes = {"sr": ["mine=vdsr:num_layer=3", "bicubic", "swinir"], "pairs": ["mine+bicubic"]}
    file = tmp_path / "my.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    found = json.loads(cli("benchmarks", "show", file, "--data", made_clips(), "--json").output)
    assert found["file"] == str(file) and found["data"] == "6 clips are here"
    assert found["benchmark"]["pairs"] == ["mine+bicubic"] and found["benchmark"]["published"] is None
    states = {part["name"]: part["state"] for part in found["parts"]}
    assert states["bicubic"] == "here" and states["tsn.spatial"] == "weights mini-2 are here"
    assert "has no weights 'mini-2'" in states["swinir"] and "mine" in states
    text = cli("benchmarks", "show", file, "--data", tmp_path / "none").output
    assert f"file: {file}" in text and "\nsr:\n- mine=vdsr:num_layer=3\n" in text and "\nrecognisers:\n" in text


def test_an_unknown_benchmark_gets_a_suggestion(cli: Cli) -> None:
    result = cli("benchmarks", "show", "mnii")
    assert result.exit_code == 2 and "Did you mean 'mini-2'" in result.stderr
