"""`harness leaderboard`, on a run of made clips."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from harness.planning.cells import cell_id
from harness.running.store import open_run

Cli = Callable[..., Result]
ORG = """
from harness.hookspecs import hookimpl
from harness.specs import ReportSpec

def render(board, run):
    return {"table.org": "".join(f"| {row.sr} |\\n" for row in board.rows).encode()}

@hookimpl
def harness_reports():
    yield ReportSpec("org", "Emacs org table", f"{__name__}:render", suffix=".org")
"""
PAGE = """
from harness.hookspecs import hookimpl
from harness.specs import ReportSpec

def render(board, run):
    text = f"<h1>{board.title}</h1> {len(run.clips)} rows <img src='chart.png'>"
    return {"page.html": text.encode(), "chart.png": b"\\x89PNG\\0"}

def broken(board, run):
    raise ValueError("no such colour")

def old(board, run):
    return board.title

@hookimpl
def harness_reports():
    yield ReportSpec("page", "a page with a picture", f"{__name__}:render", suffix=".html", default=True)
    yield ReportSpec("broken", "raises", f"{__name__}:broken", suffix=".broken", default=True)
    yield ReportSpec("old", "a text", f"{__name__}:old")
"""


@pytest.fixture
def run_folder(cli: Cli, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> Path:
    small_benchmark(tmp_path, sr=["hr", "bicubic", "nearest"])
    arguments = ["--benchmark", tmp_path / "small.yaml", "--data", made_clips(), "--out", tmp_path / "run"]
    result = cli("run", *arguments, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    return tmp_path / "run"


def test_every_form_shows_what_the_run_wrote(cli: Cli, run_folder: Path, tmp_path: Path) -> None:
    shown = cli("leaderboard", run_folder)
    assert shown.exit_code == 0 and "a small one" in shown.output and "nearest" in shown.output
    content = json.loads(cli("leaderboard", run_folder, "--format", "json").output)
    assert content == json.loads((run_folder / "leaderboard.json").read_text())
    assert {record["sr"] for record in content["records"]} == {"hr", "bicubic", "nearest"}
    rows = list(csv.DictReader(cli("leaderboard", run_folder, "--format", "csv").output.splitlines()))
    assert {row["sr"] for row in rows} == {"hr", "bicubic", "nearest"}
    result = cli("leaderboard", run_folder, "--out", tmp_path / "table.md")
    assert result.exit_code == 0 and result.output == f"wrote {tmp_path / 'table.md'}\n"
    assert (tmp_path / "table.md").read_text() == (run_folder / "leaderboard.md").read_text()


def test_further_pairs_become_rows(cli: Cli, run_folder: Path) -> None:
    content = json.loads(cli("leaderboard", run_folder, "--format", "json", "--pairs", "nearest+bicubic").output)
    assert "nearest+bicubic" in {record["sr"] for record in content["records"]}
    result = cli("leaderboard", run_folder, "--pairs", "nearest+vdsr")
    assert result.exit_code == 2 and "vdsr" in result.stderr


def test_a_format_of_a_plugin_is_found_by_ending_and_by_name(cli: Cli, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "org_plugin.py").write_text(ORG)
    result = cli("leaderboard", run_folder, "--out", tmp_path / "t.org", "--plugin", tmp_path / "org_plugin.py")
    assert result.exit_code == 0 and "| bicubic |" in (tmp_path / "t.org").read_text()
    assert cli("leaderboard", run_folder, "--format", "org").stdout == (tmp_path / "t.org").read_text()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A plugin with a report of two files, one of which is a picture, and two faulty reports."""
    (tmp_path / "page_plugin.py").write_text(PAGE)
    return tmp_path / "page_plugin.py"


def test_a_report_of_two_files_is_written_whole(cli: Cli, run_folder: Path, tmp_path: Path, page: Path) -> None:
    result = cli("leaderboard", run_folder, "--out", tmp_path / "my.html", "--plugin", page)
    assert result.exit_code == 0 and f"wrote {tmp_path / 'chart.png'}" in result.stderr
    assert (tmp_path / "my.html").read_text().startswith("<h1>a small one</h1> 18 rows")
    assert (tmp_path / "chart.png").read_bytes() == b"\x89PNG\0"
    (tmp_path / "site").mkdir()
    result = cli("leaderboard", run_folder, "--format", "page", "--out", tmp_path / "site")
    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "site").iterdir()} == {"page.html", "chart.png"}


@pytest.mark.parametrize(
    ("format", "code", "message"),
    [
        ("page", 2, "this format gives page.html, chart.png, not one text; name its file: --out page.html"),
        ("png", 2, "this format gives leaderboard.png, not one text; name its file: --out leaderboard.png"),
        ("broken", 1, "report 'broken' raised ValueError: no such colour ("),
        ("old", 1, "report 'old' returned str; a report returns file names with their contents, such as"),
    ],
)
def test_a_report_that_is_not_one_text_or_fails_says_why(
    cli: Cli, run_folder: Path, page: Path, format: str, code: int, message: str
) -> None:
    result = cli("leaderboard", run_folder, "--format", format, "--plugin", page)
    assert result.exit_code == code and message in result.stderr and not result.stdout


def test_a_run_whose_report_fails_keeps_everything_else_and_ends_with_1(
    cli: Cli, run_folder: Path, tmp_path: Path, page: Path
) -> None:
    before = {name: (run_folder / name).read_bytes() for name in ("leaderboard.md", "leaderboard.json")}
    arguments = ["--benchmark", tmp_path / "small.yaml", "--data", tmp_path / "data", "--out", run_folder]
    for name in before:
        (run_folder / name).unlink()
    result = cli("run", *arguments, "--device", "cpu", "--plugin", page)
    assert result.exit_code == 1 and "report 'broken' raised ValueError: no such colour" in result.output
    assert {name: (run_folder / name).read_bytes() for name in before} == before
    assert (run_folder / "page.html").is_file() and (run_folder / "chart.png").is_file()
    assert "0 failed" in result.output


def test_a_wrong_run_folder_format_ending_or_target_is_refused(cli: Cli, run_folder: Path, tmp_path: Path) -> None:
    result = cli("leaderboard", tmp_path)
    assert result.exit_code == 1 and "is not a run folder" in result.stderr
    result = cli("leaderboard", run_folder, "--format", "cvs")
    assert result.exit_code == 2 and "Did you mean 'csv'?" in result.stderr
    result = cli("leaderboard", run_folder, "--out", tmp_path / "table.doc")
    assert result.exit_code == 2 and "its ending names no format (.csv, .html, .json, .md, .png, " in result.stderr
    result = cli("leaderboard", run_folder, "--out", tmp_path / "none" / "table.md")
    assert result.exit_code == 2 and "cannot be written" in result.stderr


@pytest.fixture
def scored_run(run_folder: Path) -> Path:
    """The same run with a recogniser's cells, whose scores were made up."""
    info = json.loads((run_folder / "run.json").read_text())
    template = json.loads((run_folder / "cells" / info["cells"][0] / "cell.json").read_text())
    with open_run(run_folder) as folder:
        for method, right in (("hr", 6), ("bicubic", 3), ("nearest", 2)):
            for stream in ("spatial", "temporal"):
                identity = template["identity"]
                method_part = {**identity["method"], "name": method}
                probe_part = {**identity["probe"], "name": "tsn", "stream": stream}
                identity = {**identity, "method": method_part, "probe": probe_part}
                facts = {"cell": cell_id(identity), "identity": identity, "method": method, "probe": f"tsn.{stream}"}
                cell = folder.cell(facts["cell"])
                cell.begin({**template, **facts, "recognizer": "tsn", "stream": stream})
                for i in range(6):
                    scores = [float(c == (i % 3 if i < right else (i + 1) % 3)) for c in range(3)]
                    cell.append({"clip": f"clip_{i}", "label": i % 3, "group": f"g{i // 3}", "scores": scores})
                cell.finish([f"clip_{i}" for i in range(6)])
                info["cells"].append(facts["cell"])
        folder.write_info(info)
    return run_folder


def test_all_pairs_in_every_form(cli: Cli, scored_run: Path, tmp_path: Path) -> None:
    shown = cli("leaderboard", scored_run, "--pairs", "all")
    assert shown.exit_code == 0 and "Best: bicubic+bicubic, 50.0" in shown.output and "1 bicubic" in shown.output
    content = json.loads(cli("leaderboard", scored_run, "--pairs", "all", "--format", "json").output)
    assert len(content["pairs"][0]["top1"]) == 3 and content["pairs"][0]["best"] == "bicubic+bicubic"
    assert "| `nearest` |" in cli("leaderboard", scored_run, "--pairs", "hr+nearest,all", "--format", "md").output
    result = cli("leaderboard", scored_run, "--pairs", "all", "--out", tmp_path / "pairs.png")
    assert result.exit_code == 0 and (tmp_path / "pairs.png").read_bytes().startswith(b"\x89PNG")
    result = cli("leaderboard", scored_run, "--pairs", "all", "--format", "findings")
    assert result.exit_code == 2 and "csv, json, md, png" in result.stderr


def test_all_pairs_of_a_run_without_recognisers_are_refused(cli: Cli, run_folder: Path) -> None:
    result = cli("leaderboard", run_folder, "--pairs", "all")
    assert result.exit_code == 2 and "no recogniser of this run has both" in result.stderr


def test_other_fusion_weights_are_used_and_nonsensical_ones_refused(cli: Cli, scored_run: Path) -> None:
    content = json.loads(cli("leaderboard", scored_run, "--fusion", "2:0.5", "--format", "json").output)
    assert content["protocol"]["fusion"] == "spatial : temporal = 2 : 0.5 on raw scores"
    for wrong in ("1", "1:2:3", "a:b", "1:-1", "0:0", "nan:1", "inf:1"):
        result = cli("leaderboard", scored_run, "--fusion", wrong)
        assert result.exit_code == 2 and f"--fusion '{wrong}'" in result.stderr


@pytest.mark.parametrize(
    ("asked", "name", "text"),
    [
        (["--classes"], "classes", "66.7"),
        (["--confusion", "nearest"], "confusion", "2 of 6 clips right, 33.3 %."),
        (["--flips", "bicubic", "nearest"], "flips", "1 of 6 clips; nearest alone gets 0 right, both 2, neither 3."),
    ],
)
def test_classes_and_clips_in_every_form(
    cli: Cli, scored_run: Path, tmp_path: Path, asked: list[str], name: str, text: str
) -> None:
    shown = cli("leaderboard", scored_run, *asked)
    assert shown.exit_code == 0 and "a small one" in shown.output and (text in shown.output or name == "classes")
    markdown = cli("leaderboard", scored_run, *asked, "--format", "md").output
    assert markdown.startswith("# ") and (text in markdown or name == "classes")
    (facts, *_) = json.loads(cli("leaderboard", scored_run, *asked, "--format", "json").output)[name]
    assert facts["recognizer"] == "tsn"
    rows = list(csv.DictReader(cli("leaderboard", scored_run, *asked, "--format", f"{name}-csv").output.splitlines()))
    assert rows and {row["recognizer"] for row in rows} == {"tsn"}
    for ending in ("md", "csv", "json", *(["png"] if name != "flips" else [])):
        result = cli("leaderboard", scored_run, *asked, "--out", tmp_path / f"mine.{ending}")
        assert result.exit_code == 0 and (tmp_path / f"mine.{ending}").stat().st_size > 50
    assert (tmp_path / "mine.md").read_text() == markdown


def test_a_pair_and_a_stream_by_weights(cli: Cli, scored_run: Path) -> None:
    pair = cli("leaderboard", scored_run, "--flips", "hr+nearest", "nearest", "--fusion", "1:0", "--format", "json")
    (facts,) = json.loads(pair.output)["flips"]
    assert facts["right"] == "hr+nearest" and facts["only_right"] == 4  # as hr alone in the spatial stream


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--confusion", "neerest"], "unknown method of this run 'neerest'. Did you mean 'nearest'?"),
        (["--flips", "hr", "hr"], "--flips hr hr: these are the same; name two methods"),
        (["--flips", "hr", "hr+neerest"], "unknown method of this run 'neerest'."),
        (["--classes", "--pairs", "all"], "--pairs all and --classes are different tables; ask for one at a time"),
        (["--classes", "--format", "jsn"], "unknown form of --classes 'jsn'. Did you mean 'json'?"),
        (["--flips", "hr", "nearest", "--out", "flips.png"], "its ending names no format (.csv, .json, .md)"),
        (["--format", "confusion-md"], "--format confusion-md is on chosen methods; name them: --confusion A"),
    ],
)
def test_what_of_classes_and_clips_cannot_be_shown(cli: Cli, scored_run: Path, asked: list[str], message: str) -> None:
    result = cli("leaderboard", scored_run, *asked)
    assert result.exit_code == 2 and message in result.stderr


def test_classes_of_a_run_without_recognisers(cli: Cli, run_folder: Path) -> None:
    result = cli("leaderboard", run_folder, "--classes")
    assert result.exit_code == 2 and "no method of this run has class scores" in result.stderr


def test_help_shows_how_to_ask_for_classes_and_clips(cli: Cli) -> None:
    output = cli("leaderboard", "--help").output
    for example in ("--classes --out classes.csv", "--confusion esrgan", "--flips sosr bicubic --out flips.md"):
        assert f"harness leaderboard runs/mini-2 {example}" in output


def test_findings_by_name_and_by_ending(cli: Cli, scored_run: Path, tmp_path: Path) -> None:
    result = cli("leaderboard", scored_run, "--out", tmp_path / "findings.md")
    assert result.exit_code == 0
    text = (tmp_path / "findings.md").read_text()
    assert text.startswith("# Findings") and "| 3 | SoSR+ToSR leads the fusion | **not measured** |" in text
    assert cli("leaderboard", scored_run, "--format", "findings").output == text
    cli("leaderboard", scored_run, "--out", tmp_path / "table.md")
    assert not (tmp_path / "table.md").read_text().startswith("# Findings")
