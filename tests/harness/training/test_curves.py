from __future__ import annotations

from pathlib import Path

from harness.training.curves import write_curves
from harness.training.quality import Quality


def test_losses_are_written_as_table_and_picture(tmp_path: Path) -> None:
    one = {1: {"l_pix": 0.5}, 2: {"l_pix": 0.25, "psnr_y": 20.0}}
    curves = {"one": one, "two": {1: {"l_pix": 0.2, "l_g_gan": -1.0}}}
    table, picture = write_curves(tmp_path, curves, Quality("psnr_y", "PSNR-Y", "dB", 19.0, "bicubic"))
    assert table.read_text().splitlines() == [
        "stage,iteration,l_pix,l_g_gan,psnr_y", "one,1,0.5,,", "one,2,0.25,,20.0", "two,1,0.2,-1.0,",
    ]  # fmt: skip
    assert picture.read_bytes().startswith(b"\x89PNG")
