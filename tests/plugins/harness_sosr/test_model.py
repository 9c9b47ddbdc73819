"""SoSR's model through BasicSR's builder: the weight reaches the pixel loss, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness_sosr import losses, model  # noqa: F401  (they register with basicsr)

from basicsr.models import build_model  # isort: skip

ADAM = {"type": "Adam", "lr": 1e-3}
GAN = {"type": "GANLoss", "gan_type": "vanilla", "real_label_val": 1.0, "fake_label_val": 0.0, "loss_weight": 5e-3}


def options(kind: str, pixel: dict[str, Any], **train: Any) -> dict[str, Any]:
    return {
        "model_type": kind, "num_gpu": 0, "is_train": True, "dist": False, "rank": 0, "scale": 4, "path": {},
        "network_g": {"type": "RRDBNet", "num_in_ch": 3, "num_out_ch": 3, "num_feat": 8, "num_block": 1,
                      "num_grow_ch": 4},
        "network_d": {"type": "UNetDiscriminatorSN", "num_in_ch": 3, "num_feat": 4},
        "train": {"pixel_opt": pixel, "optim_g": dict(ADAM), "scheduler": {"type": "MultiStepLR", "milestones": [9]},
                  **train},
    }  # fmt: skip


def batch(weight: float) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {
        "lq": torch.rand(2, 3, 8, 8, generator=generator),
        "gt": torch.rand(2, 3, 32, 32, generator=generator),
        "weight": torch.full((2, 1, 32, 32), weight),
    }


def logged(kind: str, pixel: dict[str, Any], data: dict[str, torch.Tensor], **train: Any) -> dict[str, float]:
    torch.manual_seed(0)
    built = build_model(options(kind, pixel, **train))
    built.feed_data(data)
    built.optimize_parameters(1)
    return dict(built.get_current_log())


WMSE = {"type": "WeightedMSELoss", "loss_weight": 1.0}
MSE = {"type": "MSELoss", "loss_weight": 3.0, "reduction": "mean"}  # times three: summed over channels


@pytest.mark.parametrize(
    ("kind", "plain", "train", "name"),
    [
        ("SoSRModel", "ESRGANModel", {"gan_opt": GAN, "optim_d": dict(ADAM)}, "l_g_pix"),
        ("MotionWeightedSRModel", "SRModel", {}, "l_pix"),
    ],
)
def test_a_constant_weight_scales_the_pixel_loss_alone(kind: str, plain: str, train: Any, name: str) -> None:
    def log(kind: str, pixel: dict[str, Any], weight: float) -> dict[str, float]:
        return logged(kind, dict(pixel), batch(weight), **{k: dict(v) for k, v in train.items()})

    base = log(plain, MSE, 1.0)
    once, thrice = log(kind, WMSE, 1.0), log(kind, WMSE, 3.0)
    assert once == pytest.approx(base, rel=1e-5)
    assert thrice[name] == pytest.approx(3 * once[name], rel=1e-5)
    assert {k: v for k, v in thrice.items() if k not in (name, "out_d_fake", "l_d_fake", "l_d_real")} == pytest.approx(
        {k: v for k, v in once.items() if k not in (name, "out_d_fake", "l_d_fake", "l_d_real")}, rel=1e-5
    )


def test_each_batch_brings_its_own_weight() -> None:
    built = build_model(options("MotionWeightedSRModel", dict(WMSE)))
    built.feed_data(batch(0.0))
    built.optimize_parameters(1)
    assert built.get_current_log()["l_pix"] == 0.0
    built.feed_data(batch(1.0))
    built.optimize_parameters(2)
    assert built.get_current_log()["l_pix"] > 0.0
