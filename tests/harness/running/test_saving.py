"""Restored clips that are kept: lossless ones score as the method did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import api
from harness.cli.main import app
from harness.errors import UnknownNameError, UsageError
from harness.running import saving
from harness.video.frames import open_video


@pytest.fixture
def asked(made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> list[str]:
    small_benchmark(tmp_path)
    data = made_clips(frames=9)
    return ["--benchmark", str(tmp_path / "small.yaml"), "--data", str(data), "--device", "cpu"]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["run", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_what_is_kept_without_loss_scores_as_the_method_did(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PIECE", 4)  # several pieces a clip
    out = tmp_path / "run"
    assert "saved" in run(*asked, "--sr", "nearest", "--out", str(out), "--save-frames", "nearest")
    kept = out / "frames" / "nearest"
    assert sorted(path.name for path in kept.iterdir()) == [f"clip_{number}.mkv" for number in range(6)]
    assert open_video(kept / "clip_0.mkv").read().shape == (9, 32, 40, 3)
    run(*asked, "--sr", f"files:root={kept},tool=nearest-1", "--out", str(tmp_path / "again"))
    first, again = api.leaderboard(out), api.leaderboard(tmp_path / "again")
    psnr = {row.sr: row.measures["psnr_y"] for row in (*first.rows, *again.rows)}
    (scored,) = (value for name, value in psnr.items() if name.startswith("files:"))
    assert scored == psnr["nearest"]


def test_a_codec_keeps_less_and_files_that_are_there_stay(asked: list[str], tmp_path: Path) -> None:
    out = tmp_path / "run"
    common = [*asked, "--sr", "nearest", "--out", str(out), "--save-frames", "nearest"]
    run(*common, "--frames-codec", "h264")
    (first, *_) = sorted((out / "frames" / "nearest").iterdir())
    before = first.stat().st_mtime_ns
    run(*common, "--frames-codec", "h264")
    assert first.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("names", "codec", "error", "message"),
    [(["nearst"], "lossless", UnknownNameError, "Did you mean 'nearest'"), (["nearest"], "vp9", UsageError, "vp9")],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_computed(
    asked: list[str], tmp_path: Path, names: list[str], codec: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        api.run(
            asked[1], sr="nearest", data=asked[3], out=tmp_path / "run", device="cpu", save_frames=names,
            frames_codec=codec,
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_no_two_labels_share_a_folder() -> None:
    labels = [
        "vdsr",
        "a|b",
        "a:b",
        "a_b",
        "x:checkpoint=u/v.pth",
        "x:checkpoint=u_v.pth",
        "..",
        ".",
        "_",
        "n" * 300,
        "n" * 301,
    ]
    folders = [saving.folder_of(Path("run"), label) for label in labels]
    assert len(set(folders)) == len(labels) and {folder.parent for folder in folders} == {Path("run/frames")}
    assert folders[0] == Path("run/frames/vdsr") and max(len(folder.name) for folder in folders) < 120
    assert all(folder.resolve().parent.name == "frames" for folder in folders)
