"""`harness report`, `view`, `figures` and `strips` on a run of made clips."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import Result

Cli = Callable[..., Result]


@pytest.fixture
def run(
    cli: Cli, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path
) -> tuple[Path, Path]:
    """A run folder and the folder of its data."""
    small_benchmark(tmp_path, sr=["hr", "bicubic", "nearest"])
    data = made_clips()
    asked = ["--benchmark", tmp_path / "small.yaml", "--data", data, "--out", tmp_path / "run", "--device", "cpu"]
    result = cli("run", *asked)
    assert result.exit_code == 0, result.stderr
    return tmp_path / "run", data


def test_a_page_with_clips_is_written(cli: Cli, run: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page"
    result = cli("report", run[0], "--out", out, "--data", run[1], "--clips", "2")
    assert result.exit_code == 0, result.stderr
    assert f"wrote {out / 'index.html'} and " in result.stdout
    pictures = sorted(path.name for path in out.glob("clip*.webp"))
    assert len({name[:6] for name in pictures}) == 2
    assert Image.open(out / pictures[-1]).format == "WEBP"
    assert "restoring clip_" in result.stderr


def test_without_the_data_the_page_says_so_and_has_the_rest(cli: Cli, run: tuple[Path, Path], tmp_path: Path) -> None:
    result = cli("report", run[0], "--out", tmp_path / "page", "--data", tmp_path / "nowhere")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "page" / "index.html").read_text()
    assert "The page has no clips: " in text and "nowhere" in text and "<code>nearest</code>" in text
    assert "The page has no clips: " in result.stderr


def test_view_writes_into_the_run_and_opens_it(
    cli: Cli, run: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or len(opened) == 1)
    assert cli("view", run[0], "--clips", "0").exit_code == 0
    assert opened == [(run[0] / "page" / "index.html").resolve().as_uri()]
    assert "no browser could be opened here" in cli("view", run[0], "--clips", "0").stdout
    assert cli("runs", "delete", run[0], "--yes").exit_code == 0 and not run[0].exists(), "the page is part of the run"


def test_a_page_is_asked_for_by_its_own_command(cli: Cli, run: tuple[Path, Path], tmp_path: Path) -> None:
    result = cli("leaderboard", run[0], "--format", "site")
    assert result.exit_code == 2 and "write it with: harness report RUN_DIR --out DIR" in result.stderr
    result = cli("report", run[0], "--out", tmp_path / "page", "--format", "sight")
    assert result.exit_code == 2 and "Did you mean 'site'" in result.stderr
    result = cli("report", tmp_path, "--out", tmp_path / "page")
    assert result.exit_code == 1 and "is not a run folder" in result.stderr


def test_strips_are_frames_below_each_other_and_methods_side_by_side(
    cli: Cli, run: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "strip.png"
    asked = ["--data", run[1], "--methods", "nearest,hr", "--frames", "3", "--zoom", "2", "--out", out]
    result = cli("strips", run[0], "clip_1", *asked)
    assert result.exit_code == 0, result.stderr
    assert Image.open(out).size == (3 * (80 + 6) - 6, 22 + 3 * (64 + 6) - 6)
    assert "Did you mean 'clip_1'" in cli("strips", run[0], "clip1", "--data", run[1]).stderr
    result = cli("strips", run[0], "clip_1", "--data", run[1], "--out", tmp_path / "x.gif")
    assert result.exit_code == 2 and "ends in .png" in result.stderr


def test_figures_of_a_run_without_accuracy_are_refused(cli: Cli, run: tuple[Path, Path], tmp_path: Path) -> None:
    result = cli("figures", run[0], "--out", tmp_path / "figures")
    assert result.exit_code == 2 and "nothing to draw" in result.stderr


def test_a_table_goes_into_a_text(cli: Cli, run: tuple[Path, Path], tmp_path: Path) -> None:
    text = tmp_path / "README.md"
    text.write_text("# mine\n<!-- harness: small -->\n<!-- /harness: small -->\nend\n")
    asked = ["leaderboard", run[0], "--into", text, "--marker", "small", "--format", "md-table"]
    assert f"wrote {text}" in cli(*asked).stderr
    assert text.read_text().startswith("# mine\n<!-- harness: small -->\n| SR |")
    assert "is up to date" in cli(*asked).stderr
    assert cli(*asked, "--out", tmp_path / "x.md").exit_code == 2
    result = cli("leaderboard", run[0], "--into", text, "--marker", "small", "--format", "png")
    assert result.exit_code == 2 and "not one text" in result.stderr
