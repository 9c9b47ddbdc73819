"""The schema of leaderboard.json, on files that were really written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from harness.leaderboard.json import render
from harness.leaderboard.schema import model, schema
from harness.leaderboard.table import build


@pytest.fixture
def text(full_run: Any) -> str:
    record = full_run.record(pairs=["rcan+vdsr"])
    numbers = [{"recognizer": "tsn", "stream": "spatial", "method": "bicubic", "top1": 71.25}]
    record.info["published"] = {"numbers": numbers, "sources": ["Table 4"], "reasons": []}
    return render(build(record))


def test_a_written_table_fits_the_schema_and_no_key_is_unknown_but_probes_numbers(text: str) -> None:
    model().model_validate_json(text)
    known = set(schema()["$defs"]["Record"]["properties"])
    found = set(json.loads(text)["records"][0])
    assert found - known == {
        "psnr_y", "ssim_y", "flow_epe", "warp_error", "flow_bad1", "psnr_y_infinite", "fps"
    }  # fmt: skip
    assert known - found == set()


def test_a_table_without_published_numbers_fits_too(full_run: Any) -> None:
    model().model_validate_json(render(build(full_run.record())))


@pytest.mark.parametrize(
    ("key", "value"),
    [("spatial_top1", "high"), ("status", None), ("clips", 1.5), ("fusion_best", 1), ("psnr_y", "30 dB"), ("sr", 3)],
)
def test_a_wrong_type_does_not_fit(text: str, key: str, value: Any) -> None:
    content = json.loads(text)
    content["records"][0][key] = value
    with pytest.raises(ValidationError, match=key):
        model().model_validate_json(json.dumps(content))


def test_a_missing_key_and_an_unknown_one_of_the_table_do_not_fit(text: str) -> None:
    content = json.loads(text)
    del content["records"][0]["temporal_delta"]
    with pytest.raises(ValidationError, match="temporal_delta"):
        model().model_validate_json(json.dumps(content))
    with pytest.raises(ValidationError, match="colour"):
        model().model_validate_json(json.dumps({**json.loads(text), "colour": "red"}))


def test_every_fact_is_described() -> None:
    properties = schema()["$defs"]["Record"]["properties"]
    assert [key for key, facts in properties.items() if not facts.get("description")] == []
    assert properties["spatial_top1"]["description"] == "Top-1 accuracy over clips."
