"""Files that are written: depth, range and tags of colours, HDR, codecs, and what is refused before the work."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from av.sidedata.sidedata import Type
from torch import Tensor

from harness.errors import HarnessError, UsageError
from harness.methods import Bicubic, Nearest
from harness.upscale import to_uint16, upscale_video
from harness.video.copying import open_source
from harness.video.encoding import Encoding
from harness.video.frames import Bytes, open_video, to_tensor, to_uint8

CPU = torch.device("cpu")
PQ, HLG, BT2020, LIMITED, FULL = 16, 18, 9, 1, 2
LOSSLESS_YUV = "log-level=error:lossless=1"
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
Levels = np.ndarray[Any, np.dtype[np.uint16]]
Encode, Moving = Callable[..., Path], Callable[..., Bytes]


def ramp(colour_range: int = LIMITED, height: int = 16, width: int = 880) -> Levels:
    """Luma of 10 bits from black to white, one level a column in limited range."""
    black, white = (64, 940) if colour_range == LIMITED else (0, 1023)
    return np.tile(np.linspace(black, white, width).round().astype(np.uint16), (height, 1))


def plane(frame: av.VideoFrame, number: int = 0) -> Levels:
    part = frame.planes[number]
    return np.frombuffer(bytes(part), np.uint16).reshape(part.height, part.line_size // 2)[:, : part.width]


def deep_video(path: Path, luma: Levels, colour_range: int = LIMITED, transfer: int = PQ, display: str = "") -> Path:
    """Four frames of 10 bits in BT.2020, grey, without loss, written with PyAV alone."""
    with av.open(str(path), "w") as output:
        options = {"x265-params": f"{LOSSLESS_YUV}{display}"}
        stream = output.add_stream("libx265", rate=25, options=options)
        stream.height, stream.width, stream.pix_fmt = *luma.shape, "yuv420p10le"
        context = stream.codec_context
        context.colorspace = context.color_primaries = BT2020
        context.color_trc, context.color_range = transfer, colour_range
        for number in range(4):
            frame = av.VideoFrame(luma.shape[1], luma.shape[0], "yuv420p10le")
            for part, values in zip(frame.planes, (luma, 512, 512), strict=True):
                rows = np.full((part.height, part.line_size // 2), 512, np.uint16)
                rows[:, : part.width] = values
                part.update(rows.tobytes())
            frame.pts, frame.time_base = number, Fraction(1, 25)
            frame.colorspace, frame.color_range = BT2020, colour_range
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def first_frame(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def upscaled(source: Path, name: str, method: Any = Bicubic, scale: int = 2, **wishes: Any) -> Path:
    target = source.parent / name
    upscale_video(source, target, method(scale=scale, device=CPU), scale=scale, device=CPU, encoding=Encoding(**wishes))
    return target


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("colour_range", [LIMITED, FULL])
def test_hdr_keeps_its_ten_bits_its_levels_and_its_tags(tmp_path: Path, colour_range: int, transfer: int) -> None:
    luma = ramp(colour_range)
    source = deep_video(tmp_path / "hdr.mp4", luma, colour_range, transfer)
    frame = first_frame(upscaled(source, "big.mp4", quality=0))
    assert frame.format.name == "yuv420p10le"
    tags = frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range
    assert tags == (BT2020, transfer, BT2020, colour_range)
    inner = slice(40, -40)  # beyond the slope bicubic overshoots, and clips
    expected = np.interp(np.arange(2 * luma.shape[1]) / 2 - 0.25, np.arange(luma.shape[1]), luma[0])
    assert np.abs(plane(frame)[8, inner] - expected[inner]).max() <= 1.5
    assert np.abs(plane(frame, 1).astype(int) - 512).max() <= 1
    assert len(np.unique(plane(frame))) > 850


@pytest.mark.parametrize(("codec", "name"), [("h264", "big.mp4"), ("h265", "big.ts"), ("av1", "big.webm")])
def test_every_codec_writes_hdr_at_ten_bits_with_its_display(tmp_path: Path, codec: str, name: str) -> None:
    display = f":master-display={MASTERING}:max-cll=1000,400"
    source = deep_video(tmp_path / "hdr.mp4", ramp(width=128, height=64), display=display)
    frame = first_frame(upscaled(source, name, Nearest, codec=codec))
    assert frame.format.name == "yuv420p10le" and frame.color_trc == PQ and frame.color_primaries == BT2020
    light = struct.unpack_from("2I", bytes(frame.side_data[Type.CONTENT_LIGHT_LEVEL]))
    numbers = struct.unpack_from("22i", bytes(frame.side_data[Type.MASTERING_DISPLAY_METADATA]))
    values = [over / under for over, under in zip(numbers[:20:2], numbers[1:20:2], strict=True)]
    assert light == (1000, 400)
    expected = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329, 0.005, 1000]
    assert values == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_lossless_keeps_every_bit_of_what_the_method_returned(encode: Encode, moving: Moving) -> None:
    source = encode("in.mp4", moving(3, 22, 30))
    expected = to_uint8(Bicubic(scale=3, device=CPU).upscale(to_tensor(open_video(source).read()), range(3)))
    for name in ("big.mp4", "big.mkv", "big.mov"):
        assert np.array_equal(open_video(upscaled(source, name, scale=3, codec="lossless")).read(), expected)


def test_lossless_keeps_ten_bits_of_rgb(tmp_path: Path) -> None:
    kept: list[Tensor] = []

    class Watched(Bicubic):
        def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
            kept.append(super().upscale(lr, frames))
            return kept[-1]

    source = deep_video(tmp_path / "hdr.mp4", ramp(width=128))
    frame = first_frame(upscaled(source, "big.mkv", Watched, codec="lossless"))
    assert frame.format.name == "gbrp10le" and frame.color_trc == PQ
    wanted = np.rint(to_uint16(kept[0][:1])[0] / 65535 * 1023)
    assert np.array_equal(frame.to_ndarray(), wanted)


@pytest.mark.parametrize("colour_range", [LIMITED, FULL])
def test_eight_bits_keep_their_range_and_their_colours(tmp_path: Path, moving: Moving, colour_range: int) -> None:
    path, images = tmp_path / "in.mp4", moving(4, 32, 48)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv444p"
        stream.codec_context.color_range = colour_range
        for image in images:
            rgb = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = rgb.reformat(format="yuv444p", dst_colorspace=5, dst_color_range=colour_range)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    target = upscaled(path, "big.mp4", Nearest, quality=1)
    frame = first_frame(target)
    assert frame.color_range == colour_range and frame.format.name in ("yuv420p", "yuvj420p")
    found = open_video(target).read().astype(int)
    assert np.abs(found - images.repeat(2, 1).repeat(2, 2)).mean() < 2.5


def test_better_quality_makes_larger_files(encode: Encode, moving: Moving) -> None:
    source = encode("in.mp4", moving(6))
    sizes = [upscaled(source, f"{q}.mp4", codec="h265", quality=q).stat().st_size for q in (40, 20, 2)]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("name", ["10:00.mp4", "file:x.mkv", "50%03d.mov", "http:x.ts", "caf\udce9.mp4"])
def test_any_name_is_a_local_file(encode: Encode, moving: Moving, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = encode("in.mp4", moving(3))
    monkeypatch.chdir(source.parent)
    source.rename(name)
    target = Path(f"big-{name}")
    assert upscale_video(Path(name), target, Nearest(scale=2, device=CPU), scale=2, device=CPU) == 3
    assert len(open_video(target).read()) == 3
    assert sorted(Path.cwd().iterdir()) == sorted([Path.cwd() / name, Path.cwd() / target])


class Never:
    """A method that must not be asked."""

    def __init__(self, *, scale: int, device: torch.device) -> None:
        pass

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        raise AssertionError("a frame was restored")


def test_what_cannot_be_written_is_refused_before_a_frame_is_restored(encode: Encode, moving: Moving) -> None:
    source = encode("in.mp4", moving(3, 2, 2), pixels="yuv444p")
    with pytest.raises(UsageError, match=r"big\.mp4: libx265 cannot encode 4x4: .*; try another --codec"):
        upscaled(source, "big.mp4", Never, codec="h265")
    with pytest.raises(HarnessError, match="cannot be written: No such file or directory"):
        upscaled(source, "none/big.mp4", Never)
    assert [file.name for file in source.parent.iterdir()] == ["in.mp4"]


def test_deep_frames_are_read_as_sixteen_bits_of_rgb(tmp_path: Path) -> None:
    luma = ramp()
    with open_source(deep_video(tmp_path / "hdr.mp4", luma)) as source:
        image = next(iter(source.frames())).image
    assert image.dtype == np.uint16
    expected = (luma.astype(float) - 64) / (940 - 64)
    assert np.abs(image / 65535 - expected[..., None]).max() * 1023 < 0.1
