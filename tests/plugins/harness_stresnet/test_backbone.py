"""The network: its layers, where motion goes in, and what it starts from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn

from harness.errors import UnknownNameError, UsageError, WeightsError
from harness.weights.loading import save_state
from harness_stresnet.network import build_network, description, register

register()
from harness_stresnet.backbone import Stream, STResNet  # noqa: E402  (mmaction needs its cures first)
from harness_stresnet.pretrained import load_imagenet  # noqa: E402
from harness_stresnet.units import TemporalConv, Unit, over_time  # noqa: E402

SMALL = {"depth": 26, "width": 4, "stack": 2}


def small(**options: object) -> STResNet:
    torch.manual_seed(0)
    return STResNet(**{**SMALL, **options}).eval()


def clips(length: int = 5, size: int = 32, stack: int = 2) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(2, length, 3, size, size, generator=generator),
        torch.randn(2, length, 2 * stack, size, size, generator=generator),
    )


@pytest.fixture(scope="module")
def published() -> STResNet:
    with torch.device("meta"):
        return STResNet()


def test_sixteen_convolutions_reach_over_time(published: STResNet) -> None:
    temporal = {name: m for name, m in published.named_modules() if isinstance(m, nn.Conv3d)}
    expected = {
        f"{stream}.layer{stage}.1.conv{i}"
        for stream in ("appearance", "motion")
        for stage in (1, 2, 3, 4)
        for i in (1, 3)
    }
    assert set(temporal) == expected and len(expected) == 16
    for conv in temporal.values():
        assert (conv.kernel_size, conv.stride, conv.padding) == ((3, 1, 1), (1, 1, 1), (1, 0, 0)) and conv.bias is None


def test_the_published_network_has_its_number_of_parameters(published: STResNet) -> None:
    resnet50 = 25_557_032 - (2048 * 1000 + 1000)  # torchvision's, without its classifier
    # two 1x1 convolutions between p and 4p channels in each stage, with two more positions in time
    temporal = sum(2 * 2 * (4 * p * p) for p in (64, 128, 256, 512))
    first = (20 - 3) * 64 * 7 * 7
    assert sum(p.numel() for p in published.parameters()) == 2 * (resnet50 + temporal) + first == 58_210_496


def test_spatial_layers_are_those_of_resnet50(published: STResNet) -> None:
    with torch.device("meta"):
        resnet = torchvision.models.resnet50()
    expected = {k: tuple(v.shape) for k, v in resnet.state_dict().items() if not k.startswith("fc.")}
    found = {k: tuple(v.shape) for k, v in published.appearance.state_dict().items()}
    assert found.keys() == expected.keys()
    different = {k for k in found if found[k] != expected[k]}
    assert different == {f"layer{s}.1.conv{i}.weight" for s in (1, 2, 3, 4) for i in (1, 3)}
    strides = {n: m.stride for n, m in resnet.named_modules() if isinstance(m, nn.Conv2d)}
    own = {n: m.stride for n, m in published.appearance.named_modules() if isinstance(m, nn.Conv2d)}
    assert own == {n: stride for n, stride in strides.items() if n in own} and len(own) == len(strides) - 8


@pytest.mark.parametrize("length,pooled", [(11, 4), (5, 1), (3, 1)])
def test_features_have_the_documented_shapes(length: int, pooled: int) -> None:
    rgb, flow = clips(length, size=64)
    with torch.no_grad():
        assert {x.shape for x in small()(rgb, flow)} == {(2, 128, pooled, 2, 2)}
        assert {x.shape for x in small(temporal_pool=False)(rgb, flow)} == {(2, 128, length, 2, 2)}


def test_the_pool_takes_the_maximum_of_five_positions_in_steps_of_two() -> None:
    rgb, flow = clips(9)
    with torch.no_grad():
        pooled, every = small()(rgb, flow), small(temporal_pool=False)(rgb, flow)
    for found, frames in zip(pooled, every, strict=True):
        reference = torch.stack([frames[:, :, t : t + 5].amax(dim=2) for t in (0, 2, 4)], dim=2)
        torch.testing.assert_close(found, reference, rtol=0, atol=0)


@pytest.mark.parametrize("injection", ["add", "multiply"])
def test_motion_goes_into_appearance_once_a_stage_and_never_back(injection: str) -> None:
    network = small(injection=injection)
    seen: list[int] = []
    network.inject = lambda a, m, real=network.inject: seen.append(a.shape[1]) or real(a, m)  # type: ignore[method-assign]
    rgb, flow = clips()
    with torch.no_grad():
        before = network(rgb, flow)
        assert seen == [16, 32, 64, 128]
        moved = network(rgb, flow.flip(-1) * 3)
        looked = network(rgb.flip(-1), flow)
    assert not torch.allclose(before[0], moved[0]) and torch.equal(before[1], looked[1])


@pytest.mark.parametrize("injection", ["add", "multiply"])
def test_the_skip_connection_carries_no_motion(injection: str) -> None:
    network = small(injection=injection)
    rgb, flow = clips()
    for stage in network.appearance.stages:
        # then the residual branch of the unit that motion goes into always gives zero
        nn.init.zeros_(stage[1].conv3.weight)
    with torch.no_grad():
        torch.testing.assert_close(network(rgb, flow)[0], network(rgb, -2 * flow)[0], rtol=0, atol=0)


def test_injection_adds_or_multiplies_rectified_motion() -> None:
    add, multiply = small(), small(injection="multiply")
    appearance, motion = torch.randn(3, 8, 5, 5), torch.randn(3, 8, 5, 5)
    torch.testing.assert_close(add.inject(appearance, motion), appearance + motion.clamp(min=0))
    torch.testing.assert_close(multiply.inject(appearance, motion), appearance * motion.clamp(min=0))


def test_motion_of_ones_multiplies_to_the_plain_unit() -> None:
    network = small(injection="multiply")
    unit, x = network.appearance.stages[0][1], torch.rand(5, 16, 6, 6)
    with torch.no_grad():
        plain, ones = unit(x, 5), unit(x, 5, network.inject(x, torch.ones_like(x)))
        torch.testing.assert_close(ones, plain, rtol=0, atol=0)
        nothing = unit(x, 5, small().inject(x, -torch.ones_like(x)))
        torch.testing.assert_close(nothing, plain, rtol=0, atol=0)
        assert not torch.allclose(unit(x, 5, network.inject(x, 2 * torch.ones_like(x))), plain)


def test_a_plain_unit_is_torchvisions() -> None:
    unit = Unit(16, 4).eval()
    reference = torchvision.models.resnet.Bottleneck(16, 4).eval()
    reference.load_state_dict(unit.state_dict())
    x = torch.randn(2, 16, 6, 6).relu()
    with torch.no_grad():
        torch.testing.assert_close(unit(x).relu(), reference(x))


def test_temporal_convolutions_start_as_the_mean_over_time() -> None:
    conv = nn.Conv2d(4, 6, 1, bias=False)
    temporal = TemporalConv.of(conv)
    still = torch.randn(1, 4, 3, 3).repeat(10, 1, 1, 1)  # two clips of five
    with torch.no_grad():
        found, expected = temporal.over(still, 5).unflatten(0, (2, 5)), conv(still).unflatten(0, (2, 5))
        torch.testing.assert_close(found[:, 1:-1], expected[:, 1:-1])
        # zeros beyond either end
        torch.testing.assert_close(found[:, [0, -1]], expected[:, [0, -1]] * 2 / 3)
        moving = torch.randn(5, 4, 3, 3)
        middle = temporal.over(moving, 5)[2]
        torch.testing.assert_close(middle, conv(moving[1:4]).mean(dim=0))


def test_the_loss_of_appearance_reaches_the_motion_stream() -> None:
    network = small()
    rgb, flow = clips()
    network(rgb, flow)[0].square().sum().backward()
    conv = network.motion.conv1.weight.grad
    assert conv is not None and float(conv.abs().max()) > 0
    network.zero_grad()
    network(rgb, flow)[1].square().sum().backward()
    assert network.appearance.conv1.weight.grad is None


def test_imagenet_weights_go_into_both_streams(tmp_path: Path) -> None:
    torch.manual_seed(3)
    resnet = torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [2, 2, 2, 2])
    state = resnet.state_dict()
    save_state(tmp_path / "resnet26.safetensors", state, {})
    network = STResNet(depth=26, imagenet=str(tmp_path / "resnet26.safetensors"))
    rgb = state["conv1.weight"]
    expected = ((rgb[:, 0] + rgb[:, 1] + rgb[:, 2]) / 3)[:, None].expand(-1, 20, -1, -1)
    torch.testing.assert_close(network.motion.conv1.weight.data, expected)
    assert torch.equal(network.appearance.conv1.weight.data, rgb)
    for stream in (network.appearance, network.motion):
        assert torch.equal(stream.layer3[0].conv2.weight.data, state["layer3.0.conv2.weight"])
        inflated = stream.layer2[1].conv3.weight.data
        torch.testing.assert_close(inflated.sum(dim=2), state["layer2.1.conv3.weight"])
        assert torch.equal(inflated, over_time(state["layer2.1.conv3.weight"]))
    with pytest.raises(WeightsError, match=r"not the weights of a torchvision ResNet"):
        load_imagenet(Stream(3, 50, 4), tmp_path / "resnet26.safetensors")


def test_each_classifier_has_its_own_loss() -> None:
    from mmaction.structures import ActionDataSample

    network = build_network(description(4, **SMALL))
    rgb, flow = clips()
    batch = {
        "inputs": {"rgb": list(rgb[:, None] * 50 + 128), "flow": list(flow[:, None] * 50 + 128)},
        "data_samples": [ActionDataSample().set_gt_label(label) for label in (1, 3)],
    }
    losses = network(**network.data_preprocessor(batch, True), mode="loss")
    assert {"appearance_loss_cls", "motion_loss_cls"} <= losses.keys()
    losses["motion_loss_cls"].backward()
    assert not network.cls_head.fc_appearance.weight.grad.any()
    assert float(network.cls_head.fc_motion.weight.grad.abs().max()) > 0


def test_unknown_depths_and_injections_are_refused() -> None:
    with pytest.raises(UsageError, match="depth=34; known: 26, 50"):
        small(depth=34)
    with pytest.raises(UnknownNameError, match="Did you mean 'multiply'"):
        small(injection="multiplied")
