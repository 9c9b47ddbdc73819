from __future__ import annotations

import csv as stdlib_csv
import json as stdlib_json
import re
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import pytest
from matplotlib.image import imread
from rich.console import Console

from harness import terminal
from harness.leaderboard import console, csv, json, markdown, plot
from harness.leaderboard.table import Leaderboard, build
from harness.leaderboard.text import DASH

COMPANIONS = ("", "_low", "_high", "_mean_class", "_top5")
ISSUE_KEYS = [
    *("sr", "recognizer"),
    *(f"{s}_top1{end}" for s in ("spatial", "temporal", "fusion") for end in COMPANIONS),
    *("psnr_y", "ssim_y", "flow_epe", "warp_error", "fps", "params", "status"),
]


@pytest.fixture
def board(full_run: Any) -> Leaderboard:
    record = full_run.record(pairs=["rcan+vdsr"])
    record.info["columns"] = [{"key": "flow_bad1", "title": "flow > 1 px (%)", "higher_is_better": False, "digits": 1}]
    return build(record)


@pytest.fixture
def empty(new_run: Any) -> Leaderboard:
    run = new_run()
    run.stopped("bicubic", "tsn.spatial", "skipped", "no weights", recognizer="tsn", stream="spatial")
    return build(run.record())


def test_json_has_the_protocol_once_and_flat_records(board: Leaderboard) -> None:
    text = json.render(board)
    found = stdlib_json.loads(text)
    assert not re.search(r": -?(NaN|Infinity)", text)
    assert found["schema_version"] == 1
    assert list(found).index("protocol") < list(found).index("records")
    assert found["protocol"]["flow"] == "dis:a=1|b=2"
    assert len(found["records"]) == 10
    for record in found["records"]:
        assert set(ISSUE_KEYS) <= set(record)
        assert not any(isinstance(value, dict | list) for value in record.values())
    assert len({tuple(record) for record in found["records"]}) == 1


def test_csv_has_the_same_records(board: Leaderboard) -> None:
    found = list(stdlib_csv.DictReader(StringIO(csv.render(board))))
    expected = [{k: "" if v is None else str(v) for k, v in record.items()} for record in board.records]
    assert found == expected
    assert next(r for r in found if r["sr"] == "rcan")["params"] == "310000"


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1"])
def test_a_spreadsheet_runs_nothing_of_a_csv(full_run: Any, name: str) -> None:
    full_run.stopped(name, "psnr_y", "skipped", "-1.5")
    found = list(stdlib_csv.DictReader(StringIO(csv.render(build(full_run.record())), newline="")))
    (row,) = [row for row in found if row["sr"].endswith(name)]
    assert row["sr"] == f"'{name}" and row["reason"] == "-1.5"


def test_markdown_shows_what_would_be_markup(full_run: Any) -> None:
    odd = "a`b|[x](http://h)\x1b[2J\u202e"
    full_run.probe(odd, "psnr_y", psnr_y=20.0)
    full_run.stopped(odd, "ssim_y", "failed", "![x](http://h)\n\n# <b>no</b>\r\x07")
    text = markdown.render(build(full_run.record()))
    assert r"| ``" + " a`b" + r"\|[x](http://h)\x1b[2J\u202e " + "``" in text
    assert r"!\[x](http://h) # &lt;b>no&lt;/b>\r\x07" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def tables(text: str) -> list[list[list[str]]]:
    """Cells of every markdown table; ``\\|`` is no border."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", text, flags=re.MULTILINE)
    return [[re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()] for block in blocks]


def test_markdown_tables_are_whole_and_show_every_row_with_a_number(board: Leaderboard) -> None:
    protocol, main, details, further = tables(markdown.render(board))
    for table in (protocol, main, details, further):
        assert len({len(line) for line in table}) == 1
    assert len(main) == 2 + 8  # six networks and interpolations, the ceiling, a pair; not `broken` and `esrgan`
    assert [line[0].strip() for line in main[2:4]] == ["`hr`", "`rcan`"]
    assert len(details) == 2 + 8
    assert further[0][1].strip() == "flow > 1 px (%) ↓"
    assert [cell.strip() for cell in protocol[3]] == ["flow", r"dis:a=1\|b=2"]


def test_markdown_emphasises_the_best_and_dashes_what_is_missing(board: Leaderboard) -> None:
    text = markdown.render(board)
    assert re.search(r"\| `rcan` \| \*\*64\.6 \[[\d.]+, [\d.]+\]\*\* \|", text)
    assert re.search(r"\| `srresnet` \| 63\.2 \[[\d.]+, [\d.]+\] ≈ \|", text)
    assert "**77.1" not in text  # the ceiling is no competitor
    (hr,) = [line for line in tables(text)[1] if line[0].strip() == "`hr`"]
    assert DASH in [cell.strip() for cell in hr]
    assert "nan" not in text.lower().replace("&lt;nan>", "") and "None" not in text


def test_markdown_lists_what_failed_or_was_skipped_and_the_notes(board: Leaderboard) -> None:
    text = markdown.render(board)
    assert f"- `broken` with tsn: **failed** {DASH} clip clip007: ContractError: upscale returned &lt;NaN> (log" in text
    assert f"- `esrgan` with tsn: **skipped** {DASH} no weights 'mini-2' (harness weights pull esrgan)" in text
    assert "- `rcan`, `vdsr`, `srresnet`: 16 of 64 channels | narrow" in text
    assert "- narrow nets" in text
    assert "144 of the split" in text


def test_rows_without_any_number_are_only_listed_and_one_reason_is_said_once(full_run: Any) -> None:
    for name in ("swinir", "edvr"):
        for stream in ("spatial", "temporal"):
            full_run.stopped(name, f"tsn.{stream}", "skipped", "no weights", recognizer="tsn", stream=stream)
    board = build(full_run.record(pairs=["rcan+edvr", "edvr+swinir"]))
    text = markdown.render(board)
    names = [line[0].strip() for line in tables(text)[1]]
    assert "`rcan+edvr` (skipped)" in names  # its spatial stream was measured
    assert not any(name in cell for name in ("`swinir", "`edvr", "`broken") for cell in names)
    assert f"- `edvr`, `edvr+swinir`, `swinir` with tsn: **skipped** {DASH} no weights" in text
    assert all(r["status"] != "ok" for r in board.records[-6:])


@pytest.mark.parametrize("width", [80, 108, 160])
def test_console_shows_every_row_and_column_at_any_width(board: Leaderboard, width: int) -> None:
    stream = StringIO()
    Console(file=stream, width=width, color_system=None).print(console.render(board))
    text = stream.getvalue()
    assert max(map(len, text.splitlines())) <= width
    heads = " ".join(line for line in text.splitlines() if line.strip().startswith("SR "))
    assert heads.split().count("SR") == (2 if width < console.WIDTH else 1)
    assert {"spatial", "temporal", "fusion", "gain", "PSNR", "SSIM", "EPE", "warp", "fps"} <= set(heads.split())
    for record in board.records:
        assert any(line.strip().startswith(record["sr"]) for line in text.splitlines())


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("width", [50, 60, 64, 72])
def test_a_narrow_terminal_keeps_every_name_and_says_what_is_not_shown(
    board: Leaderboard, width: int, encoding: str
) -> None:
    content = BytesIO()
    stream = TextIOWrapper(content, encoding=encoding)
    terminal.console(stream, width=width, color_system=None).print(console.render(board))
    stream.flush()
    text = content.getvalue().decode(encoding)
    for name in ("rcan", "bicubic", "hr"):
        assert len(re.findall(rf"^ {name} ", text, flags=re.MULTILINE)) == 2  # accuracy, and quality below it
    words = " ".join(text.split())
    assert "fusion" in words and "64.6 [" in words
    left = re.search("not shown for want of width: (.*?); see leaderboard.md", words)
    hidden = left[1] if left else ""
    assert "fusion" not in hidden and (width > 64 or "temporal" in hidden)


def test_skipped_rows_of_one_cause_share_a_line_and_failed_ones_do_not(full_run: Any) -> None:
    for name in ("swinir", "edvr"):
        full_run.stopped(name, "psnr_y", "skipped", f"no weights 'mini-2' (harness weights pull {name})")
        full_run.stopped(f"broken-{name}", "psnr_y", "failed", "[/nope]", error_log="error.txt")
    lines = console.plain(build(full_run.record())).splitlines()
    assert f"edvr, esrgan, swinir skipped {DASH} no weights 'mini-2' (harness weights pull NAME)" in lines
    assert sum("failed" in line and "[/nope]" in line for line in lines) == 2


def test_console_as_plain_text_names_every_row(board: Leaderboard) -> None:
    lines = console.plain(board).splitlines()
    assert max(map(len, lines)) <= console.WIDTH
    for record in board.records:
        assert any(line.strip().startswith(record["sr"]) for line in lines)
    assert any(re.search(r"rcan +64\.6 \[\d+, \d+\]\*.*29\.20", line) for line in lines)
    assert any("esrgan skipped" in line and "no weights" in line for line in lines)


def test_console_does_not_take_names_for_markup(full_run: Any) -> None:
    full_run.stopped("odd:[bold]x", "psnr_y", "failed", "reason [red]")
    stream = StringIO()
    Console(file=stream, width=200, force_terminal=True).print(console.render(build(full_run.record())))
    assert "odd:[bold]x" in stream.getvalue() and "reason [red]" in stream.getvalue()


def test_plot_is_a_picture_that_does_not_change(board: Leaderboard) -> None:
    content = plot.render(board)
    assert content == plot.render(board)
    image = imread(BytesIO(content), format="png")
    assert image.shape[1] > 1000 and image[..., :3].std() > 0.05


def test_plot_has_every_method_and_its_accuracy(board: Leaderboard) -> None:
    left, right = plot.draw(board).axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == [r["sr"] for r in board.records if r["fusion_top1"] is not None]
    fusion = next(bars for bars in left.containers if bars.get_label() == "fusion")
    assert list(fusion[0].get_xdata()) == [r["fusion_top1"] for r in board.records if r["fusion_top1"] is not None]
    shown = {text.get_text() for text in right.texts}
    assert {"rcan", "bicubic", "hr"} <= shown and "rcan+vdsr" not in shown


def test_every_format_renders_a_run_without_numbers(empty: Leaderboard) -> None:
    assert "`bicubic` with tsn: **skipped**" in markdown.render(empty) and len(tables(markdown.render(empty))) == 1
    assert "bicubic skipped" in console.plain(empty)
    assert stdlib_json.loads(json.render(empty))["records"][0]["fusion_top1"] is None
    assert plot.render(empty).startswith(b"\x89PNG")
