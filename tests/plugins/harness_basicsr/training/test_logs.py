from __future__ import annotations

from pathlib import Path

from harness_basicsr.training.logs import read_curve, read_logs

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


def test_time_and_losses_come_from_the_logs(tmp_path: Path) -> None:
    line = (
        "2026-01-01 10:00:{:02d},500 INFO: [x..][epoch:  0, iter:   {}, lr:(1.000e-03,)] l_pix: {} l_g_gan: -2.5e-01 \n"
    )
    (tmp_path / "train_x_1.log").write_text(line.format(0, 1, "1.0e-02") + line.format(30, 2, "9.0e-03"))
    (tmp_path / "train_x_2.log").write_text(line.format(10, 3, "8.0e-03") + "text\n" + line.format(15, 4, "7.0e-03"))
    seconds, losses = read_logs(tmp_path)
    assert seconds == 35.0
    assert losses == {"l_pix": 0.007, "l_g_gan": -0.25}
