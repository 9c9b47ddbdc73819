"""`harness schema` prints what the files of a run and of a user really look like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError
from typer.testing import Result

from harness.planning.benchmark import find_benchmark
from harness.running.rows import CellFile

Cli = Callable[..., Result]


def test_every_cell_of_a_run_fits_the_schema_and_the_schema_names_every_fact(
    cli: Cli, tmp_path: Path, made_clips: Callable[..., Path]
) -> None:
    file = tmp_path / "quick.yaml"
    changes = {"sr": ["hr", "bicubic"], "pairs": [], "recognizers": {}, "probes": ["psnr_y"]}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    arguments = ["--benchmark", file, "--data", made_clips(), "--sr", "all,swinir", "--out", tmp_path / "run"]
    assert cli("run", *arguments).exit_code == 0
    named = json.loads(cli("schema", "cell").output)["properties"]
    ended = set()
    for cell in (tmp_path / "run" / "cells").glob("*/cell.json"):
        facts = TypeAdapter(CellFile).validate_json(cell.read_text())
        assert set(json.loads(cell.read_text())) <= set(named)
        ended.add(facts.status)
    assert ended == {"ok", "skipped"}
    with pytest.raises(ValidationError, match="colour"):
        TypeAdapter(CellFile).validate_json(json.dumps({**json.loads(cell.read_text()), "colour": "red"}))


@pytest.mark.parametrize("name", ["benchmark", "cell", "leaderboard"])
def test_every_schema_can_be_printed(cli: Cli, name: str) -> None:
    assert json.loads(cli("schema", name).output)["type"] == "object"


def test_an_unknown_schema_gets_a_suggestion(cli: Cli) -> None:
    result = cli("schema", "cells")
    assert result.exit_code == 2 and "Did you mean 'cell'?" in result.stderr


def test_recipes_have_the_schema_of_what_trains_them(cli: Cli) -> None:
    own = json.loads(cli("schema", "recipe", "vdsr").output)
    assert (
        "stages" in own["properties"]
        and "stages" not in json.loads(cli("schema", "recipe", "tsn").output)["properties"]
    )
    every = json.loads(cli("schema", "recipe").output)
    assert len(every["anyOf"]) == 5
    for arguments, message in (
        (["recipe", "bicubic"], "these have one: .*vdsr"),
        (["cell", "vdsr"], "leave 'vdsr' out"),
    ):
        result = cli("schema", *arguments)
        assert result.exit_code == 2 and re.search(message, result.stderr)
