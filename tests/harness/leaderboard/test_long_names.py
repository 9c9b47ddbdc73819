"""Rows with long names are told apart in the terminal and in plots, and complete in files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure

from harness.leaderboard import console, markdown
from harness.leaderboard.plot import draw, name_ticks
from harness.leaderboard.table import build

LONG = [f"basicsr:arch=RRDBNet,num_block={n},num_feat=64,weights=a/long/way/to/my_network.pth" for n in (5, 6)]


def test_rows_are_shortened_where_there_is_no_room_and_never_the_same(new_run: Callable[..., Any]) -> None:
    run = new_run()
    for right, name in enumerate(("hr", "bicubic", *LONG)):
        run.stream(name, "spatial", 60 + right)
    board = build(run.record())
    shown = [line for line in console.plain(board).splitlines() if "basicsr" in line or "…" in line]
    assert len({line.split()[0] for line in shown}) == len(shown) >= 2
    assert not any(name in "\n".join(shown) for name in LONG)
    assert all(name in markdown.render(board) for name in LONG)
    names = [label.get_text() for label in draw(board).axes[0].get_yticklabels()]
    assert len(set(names)) == 4 and max(map(len, names)) <= 45


@pytest.mark.parametrize("name", ["$x^2$", r"\frac", "a_b^c"])
def test_nothing_in_a_name_is_markup_of_a_plot(name: str) -> None:
    axes = Figure().subplots()
    name_ticks(axes.yaxis, [name])
    [label] = axes.get_yticklabels()
    assert label.get_text() == name and not label.get_parse_math()
