"""ToSR's model through BasicSR's builder, over networks that take a frame, a window and a whole clip."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness_basicsr.networks import duf_arch, vdsr_arch  # noqa: F401  (they register with basicsr)
from harness_tosr import losses, model  # noqa: F401  (they register with basicsr)

from basicsr.models import build_model  # isort: skip

NETWORKS: dict[str, tuple[dict[str, Any], str, tuple[int, ...], tuple[int, ...]]] = {
    "vdsr": ({"type": "VDSR", "num_feat": 4, "num_layer": 3}, "enlarged-luma", (1, 32, 32), (1, 32, 32)),
    "duf16": ({"type": "HarnessDUF", "num_layer": 16, "num_feat": 4, "num_grow_ch": 2, "num_hidden": 8}, "window",
              (7, 3, 8, 8), (3, 32, 32)),
}  # fmt: skip


def options(network: dict[str, Any], view: str) -> dict[str, Any]:
    return {
        "model_type": "ToSRModel", "num_gpu": 0, "is_train": True, "dist": False, "rank": 0, "scale": 4, "path": {},
        "datasets": {"train": {"view": view}},
        "network_g": dict(network),
        "train": {"pair_opt": {"type": "ToSRLoss"}, "optim_g": {"type": "Adam", "lr": 1e-2},
                  "scheduler": {"type": "MultiStepLR", "milestones": [99]}},
    }  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_pair_is_learned_and_single_frames_are_validated(name: str) -> None:
    network, view, low, high = NETWORKS[name]
    built = build_model(options(network, view))
    flow = torch.zeros(2, 1, 2, 32, 32)
    built.feed_data({"lq": torch.rand(2, 2, *low), "gt": torch.rand(2, 2, *high), "flow": flow})
    totals = []
    for iteration in range(1, 31):
        built.optimize_parameters(iteration)
        totals.append(sum(built.get_current_log().values()))
    assert totals[-1] < 0.8 * totals[0]
    assert set(built.get_current_log()) == {"l_sr", "l_warp_sr", "l_warp_hr"}
    built.feed_data({"lq": torch.rand(1, *low), "gt": torch.rand(1, *high)})
    built.test()
    assert built.output.shape == (1, *high)


def test_a_clip_is_learned_through_all_its_pairs() -> None:
    network = {"type": "BasicVSR", "num_feat": 4, "num_block": 1}
    built = build_model(options(network, "clip"))
    clip = {"lq": torch.rand(1, 3, 3, 36, 36), "gt": torch.rand(1, 3, 3, 144, 144)}
    flow = torch.randn(1, 2, 2, 144, 144)
    built.feed_data({**clip, "flow": flow})
    built.optimize_parameters(1)
    found = built.get_current_log()
    with torch.no_grad():
        loss = losses.ToSRLoss()
        frames = [built.output[:, t : t + 2].detach() for t in range(2)]
        pairs = [loss(frames[t], clip["gt"][:, t : t + 2], flow[:, t]) for t in range(2)]
    for name, value in found.items():
        assert value == pytest.approx(float(sum(pair[name] for pair in pairs)) / 2, rel=1e-5)


def test_every_frame_of_a_clip_is_measured_and_nothing_else() -> None:
    built = build_model(options({"type": "BasicVSR", "num_feat": 4, "num_block": 1}, "clip"))
    built.feed_data({"lq": torch.rand(1, 2, 3, 36, 40), "gt": torch.rand(1, 2, 3, 144, 160)})
    built.test()
    shown = built.get_current_visuals()
    assert shown["result"].shape == shown["gt"].shape == (1, 3, 288, 160)
    assert torch.equal(shown["gt"][0, :, 144:], built.gt[0, 1])
