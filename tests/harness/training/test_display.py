from __future__ import annotations

import io

from rich.console import Console

from harness.training.display import LINES, LineDisplay, LiveDisplay, Status
from harness.training.quality import Quality


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


STAGES = {"pixels": 300, "gan": 100}


def quality(floor: float | None) -> Quality:
    return Quality("psnr_y", "PSNR-Y", "dB", floor, "bicubic")


def test_pace_and_time_left_count_all_stages() -> None:
    clock = Clock()
    status = Status(STAGES, quality(21.5), clock)
    status.begin("pixels", 100)  # resumed
    clock.now, status.iteration, status.losses = 10.0, 150, {"l_pix": 0.01234, "out_d_real": 3.0}
    place, numbers = status.lines()
    assert place == "stage 1 of 2, pixels: 150 of 300, 5 iterations/s, 0:10 elapsed, 0:50 left"
    assert numbers == "l_pix 0.0123"
    status.value, status.best = 22.0, 22.456
    assert status.lines()[1] == "l_pix 0.0123, PSNR-Y 22.00 dB (bicubic 21.50, best 22.46)"
    status.begin("gan", 0)
    assert status.done == 300 and "PSNR" not in status.lines()[1] and "left" not in status.lines()[0]


def test_without_a_terminal_there_are_some_twenty_lines() -> None:
    text = io.StringIO()
    display = LineDisplay(Status(STAGES, quality(None)), Console(file=text))
    for stage, iterations in STAGES.items():
        display.begin(stage, 0)
        for iteration in range(1, iterations + 1):
            display.step(iteration, {"l_pix": 1 / iteration})
    lines = text.getvalue().splitlines()
    assert len(lines) == LINES and lines[-1].startswith("stage 2 of 2, gan: 100 of 100")


def test_a_terminal_shows_a_bar_that_ends_with_the_last_numbers() -> None:
    text = io.StringIO()
    with LiveDisplay(Status(STAGES, quality(20.0)), Console(file=text, force_terminal=True, width=100)) as display:
        display.begin("gan", 0)
        display.step(100, {"l_g_gan": 0.5})
        display.validated(19.0, 19.5)
    shown = text.getvalue()
    assert "stage 2 of 2, gan: 100 of 100" in shown
    assert "l_g_gan 0.5, PSNR-Y 19.00 dB (bicubic 20.00, best 19.50)" in shown
    assert "━" in shown
