"""Views against MMAction2's transforms, and the mirror image of flow, which MMAction2 gets wrong."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import UsageError
from harness.video.flow_input import stacks
from harness_mmaction.compat import prepare
from harness_mmaction.views.crops import Views


def made_levels(count: int, channels: int, height: int, width: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, channels, height, width), generator=torch.Generator().manual_seed(3)).float()


def reference(levels: torch.Tensor, *transforms: Any) -> torch.Tensor:
    """What a chain of MMAction2's transforms makes of images, as ``(V, C, h, w)``."""
    images = list(levels.permute(0, 2, 3, 1).numpy().astype(np.uint8))
    results: dict[str, Any] = {"imgs": images, "img_shape": images[0].shape[:2], "modality": "RGB"}
    for transform in transforms:
        results = transform.transform(results)
    return torch.from_numpy(np.stack(results["imgs"])).permute(0, 3, 1, 2).float()


def as_sets(views: torch.Tensor) -> list[bytes]:
    """Views without their order, which a mean does not see."""
    return sorted(view.numpy().tobytes() for view in views)


@pytest.mark.parametrize(("height", "width"), [(60, 81), (75, 50), (48, 48)])
def test_views_of_frames_are_those_of_mmaction(height: int, width: int) -> None:
    prepare()
    from mmaction.datasets.transforms import CenterCrop, Resize, TenCrop, ThreeCrop

    levels = made_levels(2, 3, height, width)
    resize = Resize(scale=(-1, 48))
    chains = {
        ("full", 48): [resize],
        ("centre", 40): [resize, CenterCrop(40)],
        ("three", 48): [resize, ThreeCrop(48)],
        ("ten", 40): [resize, TenCrop(40)],
    }
    for (crops, size), chain in chains.items():
        views = Views(crops, False, 48, size).of_frames(levels)
        assert as_sets(views) == as_sets(reference(levels, *chain)), crops


def test_mirror_adds_the_mirror_image_of_every_view() -> None:
    levels = made_levels(3, 3, 20, 30)
    views = Views("centre", True, 20, 16).of_frames(levels)
    assert torch.equal(views[3:], views[:3].flip(-1))


def test_mirrored_flow_inverts_x_only() -> None:
    levels = made_levels(10, 2, 20, 20)
    views = Views("full", True, 20, 20).of_flow(levels, partial(stacks, length=5))
    assert views.shape == (4, 10, 20, 20)
    plain, mirrored = views[:2], views[2:].flip(-1)
    assert torch.equal(mirrored[:, 0::2], 255 - plain[:, 0::2])
    assert torch.equal(mirrored[:, 1::2], plain[:, 1::2])


def test_ten_crops_of_flow_are_five_and_their_mirror_images() -> None:
    levels = made_levels(5, 2, 24, 28)
    views = Views("ten", False, 24, 16).of_flow(levels, partial(stacks, length=5))
    assert views.shape == (10, 10, 16, 16)
    assert torch.equal(views[5:, 0::2], 255 - views[:5, 0::2].flip(-1))
    assert torch.equal(views[5:, 1::2], views[:5, 1::2].flip(-1))
    assert torch.equal(views[0, :2], levels[0, :, :16, :16])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("nine", False, 24, 16), "known: full, centre, three, ten"),
        (("ten", True, 24, 16), "mirror images already"),
        (("centre", False, 24, 32), "does not fit"),
        (("three", False, 24, 16), "must be short_side"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: tuple[str, bool, int, int], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        Views(*options)
