"""Tables and figures for papers, pages and spreadsheets: no name from outside breaks any of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from harness.errors import UsageError
from harness.leaderboard import csv, figures, html, markdown, plot, tex, xlsx
from harness.leaderboard.table import Leaderboard, build
from harness.leaderboard.write import write_into
from harness.terminal import shown

HOSTILE = ("<script>alert(1)</script>", "a|b", "$\\input{x}$", "=1+1", "[/x]", "\x1b[31mred", "50%_#{~^}")


@pytest.fixture
def hostile(new_run: Callable[..., Any]) -> Leaderboard:
    run = new_run()
    for place, name in enumerate(("hr", "bicubic", *HOSTILE)):
        run.stream(name, "spatial", 140 - 6 * place if name != "bicubic" else 60)
        run.probe(name, "psnr_y", psnr_y=30.0 - place)
    return build(run.record())


class Texts(HTMLParser):
    """All tags, and the texts of row headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[str] = []
        self._row = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._row = ("scope", "row") in attrs

    def handle_data(self, data: str) -> None:
        if self._row:
            self.rows.append(data)
            self._row = False


def test_html_has_names_as_text(hostile: Leaderboard) -> None:
    found = Texts(html.render(hostile))
    assert set(found.rows) == {shown(name) for name in ("hr", "bicubic", *HOSTILE)}
    assert "script" not in found.tags and "strong" in found.tags


def test_a_workbook_has_numbers_as_numbers_and_no_formula(hostile: Leaderboard) -> None:
    book = load_workbook(BytesIO(xlsx.render(hostile)))
    assert book.sheetnames == ["leaderboard", "protocol", "notes"]
    head, *lines = list(book["leaderboard"].iter_rows())
    keys = [cell.value for cell in head]
    assert {line[0].value for line in lines} == {shown(name) for name in ("hr", "bicubic", *HOSTILE)}
    assert all(cell.data_type in "nsb" for line in lines for cell in line), "no formula and no error"
    assert lines[0][keys.index("spatial_top1")].value == pytest.approx(100 * 140 / 144, abs=1e-4)
    assert xlsx.render(hostile) == xlsx.render(hostile)


def test_latex_escapes_names_and_marks_the_best_two(hostile: Leaderboard) -> None:
    text = tex.render(hostile)
    assert r"\textbackslash{}input\{x\}" in text and "\\input{" not in text and r"50\%\_\#\{" in text
    lines = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith("SR")]
    assert len(lines) == len(hostile.rows) and all(line.count(" & ") == lines[0].count(" & ") for line in lines)
    bold = [line for line in lines if r"\textbf" in line]
    under = [line for line in lines if r"\underline" in line]
    assert [line.startswith(r"\textless") for line in bold] == [True, False], "the ceiling does not compete"
    assert len(under) == 2 and under[1].startswith(r"a\textbar{}b")
    assert r"\textbf{29.00}" in bold[1] and r"\underline{28.00}" in bold[0], "two decimals for dB"
    assert re.search(r"\\textbf\{\d\d\.\d\}", text), "one decimal for percentages"


def test_latex_has_intervals_on_request(hostile: Leaderboard) -> None:
    assert r"\scriptsize" not in tex.render(hostile)
    assert re.search(r"\{\\scriptsize \[\d+\.\d, \d+\.\d\]\}", tex.render(hostile, intervals=True))


def test_latex_compiles(hostile: Leaderboard, tmp_path: Path) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdflatex is not here")
    table = tex.render(hostile, intervals=True)
    packages = "\\usepackage[T1]{fontenc}\\usepackage{textcomp}\\usepackage{booktabs}"
    whole = f"\\documentclass{{article}}{packages}\\begin{{document}}\n{table}\\end{{document}}\n"
    (tmp_path / "x.tex").write_text(whole)
    done = subprocess.run([program, "-interaction=nonstopmode", "-halt-on-error", "x.tex"], cwd=tmp_path, check=False)
    assert done.returncode == 0 and (tmp_path / "x.pdf").is_file()


def test_the_other_formats_hold_too(hostile: Leaderboard) -> None:
    lines = [line for line in markdown.tables(hostile).splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert "\x1b" not in markdown.render(hostile)
    assert not re.search(r"^=", csv.render(hostile), re.MULTILINE)
    assert plot.render(hostile).startswith(b"\x89PNG")


def test_figures_come_in_three_formats_without_dates_and_versions(full_run: Any) -> None:
    board = build(full_run.record())
    found = figures.render(board)
    assert set(found) == {f"{name}.{form}" for name in ("accuracy", "quality", "pairs") for form in figures.FORMATS}
    heads = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert all(content.startswith(heads[name[-3:]]) for name, content in found.items())
    assert b">vdsr<" in found["accuracy.svg"], "names are text"
    assert not any(re.search(rb"CreationDate|<dc:date>|Matplotlib v", content) for content in found.values())


def test_a_run_without_accuracy_has_no_figures(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.probe("bicubic", "psnr_y", psnr_y=20.0)
    with pytest.raises(UsageError, match="nothing to draw"):
        figures.render(build(run.record()))


def test_lines_at_floor_and_ceiling_have_names(full_run: Any) -> None:
    figure = plot.draw(build(full_run.record()))
    assert {text.get_text() for text in figure.axes[0].texts} == {"bicubic", "hr"}


def test_a_text_goes_between_its_markers_and_only_there(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_bytes(b"a\r\n<!-- harness: x -->\r\nold\r\n<!-- /harness: x -->\r\nz")
    assert write_into(file, "x", "one\ntwo\n")
    assert file.read_bytes() == b"a\r\n<!-- harness: x -->\r\none\r\ntwo\r\n<!-- /harness: x -->\r\nz"
    before = file.stat().st_mtime_ns
    assert not write_into(file, "x", "one\ntwo")
    assert file.stat().st_mtime_ns == before, "unchanged when nothing changed"


@pytest.mark.parametrize("text", ["", "<!-- harness: x -->", "<!-- /harness: x --> <!-- harness: x -->"])
def test_without_markers_nothing_is_written_and_it_says_which(tmp_path: Path, text: str) -> None:
    file = tmp_path / "README.md"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"<!-- harness: x --> and <!-- /harness: x -->"):
        write_into(file, "x", "one")
    assert file.read_text() == text
