"""SVSRNet: sizes of its parts, what each variant looks at, and attention that is full within a window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import morphology
from torch import Tensor, nn

from harness.contracts import StereoMethod
from harness.errors import ContractError, UnknownNameError, UsageError
from harness_basicsr import networks
from harness_basicsr.networks.svsrnet_arch import FIXED, RELEASED, SVSRNet
from harness_basicsr.networks.two_views import EverywhereAttention, RowAttention, tidied
from harness_basicsr.networks.views import CopiedViewNetwork, StereoNetwork

CPU = torch.device("cpu")
N = 64


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def conv(given: int, made: int, size: int, bias: bool = True) -> int:
    return given * made * size**2 + made * bias


def narrow(variant: str = RELEASED) -> SVSRNet:
    torch.manual_seed(0)
    network = SVSRNet(8, 2, 1, 1, variant).eval()
    for p in network.parameters():  # layers that begin at zero would hide what is looked at
        p.data.add_(torch.randn_like(p) * 0.02)
    return network


def frames(height: int = 12, width: int = 16) -> Tensor:
    return torch.rand(1, 6, 3, height, width, generator=torch.Generator().manual_seed(1))


BLOCK, RESIDUAL = 2 * conv(N, N, 3), 2 * conv(N, N, 3, bias=False)
DEFORMABLE = conv(N, N, 3) + conv(N, 8 * 3 * 9, 3)
PYRAMID = conv(4 * N, N, 1) + conv(2 * N, N, 1) + 4 * conv(N, N, 1) + 3 * conv(N, N, 3) + conv(2 * N, N, 3)
IN_TIME = 3 * conv(N, N, 3) + conv(2 * N, N, 3) + DEFORMABLE + RESIDUAL + 2 * conv(4 * N, N, 1) + PYRAMID
ATTENTION = RESIDUAL + 2 * conv(N, N, 1)
FUSE_THREE = conv(3 * N, N, 1)
ACROSS = (
    3 * ATTENTION + 2 * conv(2 * N, N, 1) + FUSE_THREE + conv(2 * N + 1, N, 1) + conv(N, N, 3) + conv(N, N, 1)
)  # fmt: skip
REBUILD = conv(2 * N, N, 1) + 10 * BLOCK + conv(N, N, 3) + conv(N, 3, 3)
ENLARGE = 2 * conv(N, 4 * N, 3)


@pytest.mark.parametrize(("variant", "own", "total"), [(RELEASED, 1, 3_564_958), (FIXED, 2, 4_563_766)])
def test_every_part_has_the_parameters_that_its_layers_add_up_to(variant: str, own: int, total: int) -> None:
    with torch.device("meta"):
        network = SVSRNet(variant=variant)
    parts = {
        "first": conv(3, N, 3), "extract": 5 * BLOCK, "in_time": own * IN_TIME,
        "across": 2 * (ACROSS + (own - 1) * FUSE_THREE), "rebuild": 2 * REBUILD, "enlarge": own * ENLARGE,
    }  # fmt: skip
    assert {name: count(part) for name, part in network.named_children()} == parts
    assert count(network) == sum(parts.values()) == total


@pytest.mark.parametrize(("variant", "ignored"), [(RELEASED, 2), (FIXED, None)])
@torch.no_grad()
def test_released_never_looks_at_the_third_frame_of_the_other_view(variant: str, ignored: int | None) -> None:
    network, x = narrow(variant).double(), frames().double()
    before = network(x)
    assert before.shape == (1, 2, 3, 48, 64)
    for frame in range(3):
        other = x.clone()
        other[:, 3 + frame] = other[:, 3 + frame].flip(-1)
        left, right = (network(other) - before).abs().amax(dim=(0, 2, 3, 4))
        assert (left > 0) == (frame != ignored) and right > 0


@torch.no_grad()
def test_views_share_layers_as_released_and_have_their_own_when_fixed() -> None:
    assert (len(narrow().in_time), len(narrow().enlarge)) == (1, 1)
    network, x = narrow(FIXED), frames()
    before = network(x)
    network.in_time[1].fuse.weight.zero_()
    changed = (network(x) - before).abs().amax(dim=(0, 2, 3, 4))
    assert changed[0] == 0 and changed[1] > 0


@torch.no_grad()
def test_within_a_window_attention_is_over_all_positions_and_beyond_it_each_window_is_by_itself() -> None:
    torch.manual_seed(0)
    attention = EverywhereAttention(8).double()
    here, there = torch.rand(2, 2, 8, 6, 10, dtype=torch.double)
    query, key = (x.flatten(2) for x in attention.ask(here, there))
    weights = torch.einsum("nci,ncj->nij", query, key).softmax(dim=-1)
    full = torch.einsum("nij,ncj->nci", weights, there.flatten(2)).reshape(there.shape)
    torch.testing.assert_close(attention(here, there), full)
    torch.testing.assert_close(attention(here, there, window=10), full)
    cut = attention(here, there, window=6)  # 10 columns as 5 and 5
    assert not torch.allclose(cut, full)
    value = there[..., :5].flatten(2)
    query, key = (x[..., :5].flatten(2) for x in attention.ask(here, there))
    left = torch.einsum("nij,ncj->nci", torch.einsum("nci,ncj->nij", query, key).softmax(dim=-1), value)
    torch.testing.assert_close(cut[..., :5].flatten(2), left)


@torch.no_grad()
def test_attention_along_rows_never_leaves_its_row() -> None:
    torch.manual_seed(0)
    attention = RowAttention(8)
    here, there = torch.rand(2, 1, 8, 12, 16)
    found, seen = attention(here, there)
    there[:, :, 8:] = 0
    other, _ = attention(here, there)
    assert torch.equal(found[:, :, :6], other[:, :, :6]) and not torch.allclose(found[:, :, 8:], other[:, :, 8:])
    assert seen.shape == (1, 1, 12, 16) and set(seen.unique().tolist()) <= {0.0, 1.0}


def test_masks_are_tidied_as_scikit_image_does_and_each_by_itself() -> None:
    masks = torch.rand(3, 1, 40, 50, generator=torch.Generator().manual_seed(3)) > 0.45
    for seen, found in zip(masks[:, 0].numpy(), tidied(masks)[:, 0].numpy(), strict=True):
        hidden = morphology.remove_small_objects(~seen, max_size=19, connectivity=2)
        hidden = morphology.remove_small_holes(hidden, max_size=9, connectivity=2)
        hidden = morphology.closing(np.pad(hidden, 3), morphology.disk(3))[3:-3, 3:-3]
        assert np.array_equal(found, ~hidden) and 0 < found.mean() < 1


@torch.no_grad()
def test_the_method_pads_and_crops_and_a_copy_is_the_left_view_twice() -> None:
    network = narrow()
    stereo, copied = (
        wrapper(network, scale=4, device=CPU, radius=1, multiple=4) for wrapper in (StereoNetwork, CopiedViewNetwork)
    )
    left, right = torch.rand(2, 4, 3, 13, 18, generator=torch.Generator().manual_seed(2))
    restored = stereo.upscale_left(left, right, [0, 3])
    assert restored.shape == (2, 3, 52, 72)
    assert isinstance(stereo, StereoMethod) and not isinstance(copied, StereoMethod)
    torch.testing.assert_close(copied.upscale(left, [0, 3]), stereo.upscale_left(left, left, [0, 3]))
    assert not torch.allclose(restored, copied.upscale(left, [0, 3]))
    assert copied.remark and stereo.remark is None
    with pytest.raises(ContractError, match="needs a second view"):
        stereo.upscale(left, [0])


def test_unknown_variants_and_second_views_are_refused() -> None:
    with pytest.raises(UsageError, match="no variant 'mended'; known: released, fixed"):
        SVSRNet(variant="mended")
    with pytest.raises(UnknownNameError, match="second_view"):
        networks.build(arch="svsrnet", scale=4, device=CPU, weights=None, second_view="right")
