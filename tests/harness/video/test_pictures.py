"""Pictures as frames: every kind that cameras and programs write, and a sentence for what is none."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from harness.datasets.video_folder import VideoFolder
from harness.errors import ClipError
from harness.video.frames import Bytes
from harness.video.pictures import open_pictures, read_picture
from harness_datasets.folder import open_videos

COLOUR = cv2.resize(
    np.random.default_rng(0).integers(0, 255, (5, 7, 3)).astype(np.uint8), (48, 32), interpolation=cv2.INTER_CUBIC
)
GREY = cv2.cvtColor(COLOUR, cv2.COLOR_RGB2GRAY)
AS_STORED: dict[int, Callable[[Bytes], Bytes]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
"""What a camera that was held so stores of an upright picture, by EXIF orientation."""


def grey(levels: Bytes = GREY) -> Bytes:
    return np.repeat(levels[..., None], 3, axis=2)


def read(file: Path) -> Bytes:
    return read_picture(file, "clip 'a'")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_exif_orientation_is_followed(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    for name, picture, wanted in (("colour", COLOUR, COLOUR), ("deep", GREY.astype(np.uint16) * 257, grey())):
        if (name, suffix) == ("deep", "jpg"):
            continue
        stored = Image.fromarray(np.ascontiguousarray(AS_STORED[orientation](picture)))
        file = tmp_path / f"{name}.{suffix}"
        stored.save(file, exif=exif, quality=100, subsampling=0)
        assert np.abs(read(file).astype(int) - wanted).max() <= (4 if suffix == "jpg" else 0)


@pytest.mark.parametrize("suffix", ["png", "tif", "ppm"])
def test_of_sixteen_bits_the_upper_eight_count(tmp_path: Path, suffix: str) -> None:
    for name, picture, wanted in (("colour", COLOUR, COLOUR), ("grey", GREY, grey())):
        file = tmp_path / f"{name}.{'pgm' if (name, suffix) == ('grey', 'ppm') else suffix}"
        stored = picture[..., ::-1] if name == "colour" else picture
        cv2.imwrite(str(file), stored.astype(np.uint16) * 257)
        np.testing.assert_array_equal(read(file), wanted)


def test_alpha_is_dropped_and_palette_one_bit_and_cmyk_are_looked_up(tmp_path: Path) -> None:
    alpha = np.zeros(GREY.shape, np.uint8)
    palette, one_bit = Image.fromarray(COLOUR).quantize(32), Image.fromarray(GREY).convert("1")
    pictures = {
        "alpha.png": (Image.fromarray(np.dstack([COLOUR, alpha])), COLOUR),
        "grey_alpha.png": (Image.fromarray(np.dstack([GREY, alpha])), grey()),
        "palette.png": (palette, np.asarray(palette.convert("RGB"))),
        "bits.png": (one_bit, np.asarray(one_bit.convert("RGB"))),
    }
    for name, (picture, wanted) in pictures.items():
        picture.save(tmp_path / name, **({"transparency": 3} if name == "palette.png" else {}))
        np.testing.assert_array_equal(read(tmp_path / name), wanted, err_msg=name)
    Image.fromarray(COLOUR).convert("CMYK").save(tmp_path / "print.jpg", quality=100, subsampling=0)
    assert np.abs(read(tmp_path / "print.jpg").astype(int) - COLOUR).max() < 8


def test_pictures_in_one_file_are_refused_but_for_the_previews_of_phones(tmp_path: Path) -> None:
    first, *others = (Image.fromarray(np.roll(COLOUR, shift, 0)) for shift in range(3))
    for name in ("pages.tif", "moving.png", "moving.webp", "named.jpg"):
        kind = "GIF" if name == "named.jpg" else None
        first.save(tmp_path / name, format=kind, save_all=True, append_images=others)
        with pytest.raises(ClipError, match=f"clip 'a': {name} holds 3 pictures, but a frame is one"):
            read(tmp_path / name)
    first.save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=others, quality=100, subsampling=0)
    assert np.abs(read(tmp_path / "phone.jpg").astype(int) - COLOUR).max() <= 4


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp", "ppm"])
def test_a_picture_that_is_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    Image.fromarray(COLOUR).save(file)
    whole = file.read_bytes()
    for kept in (0, 20, len(whole) // 2, len(whole) * 9 // 10):
        file.write_bytes(whole[:kept])
        with pytest.raises(ClipError, match=rf"clip 'a': a\.{suffix} is missing or not a readable picture"):
            read(file)


def test_numbers_without_a_white_are_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY.astype(np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(ClipError, match=r"float\.tif holds numbers of which none is known to be white"):
        read(tmp_path / "float.tif")


def test_damaged_meta_data_do_not_cost_the_picture(tmp_path: Path) -> None:
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=b"no exif at all")
    np.testing.assert_array_equal(read(tmp_path / "a.png"), COLOUR)


def test_scoring_and_training_see_the_same_frames_in_the_same_order(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "walk" / "clip"
    folder.mkdir(parents=True)
    for number in range(1, 12):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((8, 10), 5000 * number, np.uint16))
    (folder / "._1.png").write_bytes(b"not a picture")
    scored, trained = open_videos(root=tmp_path / "data"), VideoFolder(folder.parent)
    frames = [dataset.open(dataset.clips("all")[0]).read() for dataset in (scored, trained)]
    assert frames[0][:, 0, 0, 0].tolist() == [5000 * number >> 8 for number in range(1, 12)]
    np.testing.assert_array_equal(frames[0], frames[1])


def test_frames_of_two_sizes_and_folders_without_any_are_refused(tmp_path: Path) -> None:
    for name, size in (("1.png", (8, 10)), ("2.png", (8, 12))):
        cv2.imwrite(str(tmp_path / name), np.zeros(size, np.uint8))
    with pytest.raises(ClipError, match=r"clip: 2\.png: a frame of 12x8 in a video of 10x8"):
        open_pictures([tmp_path / "1.png", tmp_path / "2.png"], "clip").read()
    with pytest.raises(ClipError, match="clip: it has no picture"):
        open_pictures([], "clip")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp", "ppm"])
def test_a_changed_picture_is_read_or_refused_with_a_sentence(tmp_path: Path, suffix: str) -> None:
    file, rng, refused = tmp_path / f"a.{suffix}", random.Random(12), 0
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(COLOUR).save(file, exif=exif)
    whole = file.read_bytes()
    for _ in range(60):
        place = rng.randrange(min(len(whole), rng.choice((64, 400, len(whole)))))
        middle = rng.choice((b"", bytes([rng.randrange(256)]), b"\0" * 50, b"\xff" * 4))
        file.write_bytes(whole[:place] + middle + whole[place + rng.randrange(8) :])
        try:
            read(file)
        except ClipError as error:
            refused += 1
            assert f"clip 'a': a.{suffix}" in str(error)
    assert refused > 0
