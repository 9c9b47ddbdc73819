"""Made clips show motion that can be followed, the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from harness_benchmarks import footage

from harness_mini.dataset import Mini
from harness_optical_flow.dis import Dis

HEIGHT, WIDTH = 96, 128


def test_things_move_smoothly_and_every_pixel_is_drawn() -> None:
    made = np.stack(list(footage.frames(12, HEIGHT, WIDTH, seed=1)))
    assert made.shape == (12, HEIGHT, WIDTH, 3) and made.dtype == np.uint8
    assert np.array_equal(made, np.stack(list(footage.frames(12, HEIGHT, WIDTH, seed=1))))
    assert made[0].std() > 30
    frames = torch.from_numpy(made).permute(0, 3, 1, 2).float() / 255
    flow = Dis().flow(frames[:-1], frames[1:])
    length = torch.linalg.vector_norm(flow, dim=1)
    assert 0.1 < float(length.median()) < 4
    still = (frames[1:] - frames[:-1]).abs().mean()
    assert float(still) < 0.06, "noise would differ by far more from frame to frame"


def test_a_data_folder_is_read_as_mini(tmp_path: Path) -> None:
    data = Mini(root=footage.write_data(tmp_path / "data", {"warm-up": 2, "long": 5}, 32, 48))
    clips = {clip.id: clip for clip in data.clips("test")}
    assert [data.open(clips[name]).num_frames for name in ("warm-up", "long")] == [2, 5]
    assert len(data.classes) == len(Mini().classes)
