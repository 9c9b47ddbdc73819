"""The weights that come with the package: those that are declared, and a recogniser that knows its row."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import api
from harness.paths import package_path
from harness.registry import registry
from harness.specs import RecognizerSpec
from harness.weights.catalogue import verify

CLIPS, CHANCE = 12, 100 / 12


def test_weights_folder_holds_what_is_declared() -> None:
    found = verify(registry().get(RecognizerSpec, "attentive"))
    assert {status.weights.stream: status.problem for status in found} == {"spatial": "", "temporal": ""}
    files = package_path("harness_attentive:weights").glob("*.safetensors")
    assert set(files) == {status.path for status in found}
    assert all(status.path.with_suffix(".md").is_file() for status in found)


@pytest.mark.slow
def test_it_recognises_frames_of_the_row_that_it_learnt_from(tmp_path: Path) -> None:
    done = api.run(
        "mini-2-12x16", sr="span|span", recognizer="attentive", limit=CLIPS, out=tmp_path / "run", device="cpu"
    )
    assert done.ok
    (row,) = (row for row in api.leaderboard(tmp_path / "run").rows if row.sr == "span|span")
    found = {stream: scores.top1 or 0 for stream, scores in row.streams.items()}
    assert min(found["spatial"], found["temporal"]) >= 4 * CHANCE, found
