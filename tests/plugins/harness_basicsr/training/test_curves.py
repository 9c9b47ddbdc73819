from __future__ import annotations

from pathlib import Path

from harness_basicsr.training.curves import read_curve, write_curves

LINE = (
    "2026-01-01 10:00:00,000 INFO: [x..][epoch:  0, iter: {:>8}, lr:(1.000e-03,2.000e-03,)] "
    "{}l_pix: {} l_g_gan: -2.5e-01 \n"
)
START = "2026-01-01 10:00:00,000 INFO: Start training from epoch: 0, iter: {}\n"
VALIDATION = "2026-01-01 10:00:00,000 INFO: Validation held-out\n\t # psnr_y: {}\tBest: 30.0 @ 500 iter\n\n"
ETA = "[eta: 0:00:01, time (data): 0.1 (0.0)] "


def test_a_resumed_stage_counts_each_iteration_once_as_it_was_done_last(tmp_path: Path) -> None:
    done, again = LINE.format(400, ETA, "4.0e-02"), LINE.format(800, "", "3.0e-02")
    first = START.format(0) + done + VALIDATION.format("20.5") + LINE.format(800, ETA, "9.0e-02")
    end = LINE.format("1,200", ETA, "2.0e-02") + "INFO: Save the latest model.\n" + VALIDATION.format("22.5")
    second = START.format(500) + again + VALIDATION.format("21.5") + end
    (tmp_path / "train_x_1.log").write_text(first)
    (tmp_path / "train_x_2.log").write_text(second)
    assert read_curve(tmp_path, every=500) == {
        400: {"l_pix": 0.04, "l_g_gan": -0.25},
        500: {"psnr_y": 20.5},
        800: {"l_pix": 0.03, "l_g_gan": -0.25},
        1000: {"psnr_y": 21.5},
        1200: {"l_pix": 0.02, "l_g_gan": -0.25},
    }


def test_table_and_picture(tmp_path: Path) -> None:
    one = {1: {"l_pix": 0.5}, 2: {"l_pix": 0.25, "psnr_y": 20.0}}
    curves = {"one": one, "two": {1: {"l_pix": 0.2, "l_g_gan": -1.0}}}
    table, picture = write_curves(tmp_path, curves, floor=19.0)
    assert table.read_text().splitlines() == [
        "stage,iteration,l_pix,l_g_gan,psnr_y", "one,1,0.5,,", "one,2,0.25,,20.0", "two,1,0.2,-1.0,",
    ]  # fmt: skip
    assert picture.read_bytes().startswith(b"\x89PNG")
