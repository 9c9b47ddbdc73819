"""A short training through mmengine's Runner, resumed once, ends in weights that the recogniser loads."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.training.recipes import find_recipe, read_recipe
from harness.video.frames import open_video
from harness.weights.header import described
from harness_mmaction.training.cache import ClipCache, Look
from harness_mmaction.training.recipe import Recipe
from harness_mmaction.training.train import train
from harness_mmaction.tsn import build

CLASSES = ["right", "down"]


def recipe(epochs: int) -> Recipe:
    values = read_recipe(find_recipe("tsn", "mini-2"), Recipe).model_dump()
    small = {"crop": 32, "batch": 4, "validate_every": 1, "held_out": 0.25}
    return Recipe.model_validate({**values, **small, "epochs": {"spatial": epochs, "temporal": epochs}})


def asked(benchmark: str, out: Path, data: Path, **more: Any) -> TrainingRequest:
    return TrainingRequest("tsn", benchmark, out, device="cpu", data=data, **more)


def test_training_resumes_and_its_weights_load(
    drifting_clips: Path, benchmark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    train(asked(benchmark, out, drifting_clips), recipe=recipe(2))
    assert "decoding: 16 of 16" in capsys.readouterr().err
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
    assert "decoding" not in capsys.readouterr().err, "the cache must be used again"

    rows = list(csv.DictReader((out / "losses.csv").open()))
    assert [int(row["iteration"]) for row in rows] == list(range(1, 13)), "of both parts, each iteration once"
    assert [bool(row["top1"]) for row in rows] == [False, False, True] * 4
    assert all(float(row["loss"]) > 0 for row in rows)
    assert (out / "losses.png").read_bytes().startswith(b"\x89PNG")


def unchanged(card: str) -> list[str]:
    """A card's lines without the time, which differs."""
    return [line for line in card.splitlines() if not line.startswith("| time")]


def test_checkpoints_hold_nothing_that_torch_refuses(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(asked(benchmark, out, drifting_clips, iters=1), recipe=recipe(9), streams=["spatial"])
    checkpoint = torch.load(out / "spatial" / "epoch_1.pth", weights_only=True)
    assert checkpoint["meta"]["epoch"] == 1, "one iteration is rounded up to an epoch"
    assert {"state_dict", "optimizer"} <= checkpoint.keys()


def test_crops_that_do_not_fit_are_refused(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    large = recipe(1).model_copy(update={"crop": 64})
    with pytest.raises(UsageError, match="crops of 64 pixels do not fit in frames of 36x32"):
        train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=large, streams=["spatial"])


def test_a_network_without_pretrained_weights_must_start_from_scratch(
    drifting_clips: Path, benchmark: str, tmp_path: Path
) -> None:
    bninception = {"options": {"config": "recognition/tsn/tsn_bninception_{stream}.yaml"}}
    chosen = Recipe.model_validate({**recipe(1).model_dump(), **bninception})
    with pytest.raises(UsageError, match=r"tsn_bninception_spatial.yaml names no pretrained weights.*start: scratch"):
        train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=chosen, streams=["spatial"])
    scratch = Recipe.model_validate({**chosen.model_dump(), "start": "scratch"})
    train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=scratch, streams=["spatial"])
    assert "tsn_bninception_spatial.yaml" in (tmp_path / "out" / "tsn-spatial-tiny.md").read_text()


def test_requests_that_a_recogniser_cannot_meet_are_refused(tmp_path: Path) -> None:
    cases = (
        ({"scale": 2}, "--scale: tsn is a recogniser"),
        ({"recipe": "no"}, "no recipe 'no' for tsn on benchmark mini-2"),
    )
    for more, message in cases:
        with pytest.raises(UsageError, match=message):
            train(TrainingRequest("tsn", "mini-2", tmp_path, **more))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="give --benchmark"):
        train(TrainingRequest("tsn", None, tmp_path, data=tmp_path))


BROKEN = {
    "batch": ({"batch": 0}, "batch: Input should be greater than or equal to 1, found 0"),
    "unknown": ({"crpo": 3}, "crpo: Extra inputs are not permitted, found 3"),
    "momentum": ({"momentum": 0.5}, "(file): momentum belongs to optimizer: sgd, and only to it"),
    "stream": (
        {"streams": {"temporal": {"learning_rate": -1}}},
        "(file): streams.temporal.learning_rate: Input should be greater than 0, found -1",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_recipe_is_named_with_key_rule_and_value(tmp_path: Path, case: str) -> None:
    change, line = BROKEN[case]
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_recipe("tsn", "mini-2").read_text()), **change}))
    with pytest.raises(UsageError) as caught:
        train(TrainingRequest("tsn", "mini-2", tmp_path, recipe=str(file)))
    assert str(caught.value) == f"{file}: 1 mistake(s)\n  {line}"


@pytest.fixture
def large_clips(tmp_path: Path) -> Path:
    """Clips larger than the recipes below need."""
    from harness.video.frames import write_video

    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "classes.txt").write_text("right\ndown")
    lines = ["id,path,label,group,num_frames"]
    for index in range(8):
        generator = torch.Generator().manual_seed(index)
        coarse = torch.rand(1, 3, 14, 14, generator=generator)
        canvas = torch.nn.functional.interpolate(coarse, (112, 112), mode="bicubic").clamp(0, 1)[0]
        shift = [(0, 3 * t) if index % 2 else (3 * t, 0) for t in range(5 + index % 2)]
        frames = torch.stack([canvas[:, y : y + 80, x : x + 96] for y, x in shift]).permute(0, 2, 3, 1)
        write_video(folder / f"clip_{index}.mp4", (frames * 255).byte().numpy(), fps=25)
        lines.append(f"clip_{index},clip_{index}.mp4,{index % 2},g{index},{len(frames)}")
    for split in ("train", "test"):
        (folder / f"{split}.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture
def small_protocol(benchmark: str) -> str:
    """The benchmark with views that need a short side of 40 pixels."""
    settings = yaml.safe_load(Path(benchmark).read_text())
    settings["recognizers"]["tsn"] |= {"short_side": 40, "input_size": 32, "segments": 3}
    Path(benchmark).write_text(yaml.safe_dump(settings))
    return benchmark


def test_the_cache_holds_what_the_network_sees_and_is_as_large_as_announced(
    large_clips: Path, small_protocol: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, kept = tmp_path / "out", tmp_path / "home" / "training-frames"
    train(asked(small_protocol, out, large_clips, dry_run=True), recipe=recipe(1))
    told = capsys.readouterr().out
    assert not out.exists() and not kept.exists()
    assert "spatial 1 (1 epochs), temporal 1 (1 epochs)" in told and "6 clips, 2 more held out" in told
    announced = float(re.search(r"clip cache +about ([\d.]+) MB \(frames of at most 40 px", told)[1])  # type: ignore[index]
    train(asked(small_protocol, out, large_clips), recipe=recipe(1))
    caches = {path.name.partition("-")[0]: ClipCache.load(path) for path in kept.iterdir()}
    size = sum(path.stat().st_size for path in kept.rglob("*.bin"))
    assert size == sum((5 + i % 2) * 40 * 48 * 3 + (4 + i % 2) * 40 * 48 * 2 for i in range(8))
    assert announced == pytest.approx(size / 1e6, rel=0.02)
    assert [caches[kind].entries[1].shape for kind in ("frames", "flow")] == [(6, 40, 48, 3), (5, 40, 48, 2)]


def test_flow_is_estimated_before_it_is_made_smaller(large_clips: Path) -> None:
    """As in a run, where views are resized after flow was quantised: three pixels stay three pixels."""
    from harness_optical_flow.dis import Dis

    video = open_video(large_clips / "clip_1.mp4")
    look = Look(40, Dis(device=torch.device("cpu")), "dis", bound=4.0)
    levels = look.images(video, range(5), "clip_1")
    assert levels.shape == (5, 40, 48, 2)
    # the texture moves three pixels to the left: -3 of +-4 pixels is level 32, no motion level 128
    assert abs(float(levels[..., 8:-8, 8:-8, 0].mean()) - 32) < 6 and abs(float(levels[..., 1].mean()) - 128) < 4


def test_a_training_past_the_bound_sees_the_same(
    large_clips: Path, small_protocol: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    train(asked(small_protocol, tmp_path / "within", large_clips), recipe=recipe(1))
    assert "is full" not in capsys.readouterr().err
    for cache_size in (0.0, 1.2e-4):
        past = tmp_path / f"past-{cache_size}"
        monkeypatch.setenv("HARNESS_HOME", str(past))
        train(asked(small_protocol, past, large_clips, cache_size=cache_size), recipe=recipe(1))
        shown = capsys.readouterr().err
        assert shown.count("is full") == 2, "once for frames, once for flow"
        kept = sum(path.stat().st_size for path in (past / "training-frames").rglob("*.bin"))
        assert kept <= cache_size * 1e9 and bool(kept) == bool(cache_size)
        for file in ("losses.csv", "tsn-spatial-tiny.safetensors", "tsn-temporal-tiny.safetensors"):
            assert (past / file).read_bytes() == (tmp_path / "within" / file).read_bytes(), (cache_size, file)


def test_it_ends_with_the_command_that_uses_the_weights_and_the_file_says_what_it_is(
    drifting_clips: Path, benchmark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    import shlex

    from typer.testing import CliRunner

    from harness.cli.main import app
    from harness.registry import registry

    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    out = tmp_path / "out"
    train(asked(benchmark, out, drifting_clips), recipe=recipe(1))
    command = capsys.readouterr().out.splitlines()[-1].removeprefix("use it: ")
    said = described(out / "tsn-temporal-tiny.safetensors")
    assert (said["licence"], said["stream"], said["trained_on"]) == ("Apache-2.0", "temporal", "mini-2/train")
    assert said["note"].startswith("Recognizer2D, TSNHead, EfficientNet-lite0") and "mini-2/train" in said["note"]

    def harness(*arguments: object) -> str:
        registry.cache_clear()
        result = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "300"})
        assert result.exit_code == 0, result.output + result.stderr
        return result.output

    options = ("--data", drifting_clips, "--sr", "bicubic", "--limit", 2, "--device", "cpu")
    harness(*shlex.split(command)[1:], *options, "--out", tmp_path / "run")
    for stream in ("spatial", "temporal"):
        harness("weights", "add", out / f"tsn-{stream}-tiny.safetensors", "--tag", "mine")
    rows = [row for row in yaml.safe_load(harness("weights", "list", "--json")) if row["tag"] == "mine"]
    assert {row["licence"] for row in rows} == {"Apache-2.0"} and said["note"] in {row["note"] for row in rows}
    Path(benchmark).write_text(Path(benchmark).read_text().replace("weights: [mini-2, df2k]", "weights: mine"))
    harness("run", "--benchmark", benchmark, "--recognizer", "tsn", *options, "--out", tmp_path / "added")
    assert said["note"] in (tmp_path / "added" / "leaderboard.json").read_text()
    registry.cache_clear()
