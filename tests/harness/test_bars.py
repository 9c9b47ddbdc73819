"""Progress says how long the work has taken and how long it will take, each with its name."""

from __future__ import annotations

import re
from io import StringIO

import pytest

from harness.bars import clock, counting_bar, times
from harness.cli.progress import LineListener, LiveListener
from harness.terminal import console

BOTH = r"\d+:\d\d elapsed, (\d+:\d\d|\?) left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (190, "3:10"), (3599.7, "1:00:00"), (90061, "25:01:01")]
)
def test_a_duration_has_hours_once_it_needs_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_what_is_not_known_yet_is_a_question_mark() -> None:
    assert times(190, 760) == "3:10 elapsed, 12:40 left" and times(3, None) == "0:03 elapsed, ? left"


def test_bars_show_both_at_any_width() -> None:
    for width in (50, 80, 160):
        stream = StringIO()
        screen = console(stream, width=width, force_terminal=True, color_system=None)
        with LiveListener(screen, {"[/nope]\x1b[2J": 2}) as listener:
            listener.loading("[bold]x")
            listener.clip_done("[/nope]\x1b[2J", 1.0)
        shown = stream.getvalue()
        assert len(re.findall(rf"\d/2 clips {BOTH}", shown)) >= 2
        assert r"[/nope]\x" in shown and "\x1b[2J" not in shown


def test_lines_of_a_log_have_both(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("harness.cli.progress.LINE_EVERY_SECONDS", 0.0)
    stream = StringIO()
    LineListener(console(stream), {"bicubic": 4}).clip_done("bicubic", 2.0)
    assert re.fullmatch(rf"1 of 4 \(method, clip\) done, {BOTH}; most: bicubic 0:06\n", stream.getvalue())
    with counting_bar("reading [/x]", "clips") as report:
        report(2, 2)
    assert capsys.readouterr().err == "reading [/x]: 2 of 2 clips\n"


def test_workers_side_by_side_take_less_time_than_they_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cli.progress.LINE_EVERY_SECONDS", 0.0)
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stream = StringIO()
    listener = LineListener(console(stream), {"bicubic": 5, "vdsr": 5})
    for now[0] in (130.0, 150.0):  # ten seconds of loading, then two workers with twenty seconds a clip
        listener.clip_done("bicubic", 20.0)
        listener.clip_done("vdsr", 20.0)
    assert stream.getvalue().endswith(
        "4 of 10 (method, clip) done, 0:50 elapsed, 1:00 left; most: bicubic 0:30, vdsr 0:30\n"
    )


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes any stream for a terminal
    with counting_bar("reading", "clips") as report:
        report(1, 1)
    assert capsys.readouterr().err == "reading: 1 of 1 clips\n"
