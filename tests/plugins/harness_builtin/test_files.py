"""Frames restored elsewhere: the same numbers as if restored here, and a sentence for whatever is not as expected."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner, Result

from harness import RunRecord, load_run
from harness.checks import check_sr_method, require
from harness.cli.main import app
from harness.contracts import Clip
from harness.errors import ClipError, UsageError
from harness.methods import Bicubic
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import SRMethodSpec
from harness.video.degrade import Bicubic as Degrade
from harness.video.frames import open_video, round_to_8_bits, to_tensor, to_uint8, write_video
from harness_builtin.files import Files, digest

CPU = torch.device("cpu")


@pytest.fixture
def data(made_clips: Callable[..., Path], small_benchmark: Callable[..., Path]) -> Path:
    folder = made_clips(classes=2, per_class=1)
    small_benchmark(folder.parent, probes=["psnr_y", "speed"])
    return folder


@pytest.fixture
def elsewhere(data: Path, tmp_path: Path) -> Path:
    """What another program wrote: bicubic frames, of one clip as pictures, of the other as a lossless video."""
    folder = tmp_path / "restored"
    for file in sorted((data / "test").glob("*.mp4")):
        lr = round_to_8_bits(Degrade(scale=4).degrade(to_tensor(open_video(file).read())))
        frames = to_uint8(Bicubic(scale=4, device=CPU).upscale(lr, range(len(lr))))
        (folder / file.stem).mkdir(parents=True)
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(folder / file.stem / f"{number}.png")
    shutil.rmtree(folder / "clip_1")
    write_video(folder / "clip_1.mkv", frames, fps=25, codec="libx264rgb", pixel_format="rgb24", options={"qp": "0"})
    return folder


def run(data: Path, sr: str, *more: str) -> tuple[Result, RunRecord]:
    registry.cache_clear()
    benchmark, out = data.parent / "small.yaml", data.parent / "run"
    arguments = ["--benchmark", benchmark, "--data", data, "--out", out, "--sr", sr, "--device", "cpu"]
    result = CliRunner().invoke(app, ["run", *map(str, arguments), *more])
    return result, load_run(out)


def numbers(run: RunRecord, method: str, key: str = "psnr_y") -> pd.Series:
    of_probe = run.clips[run.clips[key].notna() & (run.clips.method == method)]
    return of_probe.set_index("clip")[key]


def method_of(run: RunRecord) -> str:
    return next(name for name in run.cells.method if name not in ("hr", "bicubic"))


def test_bicubic_elsewhere_is_bicubic_here_and_is_not_timed(data: Path, elsewhere: Path) -> None:
    result, record = run(data, f"files:root={elsewhere},tool=other-5.1")
    assert result.exit_code == 0, result.output
    name = method_of(record)
    assert "tool=other-5.1" in name
    pd.testing.assert_series_equal(numbers(record, name), numbers(record, "bicubic"), check_names=False)
    assert numbers(record, name, "restored_frames").empty and len(numbers(record, "bicubic", "restored_frames")) == 2


def test_replaced_files_and_another_version_are_other_cells(elsewhere: Path) -> None:
    def identity(choice: str) -> str:
        return str(resolve_part(SRMethodSpec, choice, registry()).identity())

    choice = f"files:root={elsewhere}"
    before, versioned = identity(choice), identity(f"{choice},tool=other-5.2")
    assert identity(choice) == before and str(elsewhere) not in before
    for picture in (elsewhere / "clip_0").iterdir():
        Image.open(picture).point(lambda level: level // 2).save(picture)
    assert len({before, versioned, identity(choice)}) == 3


def test_a_clip_that_is_not_there_costs_its_rows_or_the_cell(data: Path, elsewhere: Path) -> None:
    shutil.rmtree(elsewhere / "clip_0")
    result, record = run(data, f"files:root={elsewhere}")
    assert result.exit_code == 1
    cell = record.cells[(record.cells.status == "failed") & (record.cells.probe == "psnr_y")].iloc[0]
    assert "1 of 2 clips unreadable" in cell.reason
    assert f"neither {elsewhere / 'clip_0'}/ nor {elsewhere / 'clip_0'}.mp4 is there" in cell.reason
    assert "expected 8 frames of 40x32" in cell.reason
    assert (record.cells[record.cells.method == "bicubic"].status == "ok").all()
    result, record = run(data, f"files:root={elsewhere}", "--skip-unreadable")
    assert result.exit_code == 0 and list(numbers(record, method_of(record)).index) == ["clip_1"]


def found(root: Path, clip: str, num_frames: int = 8, size: tuple[int, int] = (32, 40)) -> torch.Tensor:
    method = Files(scale=4, device=CPU, root=str(root))
    return method.find_restored(Clip(clip, Path(clip), 0, clip), [1, 3], num_frames=num_frames, size=size)


@pytest.mark.parametrize("clip", ["clip_0", "clip_1"])
def test_what_is_not_as_expected_is_said_with_what_was(elsewhere: Path, clip: str) -> None:
    assert found(elsewhere, clip).shape == (2, 3, 32, 40)
    with pytest.raises(ClipError, match=rf"{clip}.*: 8 frames; expected 9"):
        found(elsewhere, clip, num_frames=9)
    with pytest.raises(ClipError, match=rf"{clip}.* has frames of 40x32; expected 44x32"):
        found(elsewhere, clip, size=(32, 44))


def test_pictures_are_taken_in_natural_order_and_only_those_that_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for number in (*range(1, 10), 10):
        level = (10 * number,) * 3
        Image.new("RGB", (40, 32), level).save(tmp_path / "a" / "b" / f"{number}.png")
    (tmp_path / "a" / "b" / "9.png").write_bytes(b"damaged, but not wanted")
    frames = Files(scale=4, device=CPU, root=str(tmp_path)).find_restored(
        Clip("a/b", tmp_path, 0, "a"), [0, 1, 9], num_frames=10, size=(32, 40)
    )
    assert [round(255 * float(frame.mean())) for frame in frames] == [10, 20, 100]


def test_two_files_for_one_clip_are_refused(elsewhere: Path) -> None:
    shutil.copy(elsewhere / "clip_1.mkv", elsewhere / "clip_0.mkv")
    with pytest.raises(ClipError, match=r"clip_0 and clip_0\.mkv in .* are both for it"):
        found(elsewhere, "clip_0")


def test_leftovers_do_not_count(elsewhere: Path) -> None:
    before = digest(str(elsewhere))
    (elsewhere / "clip_0" / "Thumbs.db").write_bytes(b"x")
    (elsewhere / "clip_0" / "._0.png").write_bytes(b"x")
    (elsewhere / "settings.txt").write_text("strength 3")
    assert digest(str(elsewhere)) == before
    assert found(elsewhere, "clip_0").shape[0] == 2


def test_a_folder_that_is_not_there_or_empty_is_refused_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder; it should hold CLIP_ID/ with pictures"):
        digest(str(tmp_path / "none"))
    with pytest.raises(UsageError, match="give root=DIR"):
        Files(scale=4, device=CPU)
    with pytest.raises(UsageError, match="neither pictures nor videos"):
        digest(str(tmp_path))


def test_it_restores_nothing_itself(elsewhere: Path) -> None:
    method = Files(scale=4, device=CPU, root=str(elsewhere))
    require(check_sr_method(method, scale=4))
    with pytest.raises(UsageError, match="restored elsewhere"):
        method.upscale(torch.zeros(1, 3, 8, 10), [0])
    assert math.isclose(float(found(elsewhere, "clip_0").min()), 0, abs_tol=0.5)
