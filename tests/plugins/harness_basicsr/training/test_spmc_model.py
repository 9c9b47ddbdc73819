"""SPMC's three stages of training, through BasicSR's own builder, and its validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from harness.errors import UsageError
from harness.video.imresize import imresize
from harness_basicsr.training import spmc_model

from basicsr.losses import build_loss  # isort: skip
from basicsr.models import build_model  # isort: skip

MOTION = {"type": "MotionLoss", "smoothness": 0.01}
PIXELS = {"type": "MSELoss", "loss_weight": 1.0, "reduction": "mean"}
STAGES: dict[str, dict[str, Any]] = {
    "motion": {"motion_opt": MOTION},
    "details": {"pixel_opt": PIXELS, "freeze_motion": True, "clip_recurrent": 5.0},
    "joint": {"pixel_opt": PIXELS, "motion_opt": {**MOTION, "loss_weight": 0.01}, "clip_recurrent": 5.0},
}
LOGGED = {"pixel_opt": "l_pix", "motion_opt": "l_motion"}
TRAINED = {"motion": {"motion"}, "details": {"fusion"}, "joint": {"motion", "fusion"}}


def built(train: dict[str, Any], **changes: Any) -> Any:
    torch.manual_seed(0)
    optimiser = {"optim_g": {"type": "Adam", "lr": 1e-3}, "scheduler": {"type": "MultiStepLR", "milestones": []}}
    options = {
        "model_type": "SPMCModel", "is_train": True, "dist": False, "num_gpu": 0, "rank": 0, "scale": 4, "path": {},
        "network_g": {"type": "SPMC", "scale": 4, "num_feat": 4, "num_motion": 8},
        "train": {**optimiser, **train}, "val": {"metrics": {"psnr_y": {
            "type": "calculate_psnr", "crop_border": 4, "test_y_channel": True}}},
    }  # fmt: skip
    return build_model({**options, **changes})


def batch(count: int = 4) -> dict[str, Tensor]:
    """Smooth random Y that drifts by half an LR pixel a frame."""
    coarse = torch.rand(count, 1, 8, 10, generator=torch.Generator().manual_seed(3))
    high = imresize(coarse, 8.0).clamp(0, 1) * 0.8 + 0.1
    frames = [high[..., 2 * t : 2 * t + 48, 4 + 2 * t : 68 + 2 * t] for t in range(3)]
    return {"lq": torch.stack([imresize(frame, 0.25) for frame in frames], dim=1), "gt": frames[1]}


def state(model: Any) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in model.net_g.state_dict().items()}


@pytest.mark.parametrize("stage", list(STAGES))
def test_each_stage_learns_a_fixed_batch_and_leaves_alone_what_it_should(stage: str) -> None:
    model = built(STAGES[stage])
    before, losses = state(model), []
    model.feed_data(batch())
    for iteration in range(1, 31):
        model.optimize_parameters(iteration)
        losses.append(sum(model.get_current_log().values()))
    assert losses[-1] < 0.9 * losses[0]
    after = state(model)
    changed = {key.split(".")[0] for key in before if not torch.equal(before[key], after[key])}
    assert changed == TRAINED[stage]
    assert set(model.get_current_log()) == {name for section, name in LOGGED.items() if section in STAGES[stage]}


def test_the_losses_are_the_published_sums() -> None:
    model, data = built(STAGES["joint"]), batch(2)
    with torch.no_grad():
        estimates, flows = model.net_g.forward_all(data["lq"])
    model.feed_data(data)
    model.optimize_parameters(1)
    pixels = sum(k * (e - data["gt"]).square().mean() for k, e in zip((0.5, 0.75, 1.0), estimates, strict=True))
    assert model.get_current_log()["l_pix"] == pytest.approx(pixels.item(), rel=1e-5)
    motion = sum(motion_of_a_frame(data["lq"][:, i], data["lq"][:, 1], flows[:, i]) for i in range(3))
    assert model.get_current_log()["l_motion"] == pytest.approx(0.01 * motion, rel=1e-4)


def motion_of_a_frame(frame: Tensor, centre: Tensor, flow: Tensor) -> float:
    """By SciPy's interpolation: mean |frame - centre(p + flow)| and 0.01 times mean total variation."""
    import numpy as np
    from scipy.ndimage import map_coordinates

    height, width = frame.shape[-2:]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    total = 0.0
    for f, c, (u, v) in zip(frame[:, 0].numpy(), centre[:, 0].numpy(), flow.numpy(), strict=True):
        x, y = np.clip(columns + u, 0, width - 1), np.clip(rows + v, 0, height - 1)
        total += np.abs(f - map_coordinates(c, [y, x], order=1, mode="nearest")).mean()
        total += 0.01 * sum(np.abs(np.diff(z, axis=a)).sum() for z in (u, v) for a in (0, 1)) / f.size
    return total / len(frame)


def test_the_right_flow_has_the_least_motion_loss() -> None:
    frames, loss = batch()["lq"], build_loss(MOTION)
    drift = torch.tensor([-0.5, 0.0, 0.5]).view(1, 3, 1, 1, 1).expand(len(frames), 3, 2, *frames.shape[-2:])
    # what shows at p in frame t was at p + 0.5 t in the first, so it lies at p + 0.5 (t - 1) in the centre
    right, none, wrong = (loss(frames, sign * drift).item() for sign in (1.0, 0.0, -1.0))
    assert right < 0.5 * none < wrong


def test_the_gradient_of_the_recurrence_alone_is_clipped() -> None:
    norms = {}
    for bound in (None, 1e-5):
        model = built({**STAGES["joint"], "clip_recurrent": bound})
        model.feed_data(batch())
        model.optimize_parameters(1)
        parts = {"recurrent": model.net_g.fusion.recurrent, "rest": model.net_g.fusion.decode_fine}
        norms[bound] = {k: torch.cat([p.grad.flatten() for p in m.parameters()]).norm() for k, m in parts.items()}
    assert norms[None]["recurrent"] > 2e-5
    torch.testing.assert_close(norms[1e-5]["recurrent"].item(), 1e-5, rtol=0.2, atol=0)
    torch.testing.assert_close(norms[1e-5]["rest"], norms[None]["rest"])


@pytest.mark.parametrize("stage", ["motion", "joint"])
def test_validation_measures_whole_frames(stage: str) -> None:
    data = batch(1)
    samples = [{"lq": data["lq"][0], "gt": data["gt"][0], "lq_path": "clip/frame"}]

    class Samples(list[Any]):
        opt = {"name": "held-out"}  # noqa: RUF012

    model = built({**STAGES[stage], "ema_decay": 0.9})
    model.validation(DataLoader(Samples(samples), batch_size=1), 1, None)
    assert 10 < model.metric_results["psnr_y"] < 60


@pytest.mark.parametrize("train", [{}, {"motion_opt": MOTION, "freeze_motion": True}])
def test_a_section_that_trains_nothing_is_refused(train: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no loss to train by; give pixel_opt"):
        built(train)


def test_weights_of_the_steps_rise_linearly() -> None:
    assert spmc_model.step_weights(3) == [0.5, 0.75, 1.0]


def test_a_network_of_the_stage_before_is_taken_over(tmp_path: Path) -> None:
    first = built(STAGES["motion"])
    first.feed_data(batch())
    first.optimize_parameters(1)
    torch.save({"params": first.net_g.state_dict()}, tmp_path / "net.pth")
    second = built(STAGES["details"], path={"pretrain_network_g": str(tmp_path / "net.pth")})
    assert all(torch.equal(value, second.net_g.state_dict()[key]) for key, value in state(first).items())
