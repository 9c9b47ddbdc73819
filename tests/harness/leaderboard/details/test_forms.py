"""The terminal and the pictures of class-by-class and clip-by-clip tables."""

from __future__ import annotations

import re
from io import BytesIO, StringIO

import pytest
from matplotlib.image import imread
from rich.console import Console

from harness import RunRecord
from harness.leaderboard.details import classes as by_class
from harness.leaderboard.details import confusion, console, flips, page, plot
from harness.leaderboard.details.classes import class_accuracies
from harness.leaderboard.details.confusion import confusions
from harness.leaderboard.table import Leaderboard

pytestmark = pytest.mark.slow  # the run behind `folder`

VIEWS = [("classes", ()), ("confusion", ("nearest",)), ("flips", ("lanczos", "nearest"))]
PAGES = {"classes": by_class.page, "confusion": confusion.page, "flips": flips.page}


def shown(board: Leaderboard, run: RunRecord, view: str, methods: tuple[str, ...], width: int) -> str:
    stream = StringIO()
    Console(file=stream, width=width, color_system=None).print(console.render(board, run, view, methods))
    return stream.getvalue()


@pytest.mark.parametrize(("view", "methods"), VIEWS)
def test_a_terminal_shows_every_text_on_one_line_at_any_width(
    board: Leaderboard, run: RunRecord, view: str, methods: tuple[str, ...]
) -> None:
    sheets = PAGES[view](board, run, *methods).sheets
    for width in (*range(76, 100), 250):
        output = shown(board, run, view, methods, width)
        assert max(map(len, output.splitlines())) <= width
        for sheet in sheets:
            assert output.count(sheet.heading) >= 1
            for texts in sheet.lines:
                own = [line for line in output.splitlines() if re.match(rf" {re.escape(texts[0])} +", line)]
                assert all(any(text in line for line in own) for text in texts), (width, texts)


def test_a_narrow_terminal_goes_on_below(board: Leaderboard, run: RunRecord) -> None:
    heads = [line for line in shown(board, run, "confusion", ("hr",), 50).splitlines() if line.startswith(" class ")]
    assert len(heads) > 1 and all("clips" in head and "right %" in head for head in heads)
    numbers = [text for head in heads for text in head.split()[4:]]
    assert numbers == [str(label) for label in range(12)]


@pytest.mark.parametrize(("view", "methods"), VIEWS)
def test_lines_of_a_markdown_table_have_as_many_cells_as_its_head(
    board: Leaderboard, run: RunRecord, view: str, methods: tuple[str, ...]
) -> None:
    found = PAGES[view](board, run, *methods)
    tables = [part for part in page.markdown(board, found).split("\n\n") if part.startswith("| c")]
    for sheet, table in zip(found.sheets, tables, strict=True):
        lines = [line.strip("|").split(" | ") for line in table.splitlines()]
        assert {len(line) for line in lines} == {len(sheet.head)}
        assert [[text.strip() for text in line] for line in lines[2:]] == sheet.lines


def test_pictures_show_every_number_and_do_not_change(board: Leaderboard, run: RunRecord) -> None:
    every = class_accuracies(board, run)
    for axes, found in zip(plot.draw_classes(board, run).axes, every, strict=True):
        assert [t.get_text() for t in axes.texts] == [f"{value:.1f}" for value in found.accuracy.ravel()]
        assert [t.get_text() for t in axes.get_yticklabels()] == [f"{name} (2)" for name in found.names]
    ((matrix,), _) = confusions(board, run, "nearest")
    (axes,) = plot.draw_confusion(board, run, "nearest").axes
    assert [int(t.get_text()) for t in axes.texts] == [n for n in matrix.counts.ravel().tolist() if n]
    for content in (plot.classes_png(board, run), plot.confusion_png(board, run, "nearest")):
        assert imread(BytesIO(content), format="png").shape[0] > 300
    assert plot.confusion_png(board, run, "nearest") == content
