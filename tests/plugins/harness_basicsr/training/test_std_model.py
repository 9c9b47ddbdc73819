"""Distillation through BasicSR's real pipeline: the plain network comes out, a killed training resumes, and what cannot
be taught is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.specs import SRMethodSpec
from harness.training.setting import setting_of
from harness.weights.header import described
from harness.weights.loading import load_state
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.networks.registered import create
from harness_basicsr.training.train import train

from basicsr.models.base_model import BaseModel  # isort: skip

NETWORK = {"num_feat": 8, "num_block": 1}
TEACHER = "edsr:mini-2"
WIDTH = 32
"""Of the teacher's features, and so of the memory."""


def stage(**distil: Any) -> dict[str, Any]:
    return {
        "name": "std", "iterations": 4, "model": "STDModel", "distil": distil,
        "train": {
            "pixel_opt": {"type": "CharbonnierLoss", "loss_weight": 1.0, "reduction": "mean", "eps": 1e-6},
            "optim_g": {"type": "Adam", "lr": 1e-3, "betas": [0.9, 0.99]},
            "scheduler": {"type": "CosineAnnealingRestartLR", "restart_weights": [1], "eta_min": 1e-6},
        },
    }  # fmt: skip


@pytest.fixture
def asked(
    made_clips: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., TrainingRequest]:
    """A training on a folder of made videos; `distil` and others are the recipe's."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    videos = made_clips(classes=2, per_class=3)

    def request(
        out: str, name: str = "srresnet", teacher: str | None = TEACHER, recipe: Any = None, **more: Any
    ) -> TrainingRequest:
        body = {
            "network": NETWORK, "frames_per_clip": 2, "validation_clips": 1, "patch": 6, "batch": 2, "sequence": 3,
            "validate_every": 2, "stages": [stage(space=1.0, time=1.0)], **(recipe or {}),
        }  # fmt: skip
        file = tmp_path / f"{name}-{out}.yaml"
        file.write_text(yaml.safe_dump(body))
        return TrainingRequest(
            name, None, tmp_path / out, data=videos, scale=4, recipe=str(file), device="cpu", teacher=teacher, **more
        )

    return request


def checkpoint(request: TrainingRequest) -> Path:
    return next(request.out.glob("*.safetensors"))


def test_the_student_is_the_plain_network_and_its_card_names_the_teacher(asked: Callable[..., Any]) -> None:
    request = asked("both")
    train(request)
    weights = checkpoint(request)
    plain = create(arguments_of("srresnet", 4, NETWORK))
    state = load_state(weights)
    assert state.keys() == plain.state_dict().keys()
    plain.load_state_dict(state, strict=True)
    low = torch.rand(1, 3, 5, 7)
    method = setting_of(request, SRMethodSpec).built({**NETWORK, "checkpoint": str(weights)})
    with FlopCounterMode(display=False) as taught, torch.no_grad():
        restored = method.upscale(low, [0])
    with FlopCounterMode(display=False) as untaught, torch.no_grad():
        torch.testing.assert_close(restored, plain(low).clamp(0, 1), atol=1e-5, rtol=0)
    assert taught.get_total_flops() == untaught.get_total_flops() > 0, "what is taught costs what it did"
    card = weights.with_suffix(".md").read_text()
    assert f"{sum(p.numel() for p in plain.parameters()):,}" in card and "| teacher | edsr mini-2, sha256 " in card
    assert all(term in card for term in ("l_pix", "l_space", "l_time", "time 1.0"))
    assert "taught by edsr mini-2" in str(described(weights))


def test_without_weights_nothing_is_taught_on_the_same_clips(asked: Callable[..., Any]) -> None:
    request = asked("alone", teacher=None, recipe={"stages": [stage(space=0.0, time=0.0)]})
    train(request)
    card = checkpoint(request).with_suffix(".md").read_text()
    assert "l_pix" in card and "l_space" not in card and "| teacher" not in card


def test_a_killed_training_resumes_to_the_same_weights(
    asked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = asked("whole"), asked("parts")
    train(whole)
    save = BaseModel.save_training_state

    def save_and_stop(self: Any, epoch: int, current_iter: int) -> None:
        save(self, epoch, current_iter)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BaseModel, "save_training_state", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(parts)
    train(asked("parts", resume=True))
    assert checkpoint(whole).read_bytes() != b"" and same(checkpoint(whole), checkpoint(parts))
    memory = [r.out / "experiments" / "std" / "models" / "net_s_latest.pth" for r in (whole, parts)]
    assert same(*memory), "what only the training needs resumes as well"


def test_the_memory_computes_as_the_recipe_says_and_is_saved_in_single_precision(
    asked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[torch.dtype] = set()
    convolve = torch.nn.Conv2d.forward

    def noted(self: torch.nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        made = convolve(self, x)
        if self.out_channels == 4 * WIDTH and self.in_channels == 2 * WIDTH:
            seen.add(made.dtype)
        return made

    monkeypatch.setattr(torch.nn.Conv2d, "forward", noted)
    request = asked("half", recipe={"precision": "bf16"})
    train(request)
    assert seen == {torch.bfloat16}
    memory = load_state(request.out / "experiments" / "std" / "models" / "net_s_latest.pth")
    assert {value.dtype for key, value in memory.items() if key != "frozen"} == {torch.float32}


def same(one: Path, other: Path) -> bool:
    first, second = load_state(one), load_state(other)
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def test_the_teacher_is_left_as_it_was_and_the_student_follows_it(tmp_path: Path) -> None:
    from basicsr.models import build_model

    torch.manual_seed(0)
    network = arguments_of("srresnet", 4, NETWORK)
    teacher = create(network)
    torch.nn.init.ones_(teacher.upconv2.bias)
    path = tmp_path / "teacher.pth"
    torch.save({"params": teacher.state_dict()}, path)
    model = build_model(
        {
            "model_type": "STDModel", "is_train": True, "dist": False, "num_gpu": 0, "rank": 0, "scale": 4,
            "path": {"pretrain_network_teacher": str(path)}, "network_g": dict(network),
            "distil": {
                "student": "srresnet", "teacher": "srresnet", "network": dict(network), "space": 1.0, "time": 1.0,
                "radius": 1, "normalise": None,
            },
            "train": {
                "pixel_opt": {"type": "CharbonnierLoss", "loss_weight": 0.0, "reduction": "mean"},
                "optim_g": {"type": "Adam", "lr": 1e-2}, "scheduler": {"type": "MultiStepLR", "milestones": []},
            },
        }
    )  # fmt: skip
    model.net_g.load_state_dict(teacher.state_dict())
    torch.nn.init.constant_(model.net_g.upconv2.bias, 0.5)  # the same features, but weaker
    model.feed_data({"lq": torch.rand(1, 3, 3, 6, 6), "gt": torch.rand(1, 3, 3, 24, 24)})
    spaces = []
    for iteration in range(1, 9):
        model.optimize_parameters(iteration)
        spaces.append(model.get_current_log()["l_space"])
    assert spaces[-1] < 0.9 * spaces[0]
    assert all(torch.equal(a, b) for a, b in zip(teacher.parameters(), model.net_t.parameters(), strict=True))
    assert all(p.grad is None for p in model.net_t.parameters())


REFUSED = {
    "no teacher": ({"teacher": None}, "this recipe learns from a teacher: give --teacher METHOD:TAG"),
    "no method": ({"teacher": "bicubic:x"}, "--teacher bicubic:x: not METHOD:TAG .*basicvsr"),
    "no tag": ({"teacher": "edsr:nothing"}, "--teacher edsr:nothing: no such file, and no tag .*mini-2"),
    "no feature": ({"teacher": "duf16:mini-2"}, "duf16 declares no feature of HR size, .*these do: basicvsr, "),
    "student": (
        {"name": "duf16", "recipe": {"network": {}, "sequence": 3}},
        "duf16 declares no feature of HR size",
    ),
    "nothing to teach": (
        {"recipe": {"stages": [stage(space=0.0, time=0.0)]}},
        "--teacher edsr:mini-2: this recipe learns from no teacher",
    ),
    "model": (
        {"recipe": {"stages": [{**stage(), "model": "SRModel"}]}},
        "stage std: distil belongs to model: STDModel, and only to it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taught_is_refused(asked: Callable[..., Any], case: str) -> None:
    more, message = REFUSED[case]
    with pytest.raises(UsageError, match=message):
        train(asked("no", **more))


def test_a_dry_run_names_the_teacher(asked: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    train(asked("dry", dry_run=True))
    assert "teacher" in (told := capsys.readouterr().out) and "edsr mini-2" in told
