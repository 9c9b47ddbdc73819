"""Warping against OpenCV and a direct loop; visibility on a scene with known occlusion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from harness.video.warp import visible, warp


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 3), (33, 47), (112, 112), (100, 128)])
def test_zero_flow_is_the_identity_on_all_pixels(size: tuple[int, int]) -> None:
    frames = torch.rand(2, 3, *size, generator=generator())
    assert torch.equal(warp(frames, torch.zeros(2, 2, *size)), frames)


def test_whole_pixels_move_exactly_and_channel_0_is_to_the_right() -> None:
    frames = torch.rand(1, 3, 20, 30, generator=generator())
    flow = torch.zeros(1, 2, 20, 30)
    flow[:, 0], flow[:, 1] = 3, -2
    assert torch.equal(warp(frames, flow)[..., 2:, :-3], frames[..., :-2, 3:])


def test_agrees_with_opencv_remap_inside_and_beyond_the_border() -> None:
    frames = torch.rand(2, 3, 41, 53, generator=generator())
    # remap has 32 steps between pixels, so the flow is made of such steps
    flow = torch.randint(-200, 200, (2, 2, 41, 53), generator=generator()) / 32
    ours = warp(frames, flow).permute(0, 2, 3, 1).numpy()
    rows, columns = np.mgrid[:41, :53].astype(np.float32)
    for index in range(2):
        image, (u, v) = frames[index].permute(1, 2, 0).contiguous().numpy(), flow[index].numpy()
        expected = cv2.remap(image, columns + u, rows + v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        assert np.abs(ours[index] - expected).max() < 1e-4


def test_agrees_with_a_direct_loop() -> None:
    frame = torch.rand(1, 1, 7, 6, generator=generator(), dtype=torch.float64)
    flow = 3 * torch.randn(1, 2, 7, 6, generator=generator(), dtype=torch.float64)
    ours = warp(frame, flow)
    for row in range(7):
        for column in range(6):
            x = min(max(column + float(flow[0, 0, row, column]), 0), 5)
            y = min(max(row + float(flow[0, 1, row, column]), 0), 6)
            left, top = int(x), int(y)
            right, bottom = min(left + 1, 5), min(top + 1, 6)
            pixel = frame[0, 0]
            upper = pixel[top, left] * (1 - x + left) + pixel[top, right] * (x - left)
            lower = pixel[bottom, left] * (1 - x + left) + pixel[bottom, right] * (x - left)
            assert float(ours[0, 0, row, column]) == pytest.approx(float(upper * (1 - y + top) + lower * (y - top)))


def test_a_moving_square_hides_what_it_covers_and_nothing_else() -> None:
    """A square of 8 px moves right by 4 over a still background and covers the 4 columns in front of it."""
    forward, backward = torch.zeros(1, 2, 32, 40), torch.zeros(1, 2, 32, 40)
    forward[:, 0, 10:18, 10:18] = 4
    backward[:, 0, 10:18, 14:22] = -4
    seen = visible(forward, backward)
    expected = torch.ones(32, 40, dtype=torch.bool)
    expected[10:18, 18:22] = False
    assert torch.equal(seen[0], expected)


def test_pixels_that_leave_the_frame_are_hidden() -> None:
    flow = torch.zeros(1, 2, 10, 12)
    flow[:, 0] = 3
    seen = visible(flow, -flow)[0]
    assert bool(seen[:, :9].all()) and not bool(seen[:, 9:].any())
    flow = torch.zeros(1, 2, 10, 12)
    flow[:, 1] = -2
    seen = visible(flow, -flow)[0]
    assert bool(seen[2:].all()) and not bool(seen[:2].any())


def test_pixel_is_hidden_from_the_bound_of_the_forward_backward_check() -> None:
    """Hidden if the gap is at least sqrt(0.01 (|f|^2 + |b|^2) + 0.5)."""
    flow = torch.zeros(1, 2, 5, 40)
    flow[:, 0] = 6
    for gap, expected in ((0.9, True), (1.3, False)):
        back = -flow
        back[:, 1] = gap
        assert bool(visible(flow, back)[0, 2, 5]) is expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_same_on_the_gpu() -> None:
    frames = torch.rand(2, 3, 33, 47, generator=generator())
    flow = 3 * torch.randn(2, 2, 33, 47, generator=generator())
    assert torch.equal(warp(frames.cuda(), 0 * flow.cuda()).cpu(), frames)
    assert torch.allclose(warp(frames.cuda(), flow.cuda()).cpu(), warp(frames, flow), atol=1e-4)


def test_flow_in_half_precision_points_where_it_says() -> None:
    """Half precision has no number for pixel 301: places are computed in single precision."""
    frames, flow = torch.rand(1, 3, 2, 310), torch.full((1, 2, 2, 310), 0.5, dtype=torch.bfloat16)
    assert torch.equal(warp(frames, flow), warp(frames, flow.float()))
