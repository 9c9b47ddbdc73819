from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from harness.errors import ContractError, UsageError
from harness.running.pictures import GAP, LABEL_HEIGHT, most_different, save_comparison, strip


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_strip_repeats_pixels_and_never_blends_them() -> None:
    hr, lr = noise(8, 12), noise(4, 6, 1)
    sheet = strip({"lr": lr, "hr": hr}, zoom=3)
    assert sheet.dtype == np.uint8 and sheet.shape == (LABEL_HEIGHT + 24, 36 + GAP + 36, 3)
    assert np.array_equal(sheet[LABEL_HEIGHT:, :36], np.kron(lr, np.ones((6, 6, 1), np.uint8)))
    assert np.array_equal(sheet[LABEL_HEIGHT:, 36 + GAP :], np.kron(hr, np.ones((3, 3, 1), np.uint8)))
    assert (sheet[LABEL_HEIGHT:, 36 : 36 + GAP] == 255).all()


def test_every_column_carries_its_own_name() -> None:
    image = noise(40, 60)
    one, other = (strip({name: image, "hr": image}, zoom=2) for name in ("bicubic", "rcan"))
    labels = slice(0, LABEL_HEIGHT)
    assert one[labels, :120].min() < 100 and one[labels, 120 + GAP :].min() < 100
    assert not np.array_equal(one[labels, :120], other[labels, :120])
    assert np.array_equal(one[labels, 120 + GAP :], other[labels, 120 + GAP :])


def test_a_long_name_stays_over_its_own_picture() -> None:
    image = noise(20, 60)
    sheet = strip({"a": image, "rcan:num_feat=32,num_block=10,num_group=4": image, "b": image}, zoom=2)
    for gap in (120, 246):
        assert (sheet[:LABEL_HEIGHT, gap : gap + GAP] == 255).all()


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ContractError, match="repeating pixels"):
        strip({"lr": noise(5, 6), "hr": noise(8, 12)})


def test_detail_is_where_the_methods_differ() -> None:
    first = noise(60, 90)
    second = first.copy()
    second[24:40, 36:60] = 255 - second[24:40, 36:60]
    top, left, height, width = most_different({"a": first, "b": second, "lr": noise(15, 20)})
    assert (height, width) == (20, 30)
    assert top <= 24 and top + height >= 40 and left <= 36 and left + width >= 60


def read(path: Path) -> np.ndarray:
    return np.round(imread(path)[..., :3] * 255).astype(np.uint8)


def test_comparison_shows_frame_and_detail_of_every_method(tmp_path: Path) -> None:
    hr, lr = noise(24, 24), noise(6, 6, 1)
    path = tmp_path / "pictures" / "clip.png"
    save_comparison(path, {"lr": lr, "bicubic": noise(24, 24, 2), "hr": hr}, (6, 12, 8, 8), zoom=2, columns=2)
    sheet = read(path)
    line = LABEL_HEIGHT + 48 + GAP + 48 + GAP
    assert sheet.shape == (2 * line - GAP, 48 + GAP + 48, 3)
    detail = sheet[line + LABEL_HEIGHT + 48 + GAP :, :48]
    assert np.array_equal(detail, np.kron(hr[6:14, 12:20], np.ones((6, 6, 1), np.uint8)))
    frame = sheet[line + LABEL_HEIGHT : line + LABEL_HEIGHT + 48, :48]
    assert np.array_equal(frame[:12], np.kron(hr, np.ones((2, 2, 1), np.uint8))[:12])
    assert (frame[12, 24:40] == (230, 40, 40)).all()
    assert [p.name for p in path.parent.iterdir()] == ["clip.png"]


def test_comparison_is_the_same_every_time(tmp_path: Path) -> None:
    frames = {"lr": noise(7, 9), "hr": noise(28, 36, 1)}
    for name in ("a.png", "b.png"):
        save_comparison(tmp_path / name, frames)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_crop_outside_the_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="leaves a frame of 24 x 24"):
        save_comparison(tmp_path / "a.png", {"hr": noise(24, 24)}, (20, 0, 8, 8))
    assert not list(tmp_path.iterdir())
