"""The declared features: of HR size, in the order of the frames, and what the last convolutions see."""

from __future__ import annotations

import pytest
import torch

from harness_basicsr.declared.architectures import ARCHITECTURES, arguments_of
from harness_basicsr.networks.registered import create
from harness_basicsr.training.features import on_clips, wanted, width_of

SMALL = {
    "vdsr": {"num_feat": 4, "num_layer": 3},
    "srresnet": {"num_feat": 4, "num_block": 1},
    "srgan": {"num_feat": 4, "num_block": 1},
    "rcan": {"num_feat": 8, "num_group": 1, "num_block": 1, "squeeze_factor": 4},
    "edsr": {"num_feat": 4, "num_block": 1},
    "esrgan": {"num_feat": 4, "num_block": 1, "num_grow_ch": 2},
    "realesr-compact": {"num_feat": 4, "num_conv": 1},
    "span": {"num_feat": 4},
    "swinir": {"embed_dim": 8, "depths": [1], "num_heads": [2]},
    "edvr": {"num_feat": 8, "deformable_groups": 2, "num_extract_block": 1, "num_reconstruct_block": 1},
    "basicvsr": {"num_feat": 4, "num_block": 1},
    "dflow": {"num_feat": 4, "num_block": 1},
    "iconvsr": {"num_feat": 8, "num_block": 1},
    "basicvsrpp": {"mid_channels": 8, "num_blocks": 1},
}
SAME = {"realesrgan", "realsr"}


def test_every_network_that_declares_a_feature_is_looked_at() -> None:
    assert set(SMALL) | SAME == {name for name, entry in ARCHITECTURES.items() if entry.feature is not None}


@pytest.mark.parametrize("name", SMALL)
def test_a_declared_feature_has_hr_size_and_belongs_to_its_frame(name: str) -> None:
    torch.manual_seed(0)
    entry = ARCHITECTURES[name]
    network = create(arguments_of(name, 4, SMALL[name])).eval()
    side, length = max(entry.least, 8) + -max(entry.least, 8) % entry.multiple, max(entry.shortest, 2)
    clips = torch.rand(1, length, 3, side, side)
    with torch.no_grad():
        restored, feature = on_clips(network, entry, clips, 4)
        assert feature is not None and entry.feature is not None
        assert feature.shape == (1, length, width_of(network, entry.feature), 4 * side, 4 * side)
        assert restored.shape == wanted(torch.rand(1, length, 3, 4 * side, 4 * side), entry).shape
        if entry.view == "frame":
            _, alone = on_clips(network, entry, clips[:, 1:2], 4)
            assert alone is not None
            torch.testing.assert_close(alone[:, 0], feature[:, 1], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", ["duf16", "spmc", "toflow"])
def test_a_network_without_one_gives_its_frames_alone(name: str) -> None:
    assert ARCHITECTURES[name].feature is None
