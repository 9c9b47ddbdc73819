from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from rich.console import Console

from harness.errors import RunFolderError, UsageError
from harness.leaderboard.pairs import console, plot, text
from harness.leaderboard.pairs.matrix import all_pairs
from harness.leaderboard.table import Leaderboard, build

Make = Callable[..., Any]
NAMES = ["bicubic", "hr", *(f"method{i}" for i in range(6))]


@pytest.fixture
def made(new_run: Make) -> tuple[Any, dict[str, dict[str, Any]]]:
    """A run of random scores, with the scores; the last method has no temporal stream, one was skipped."""
    run, rng = new_run(), np.random.default_rng(5)
    scores: dict[str, dict[str, Any]] = {"spatial": {}, "temporal": {}}
    for name in NAMES:
        for stream in ("spatial", "temporal") if name != NAMES[-1] else ("spatial",):
            values = rng.normal(size=(144, 12)).astype(np.float32)
            values[np.arange(144), run.labels] += 3.0 if name == "hr" else 1.0
            scores[stream][name] = values
            run.scores(name, stream, values)
    run.stopped("edvr", "tsn.spatial", "skipped", "no weights", recognizer="tsn", stream="spatial")
    return run, scores


@pytest.fixture
def board(made: tuple[Any, Any]) -> Leaderboard:
    return build(made[0].record(pairs=["method0+method1"]))


def test_every_cell_is_what_a_direct_loop_finds(made: tuple[Any, Any], board: Leaderboard) -> None:
    run, scores = made
    (fusions,) = all_pairs(board)
    assert set(fusions.spatial) == set(NAMES) and set(fusions.temporal) == set(NAMES[:-1])
    assert fusions.spatial[-1] == fusions.temporal[-1] == "hr" and fusions.clips == 144
    for i, a in enumerate(fusions.spatial):
        for j, b in enumerate(fusions.temporal):
            right = 0
            for s, t, label in zip(scores["spatial"][a], scores["temporal"][b], run.labels, strict=True):
                right += int(np.argmax(1.0 * s.astype(float) + 1.5 * t.astype(float)) == label)
            assert fusions.top1[i, j] == pytest.approx(100 * right / 144)


def test_cells_are_the_accuracies_of_the_table(board: Leaderboard) -> None:
    (fusions,) = all_pairs(board)
    top1 = {record["sr"]: record["fusion_top1"] for record in board.records if record["fusion_top1"] is not None}
    for name, value in top1.items():
        a, _, b = name.partition("+")
        found = fusions.top1[fusions.spatial.index(a), fusions.temporal.index(b or a)]
        assert found == pytest.approx(value, abs=1e-6)
    assert "method0+method1" in top1


def test_other_fusion_weights_are_used(made: tuple[Any, Any]) -> None:
    (fusions,) = all_pairs(build(made[0].record(), fusion=(1.0, 0.0)))
    assert (fusions.top1 == fusions.top1[:, :1]).all() and len(set(fusions.top1[:, 0])) > 1


def test_the_ceiling_is_never_the_best(board: Leaderboard) -> None:
    (fusions,) = all_pairs(board)
    own = fusions.top1[:-1, :-1]
    assert fusions.best is not None and fusions.top1[fusions.best] == own.max() < fusions.top1.max()
    of_rows, of_columns = fusions.partners
    assert of_rows == fusions.top1[:, :-1].argmax(axis=1).tolist()
    assert of_columns == fusions.top1[:-1].argmax(axis=0).tolist()


def test_each_recogniser_has_its_matrix_and_those_with_one_stream_have_none(made: tuple[Any, Any]) -> None:
    run, scores = made
    for stream in scores:
        run.scores("bicubic", stream, scores[stream]["bicubic"], recognizer="other")
    run.scores("bicubic", "spatial", scores["spatial"]["bicubic"], recognizer="single")
    found = all_pairs(build(run.record()))
    assert [(f.recognizer, f.top1.shape) for f in found] == [("tsn", (8, 7)), ("other", (1, 1))]


def test_only_the_ceiling_has_no_best_pair(new_run: Make) -> None:
    run = new_run()
    for stream in ("spatial", "temporal"):
        run.stream("hr", stream, 100)
    board = build(run.record())
    (fusions,) = all_pairs(board)
    assert fusions.best is None and fusions.partners == ([None], [None])
    assert "Best" not in text.markdown(board) and json.loads(text.as_json(board))["pairs"][0]["best"] is None
    assert plot.render(board).startswith(b"\x89PNG") and shown(board, 80)


def test_lacking_streams_and_other_classes_are_refused(new_run: Make, made: tuple[Any, Any]) -> None:
    run = new_run()
    run.stream("bicubic", "spatial", 70)
    with pytest.raises(UsageError, match="no recogniser of this run has both"):
        all_pairs(build(run.record()))
    run.scores("other", "temporal", np.eye(13, dtype=np.float32)[run.labels])
    with pytest.raises(RunFolderError, match=r"bicubic / tsn.spatial has 12 classes, other / tsn.temporal has 13"):
        all_pairs(build(run.record()))


def test_twenty_methods_take_well_under_a_second(new_run: Make) -> None:
    run, rng = new_run(), np.random.default_rng(0)
    for i in range(20):
        for stream in ("spatial", "temporal"):
            run.scores(f"method{i}", stream, rng.random((144, 12), dtype=np.float32))
    board = build(run.record())
    start = time.process_time()
    (fusions,) = all_pairs(board)
    assert time.process_time() - start < 1.0 and fusions.top1.shape == (20, 20)


def test_markdown_has_names_bold_best_and_partners(board: Leaderboard) -> None:
    (fusions,) = all_pairs(board)
    lines = [line for line in text.markdown(board).splitlines() if re.match(r"\| (`|best|spatial)", line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert {len(line) for line in cells} == {len(fusions.temporal) + 2}
    assert cells[0][1:-1] == [f"`{name}`" for name in fusions.temporal]
    assert fusions.best is not None
    row, column = fusions.best
    bold = [(i, j) for i, line in enumerate(cells) for j, cell in enumerate(line) if cell.startswith("**")]
    assert bold == [(row + 1, column + 1)] and cells[row + 1][-1] == f"`{fusions.temporal[column]}`"
    numbers = [[float(cell.strip("*")) for cell in line[1:-1]] for line in cells[1:-1]]
    assert numbers == np.round(fusions.top1, 1).tolist()


def test_csv_and_json_have_every_pair(board: Leaderboard) -> None:
    (fusions,) = all_pairs(board)
    found = list(csv.DictReader(StringIO(text.comma_separated(board))))
    assert len(found) == fusions.top1.size
    for line in found:
        place = fusions.spatial.index(line["spatial"]), fusions.temporal.index(line["temporal"])
        assert float(line["top1"]) == pytest.approx(fusions.top1[place], abs=1e-6)
        assert (line["recognizer"], line["clips"]) == ("tsn", "144")
    facts = json.loads(text.as_json(board))["pairs"][0]
    assert np.array(facts["top1"]) == pytest.approx(fusions.top1, abs=1e-6)
    assert (facts["spatial"], facts["temporal"]) == (list(fusions.spatial), list(fusions.temporal))
    assert fusions.best is not None
    assert facts["best"] == f"{fusions.spatial[fusions.best[0]]}+{fusions.temporal[fusions.best[1]]}"


def shown(board: Leaderboard, width: int) -> str:
    stream = StringIO()
    Console(file=stream, width=width, color_system=None).print(console.render(board))
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_console_shows_every_number_at_any_width(board: Leaderboard, width: int) -> None:
    (fusions,) = all_pairs(board)
    output = shown(board, width)
    assert max(map(len, output.splitlines())) <= width
    assert output.count("*") == 2  # the best pair and what the sign means
    for i, name in enumerate(fusions.spatial, start=1):
        lines = re.findall(rf"^ {i} {name} +(.*)$", output, flags=re.MULTILINE)
        numbers = [float(x.rstrip("*")) for line in lines for x in line.split() if "." in x]
        assert numbers == [round(float(value), 1) for value in fusions.top1[i - 1]]


def test_picture_shows_every_number_and_does_not_change(board: Leaderboard) -> None:
    (fusions,) = all_pairs(board)
    (axes,) = plot.draw(board).axes
    assert [t.get_text() for t in axes.texts] == [f"{value:.1f}" for value in fusions.top1.ravel()]
    assert [t.get_text() for t in axes.get_yticklabels()] == list(fusions.spatial)
    content = plot.render(board)
    assert content == plot.render(board)
    assert imread(BytesIO(content), format="png").shape[0] > 300
