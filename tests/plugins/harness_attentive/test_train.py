"""Teacher on HR clips, student on restored ones, through the real command and mmengine's Runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from typer.testing import CliRunner

from harness import api
from harness.cli.main import app
from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.specs import RecognizerSpec
from harness.training.computing import ComputingRecipe
from harness.training.precision import prepare_network
from harness.training.recipes import find_recipe, read_recipe
from harness.training.setting import setting_of
from harness.weights.header import described
from harness.weights.loading import load_state, save_state
from harness_attentive.recognizer import Form
from harness_attentive.starting import start_from_kinetics
from harness_attentive.train import AttentiveRecipe, train
from harness_i3d.network import I3D
from harness_mmaction.compat import prepare
from harness_mmaction.training.cache import Look, clip_cache

PROTOCOL = {"frames": 9, "narrow": 8, "short_side": 32, "input_size": 32, "flow_bound": 5.0}
SHIPPED = sorted((benchmarks_folder() / "training").rglob("attentive*.yaml"))


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Small clips that are degraded by four."""
    path = tmp_path_factory.mktemp("benchmark") / "tiny.yaml"
    settings = yaml.safe_load((benchmarks_folder() / "mini-2.yaml").read_text())
    settings |= {"name": "tiny", "recognizers": {"attentive": PROTOCOL}, "probes": [], "sr": ["hr", "nearest"]}
    path.write_text(yaml.safe_dump({**settings, "pairs": []}))
    return str(path)


def recipe(tmp: Path, name: str, **more: Any) -> Path:
    """A shipped recipe, made as small as the benchmark."""
    values = yaml.safe_load(find_recipe("attentive", "mini-2-12x16", name).read_text())
    values["options"] |= {"heads": 1, "narrow": 8, "frames": 9}
    values |= {"crop": 32, "batch": 6, "held_out": 0.25, "epochs": {"spatial": 1, "temporal": 1}, **more}
    file = tmp / f"{name}.yaml"
    file.write_text(yaml.safe_dump(values))
    return file


@pytest.fixture(scope="module")
def teacher(benchmark: str, drifting_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of both streams on HR clips, by the command."""
    folder = tmp_path_factory.mktemp("teacher")
    options = ["--data", str(drifting_clips), "--device", "cpu", "--out", str(folder / "out")]
    file = recipe(folder, "attentive-plain")
    found = CliRunner().invoke(
        app, ["train", "attentive", "--benchmark", benchmark, "--recipe", str(file), *options], catch_exceptions=False
    )
    assert found.exit_code == 0, found.output
    return folder / "out"


def asked(benchmark: str, out: Path, data: Path, file: Path, **more: Any) -> TrainingRequest:
    return TrainingRequest("attentive", benchmark, out, device="cpu", data=data, recipe=str(file), **more)


def test_a_student_learns_from_a_teacher_and_both_are_rows_by_label(
    benchmark: str, teacher: Path, drifting_clips: Path, tmp_path: Path
) -> None:
    weights = "attentive-{stream}-tiny.safetensors"
    student = asked(
        benchmark, tmp_path / "out", drifting_clips, recipe(tmp_path, "attentive-all"), mix=(0, 4), restore="nearest",
        teacher=str(teacher / weights),
    )  # fmt: skip
    train(student)
    file = student.out / "attentive-spatial-tiny.safetensors"
    card = file.with_suffix(".md").read_text()
    assert "HR : LR = 0:4, LR restored by nearest" in card
    assert "| teacher | attentive-spatial-tiny.safetensors, sha256 " in card
    assert described(file)["options"] == {"attention": "joint", "heads": 1, "narrow": 8, "frames": 9}
    own = Form("joint", 1, 9, narrow=8, input_size=32).network("spatial", 2).state_dict()
    assert load_state(file).keys() == {key for key in own if not key.endswith("num_batches_tracked")}
    logged = "".join(path.read_text() for path in (student.out / "temporal").rglob("*.json"))
    assert all(name in logged for name in ("loss_cls", "loss_scores", "loss_features"))
    rows = (
        f"HR=attentive:checkpoint={teacher / weights},attention=,heads=1",
        f"everything=attentive:checkpoint={file.parent / weights},heads=1",
    )
    done = api.run(
        benchmark, recognizer=",".join(rows), data=drifting_clips, limit=2, out=tmp_path / "run", device="cpu"
    )
    assert done.ok
    board = api.leaderboard(tmp_path / "run")
    assert {(row.sr, row.recognizer) for row in board.rows} == {
        (s, r) for s in ("hr", "bicubic", "nearest") for r in ("HR", "everything")
    }
    assert all(row.streams["spatial"].top1 is not None for row in board.rows)


@pytest.fixture
def model(teacher: Path) -> Any:
    """A student that is its teacher."""
    from mmaction.registry import MODELS

    import harness_attentive.model  # noqa: F401

    prepare()
    file = teacher / "attentive-spatial-tiny.safetensors"
    form = {"attention": "", "heads": 1, "frames": 9, "narrow": 8, "input_size": 32}
    found = MODELS.build(
        {"type": "AttentiveModel", "form": form, "stream": "spatial", "num_classes": 2, "teacher": str(file),
         "distil": {}, "_scope_": "mmaction"}
    )  # fmt: skip
    found.load_state_dict(load_state(file), strict=False)
    return found


def batch(same: bool) -> dict[str, Any]:
    from mmaction.structures import ActionDataSample

    torch.manual_seed(0)
    views = 255 * torch.rand(2, 9, 3, 32, 32)
    taught = views if same else 255 * torch.rand(2, 9, 3, 32, 32)
    samples = [ActionDataSample().set_gt_label(label) for label in (0, 1)]
    return {"inputs": list(torch.cat((views, taught), dim=1)), "data_samples": samples}


def test_a_student_that_is_its_teacher_on_the_same_frames_has_nothing_to_learn_from_it(model: Any) -> None:
    alike, apart = (model.eval()(**batch(same), mode="loss") for same in (True, False))
    assert alike["loss_cls"] > 0
    assert alike["loss_scores"].item() == pytest.approx(0, abs=1e-6) and alike["loss_features"].item() == 0
    assert apart["loss_features"].item() > 0


def test_the_student_learns_in_half_precision_and_its_teacher_does_not(model: Any) -> None:
    (teacher,) = model._teachers
    clips, seen = torch.rand(1, 3, 9, 32, 32), {}
    exact = teacher.features(clips)
    for name, network in {"student": model, "teacher": teacher}.items():
        network.backbone.Conv3d_1a_7x7.conv3d.register_forward_hook(
            lambda module, given, made, name=name: seen.update({name: made.dtype})
        )
    for part, call in model.computing_parts():
        prepare_network(part, ComputingRecipe(precision="bf16", channels_last=True), torch.device("cpu"), (call,))
    losses = model.train()(**batch(same=False), mode="loss")
    assert seen == {"student": torch.bfloat16, "teacher": torch.float32}
    assert all(loss.dtype == torch.float32 and bool(loss.isfinite()) for loss in losses.values())
    torch.testing.assert_close(teacher.features(clips), exact)


def test_a_step_leaves_the_teacher_as_it_was(model: Any) -> None:
    (teacher,) = model._teachers
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    torch.autograd.backward(sum(model.train()(**batch(same=False), mode="loss").values()))
    optimizer.step()
    assert all(torch.equal(value, before[key]) for key, value in teacher.state_dict().items())
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert not torch.equal(model.classes.weight, teacher.classes.weight)


def test_the_teacher_sees_the_same_run_of_the_hr_clip_cut_out_at_the_same_place(
    benchmark: str, drifting_clips: Path, tmp_path: Path
) -> None:
    prepare()
    from harness_attentive.dataset import AttentiveClips

    request = asked(benchmark, tmp_path, drifting_clips, tmp_path / "none.yaml")
    setting = setting_of(request, RecognizerSpec)
    looks = (Look(32), Look(32, restoring=setting.restoring("nearest")))
    high, low = (str(clip_cache(setting, look, 1e9)) for look in looks)
    usual: dict[str, Any] = {"indices": range(16), "classes": ["a", "b"], "frames": 9, "crop": 24, "flow": False}
    torch.manual_seed(3)
    pairs = AttentiveClips(high, **usual, restored=low, mix=(0, 1), training=True, taught=True)[5]["inputs"]
    torch.manual_seed(3)
    alone = AttentiveClips(high, **usual, training=True, taught=False)[5]["inputs"]
    torch.manual_seed(3)
    shown = AttentiveClips(high, **usual, restored=low, mix=(0, 1), training=True, taught=False)[5]["inputs"]
    assert pairs.shape == (18, 3, 24, 24) and alone.shape == (9, 3, 24, 24)
    assert torch.equal(pairs[9:], alone) and torch.equal(pairs[:9], shown) and not torch.equal(alone, shown)
    other = str(clip_cache(setting, Look(28), 1e9))
    with pytest.raises(UsageError, match="the teacher sees frames of 32x28, the student of 36x32"):
        AttentiveClips(other, **usual, restored=low, mix=(0, 1), training=True, taught=True)[5]


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no teacher": ("attentive-taught", {}, "give --teacher FILE, attentive after training on HR clips"),
    "needless": ("attentive", {"teacher": "x.pth"}, "--teacher: attentive learns from labels alone by this recipe"),
    "no file": ("attentive-all", {"teacher": "no-{stream}.pth"}, "--teacher no-spatial.pth: no such file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_teacher_and_recipe_must_agree(benchmark: str, drifting_clips: Path, tmp_path: Path, case: str) -> None:
    name, more, words = REFUSED[case]
    with pytest.raises(UsageError, match=words):
        train(asked(benchmark, tmp_path / "out", drifting_clips, recipe(tmp_path, name), **more))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"start": "imagenet"}, "start: imagenet: attentive starts from kinetics, scratch, or a file"),
        ({"start": "kinetics"}, "no Kinetics weights fit narrow=8; write start: scratch"),
        ({"crop": 24}, "crop must be 32"),
    ],
)
def test_what_a_recipe_cannot_ask_for_is_refused(
    benchmark: str, drifting_clips: Path, tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        train(
            asked(benchmark, tmp_path / "out", drifting_clips, recipe(tmp_path, "attentive", **more)),
            streams=["spatial"],
        )


def test_weights_for_frames_start_a_network_for_flow_that_sees_grey_as_they_do(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published, flow = I3D(4, 3, narrow=8).eval(), I3D(2, 2, narrow=8).eval()
    file = tmp_path / "i3d.safetensors"
    save_state(file, published.state_dict(), {})
    del flow.logits
    start_from_kinetics(flow, file)
    grey = torch.rand(1, 1, 9, 32, 32)
    with torch.no_grad():
        expected, found = (net.features(grey.repeat(1, n, 1, 1, 1)) for net, n in ((published, 3), (flow, 2)))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_recipe_fits_the_recogniser_and_its_rows_differ_in_attention_and_teacher_alone(file: Path) -> None:
    found, usual = (read_recipe(path, AttentiveRecipe) for path in (file, file.with_name("attentive.yaml")))
    own = {"options": {**found.options, "attention": ""}, "distil": None, "notes": ""}
    assert found.model_copy(update=own) == usual.model_copy(
        update=own | {"options": {**usual.options, "attention": ""}}
    )
    Form.of(found.options).network("temporal", 12)
    assert found.taught == ("taught" in file.stem or "all" in file.stem)
