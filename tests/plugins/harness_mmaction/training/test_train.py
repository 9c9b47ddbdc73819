"""A short training through mmengine's Runner, resumed once, ends in weights that the recogniser loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness_mmaction.training.recipe import Recipe, load_recipe, read_recipe
from harness_mmaction.training.train import train
from harness_mmaction.tsn import build

CLASSES = ["right", "down"]


@pytest.fixture
def benchmark(tmp_path: Path) -> str:
    """The mini benchmark under another name."""
    path = tmp_path / "tiny.yaml"
    path.write_text((benchmarks_folder() / "mini.yaml").read_text().replace("name: mini", "name: tiny"))
    return str(path)


def recipe(epochs: int) -> Recipe:
    values = load_recipe("mini", "tsn").model_dump()
    small = {"crop": 32, "batch": 4, "validate_every": 1, "held_out": 0.25}
    return Recipe.model_validate({**values, **small, "epochs": {"spatial": epochs, "temporal": epochs}})


def asked(benchmark: str, out: Path, data: Path, **more: Any) -> TrainingRequest:
    return TrainingRequest("tsn", benchmark, out, device="cpu", data=data, **more)


def test_training_resumes_and_its_weights_load(
    drifting_clips: Path, benchmark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    train(asked(benchmark, out, drifting_clips), recipe=recipe(2))
    assert "decoding: 16 of 16" in capsys.readouterr().out
    for stream in ("spatial", "temporal"):
        weights = out / f"tsn-{stream}-tiny.safetensors"
        card = weights.with_suffix(".md").read_text()
        assert "2 of 3 iterations" in card and "16 clips" in card and "4 clips of the training split" in card
        recognizer = build(
            stream=stream, class_names=CLASSES, device=torch.device("cpu"), weights=weights,
            segments=3, crops="full", short_side=32,
        )  # fmt: skip
        wants = recognizer.wants(6)
        scores = recognizer.scores(torch.rand(len(wants.frames), 3, 32, 36), torch.rand(len(wants.pairs), 2, 32, 36))
        assert scores.shape == (2,) and bool(torch.isfinite(scores).all())
    before = (out / "tsn-spatial-tiny.safetensors").read_bytes()

    train(asked(benchmark, out, drifting_clips, resume=True), recipe=recipe(4), streams=["spatial"])
    assert "4 of 3 iterations" in (out / "tsn-spatial-tiny.md").read_text()
    log = "".join(path.read_text() for path in sorted((out / "spatial").rglob("*.log")))
    assert "resumed epoch: 2, iter: 6" in log
    assert "Epoch(train) [3]" in log or "Epoch(val) [4]" in log
    assert (out / "tsn-spatial-tiny.safetensors").read_bytes() != before
    card = (out / "tsn-spatial-tiny.md").read_text()

    train(asked(benchmark, out, drifting_clips, resume=True), recipe=recipe(4), streams=["spatial"])
    again = (out / "tsn-spatial-tiny.md").read_text()
    assert unchanged(again) == unchanged(card), "a training that is complete is exported again as it was"
    assert "decoding" not in capsys.readouterr().out, "the cache must be used again"


def unchanged(card: str) -> list[str]:
    """A card's lines without the time, which goes on counting."""
    return [line for line in card.splitlines() if not line.startswith("| time")]


def test_checkpoints_hold_nothing_that_torch_refuses(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(asked(benchmark, out, drifting_clips, iters=1), recipe=recipe(9), streams=["spatial"])
    checkpoint = torch.load(out / "spatial" / "epoch_1.pth", weights_only=True)
    assert checkpoint["meta"]["epoch"] == 1, "one iteration is rounded up to an epoch"
    assert {"state_dict", "optimizer"} <= checkpoint.keys()


def test_crops_that_do_not_fit(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    large = recipe(1).model_copy(update={"crop": 64})
    with pytest.raises(UsageError, match="crops of 64 pixels do not fit in frames of 36x32"):
        train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=large, streams=["spatial"])


def test_a_network_without_pretrained_weights_does_not_pass_for_one(
    drifting_clips: Path, benchmark: str, tmp_path: Path
) -> None:
    bninception = {"options": {"config": "recognition/tsn/tsn_bninception_{stream}.yaml"}}
    chosen = Recipe.model_validate({**recipe(1).model_dump(), **bninception})
    with pytest.raises(UsageError, match=r"tsn_bninception_spatial.yaml names no pretrained weights.*start: scratch"):
        train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=chosen, streams=["spatial"])
    scratch = Recipe.model_validate({**chosen.model_dump(), "start": "scratch"})
    train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=scratch, streams=["spatial"])
    assert "tsn_bninception_spatial.yaml" in (tmp_path / "out" / "tsn-spatial-tiny.md").read_text()


def test_a_recipe_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "tsn.yaml"
    path.write_text("seed: 0\nlearning_rate: -1\n")
    with pytest.raises(UsageError, match=r"tsn\.yaml[\s\S]*learning_rate"):
        read_recipe(path)
    with pytest.raises(UsageError, match="no training recipe for tsn on benchmark nowhere"):
        load_recipe("nowhere", "tsn")


def test_what_a_recogniser_has_no_use_for_is_refused(tmp_path: Path) -> None:
    cases = (({"scale": 2}, "--scale: tsn is a recogniser"), ({"recipe": "no"}, "--recipe no: no such file"))
    for more, message in cases:
        with pytest.raises(UsageError, match=message):
            train(TrainingRequest("tsn", "mini", tmp_path, **more))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="give --benchmark"):
        train(TrainingRequest("tsn", None, tmp_path, data=tmp_path))
