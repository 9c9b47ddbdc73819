"""ToSR's model through BasicSR's builder, over an image and a video network."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness_basicsr.networks import duf_arch, vdsr_arch  # noqa: F401  (they register with basicsr)
from harness_tosr import losses, model  # noqa: F401  (they register with basicsr)

from basicsr.models import build_model  # isort: skip

NETWORKS: dict[str, tuple[dict[str, Any], tuple[int, ...], tuple[int, ...]]] = {
    "vdsr": ({"type": "VDSR", "num_feat": 4, "num_layer": 3}, (1, 32, 32), (1, 32, 32)),
    "duf16": ({"type": "HarnessDUF", "num_layer": 16, "num_feat": 4, "num_grow_ch": 2, "num_hidden": 8},
              (7, 3, 8, 8), (3, 32, 32)),
}  # fmt: skip


def options(network: dict[str, Any]) -> dict[str, Any]:
    return {
        "model_type": "ToSRModel", "num_gpu": 0, "is_train": True, "dist": False, "rank": 0, "scale": 4, "path": {},
        "network_g": dict(network),
        "train": {"pair_opt": {"type": "ToSRLoss"}, "optim_g": {"type": "Adam", "lr": 1e-2},
                  "scheduler": {"type": "MultiStepLR", "milestones": [99]}},
    }  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_pair_is_learned_and_single_frames_are_validated(name: str) -> None:
    network, low, high = NETWORKS[name]
    built = build_model(options(network))
    flow = torch.zeros(2, 2, 32, 32)
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
