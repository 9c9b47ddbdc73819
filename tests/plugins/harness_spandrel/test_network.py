"""Networks recognised by their weights alone, against BasicSR's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.checks import check_sr_method, require
from harness.errors import WeightsError, WeightsMissingError
from harness_basicsr.networks import registered

pytest.importorskip("spandrel")
from harness_spandrel.network import build

CPU = torch.device("cpu")
NETWORKS: dict[str, dict[str, Any]] = {
    "RRDBNet": {"num_in_ch": 3, "num_out_ch": 3, "scale": 4, "num_feat": 8, "num_block": 1},
    "SRVGGNetCompact": {"num_in_ch": 3, "num_out_ch": 3, "num_feat": 8, "num_conv": 2, "upscale": 4},
}


def made(arch: str, **other: Any) -> nn.Module:
    torch.manual_seed(0)
    network: nn.Module = registered.create({"type": arch, **NETWORKS[arch], **other})
    return network.eval()


def saved(path: Path, content: Any) -> str:
    torch.save(content, path)
    return str(path)


def restored(network: nn.Module, lr: Tensor) -> Tensor:
    with torch.no_grad():
        return network(lr).clamp(0, 1)


@pytest.mark.parametrize("arch", NETWORKS)
def test_a_network_is_found_by_its_weights_and_restores_as_basicsr_does(tmp_path: Path, arch: str) -> None:
    network = made(arch)
    method = build(scale=4, device=CPU, checkpoint=saved(tmp_path / "net.pth", {"params": network.state_dict()}))
    lr = torch.rand(3, 3, 11, 13, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(method.upscale(lr, [2, 0]), restored(network, lr[[2, 0]]))
    own = sum(p.numel() for p in network.parameters())
    assert sum(p.numel() for p in method.network.parameters()) == own


@pytest.mark.parametrize("prefix", ["module.", "generator.", "module._orig_mod.net_g."])
def test_prefixes_of_training_and_a_discriminator_beside_do_not_matter(tmp_path: Path, prefix: str) -> None:
    network = made("SRVGGNetCompact")
    state = {prefix + key: value for key, value in network.state_dict().items()}
    state |= {"discriminator.conv.weight": torch.zeros(4, 3, 3, 3)} if prefix == "generator." else {}
    method = build(scale=4, device=CPU, checkpoint=saved(tmp_path / "net.pth", {"state_dict": state}))
    lr = torch.rand(1, 3, 6, 6)
    torch.testing.assert_close(method.upscale(lr, [0]), restored(network, lr))


def test_sizes_that_a_network_cannot_take_are_padded(tmp_path: Path) -> None:
    """At scale 2 this network halves its input, so both sides must be even."""
    file = saved(tmp_path / "net.pth", made("RRDBNet", scale=2).state_dict())
    checks = check_sr_method(build(scale=2, device=CPU, checkpoint=file), scale=2)
    require([check for check in checks if check.name != "likeness"])  # it was never trained


def test_another_scale_and_other_colours_are_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "net.pth", made("SRVGGNetCompact").state_dict())
    with pytest.raises(WeightsError, match=r"enlarges by 4, but 2 is asked for"):
        build(scale=2, device=CPU, checkpoint=file)
    grey = saved(tmp_path / "grey.pth", made("SRVGGNetCompact", num_in_ch=1, num_out_ch=1).state_dict())
    with pytest.raises(WeightsError, match=r"takes 1 channels and makes 1; only networks for RGB"):
        build(scale=4, device=CPU, checkpoint=grey)


def test_what_it_cannot_use_is_said(tmp_path: Path) -> None:
    state = made("SRVGGNetCompact").state_dict()
    first = next(iter(state))
    broken = {
        "no architecture": {"w": torch.zeros(3)},
        "no whole network": {key: value for key, value in state.items() if key != "body.2.weight"},
        "numbered far beyond": {**state, "body.99999999999.weight": torch.zeros(3)},
        "has NaN": {**state, first: state[first] * float("nan")},
    }
    for message, content in broken.items():
        with pytest.raises(WeightsError, match=message):
            build(scale=4, device=CPU, checkpoint=saved(tmp_path / "net.pth", content))
    with pytest.raises(WeightsMissingError, match="checkpoint=FILE"):
        build(scale=4, device=CPU)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "it-ran",)

    with pytest.raises(WeightsError, match="refused"):
        build(scale=4, device=CPU, checkpoint=saved(tmp_path / "net.pth", {"w": Attack()}))
    assert not (tmp_path / "it-ran").exists()
