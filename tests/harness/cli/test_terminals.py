"""Real commands on terminals that are narrow or know few characters, with names that try to be more than names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.registry import registry

PLUGIN = """
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec, Weights

class Odd:
    def __init__(self, *, scale, device, weights=None):
        pass

    def upscale(self, lr, frames):
        raise ValueError("[/nope] \\x1b[2J\\x07 ≈ \\u202e")

def absent(name):
    weights = Weights("mini-2", "a" * 64, "mini-2/train", "MIT", url=f"http://127.0.0.1:9/{name}.safetensors")
    return SRMethodSpec(name, "[/nope] not here", f"{__name__}:Odd", needs_weights=True, weights=(weights,))

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("odd", "[/nope] \\x1b[31m", f"{__name__}:Odd")
    yield absent("absent_one")
    yield absent("absent_two")
"""
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
Harness = Callable[..., Result]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Harness]:
    """Runs ``harness ARGUMENTS`` in a terminal of this width and encoding."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))

    def run(width: int, encoding: str, *arguments: object) -> Result:
        monkeypatch.setenv("COLUMNS", str(width))
        registry.cache_clear()
        return CliRunner(charset=encoding).invoke(app, list(map(str, arguments)), prog_name="harness")

    yield run
    registry.cache_clear()


@pytest.fixture
def odd(tmp_path: Path, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path]) -> list[object]:
    """Arguments of a run whose names, title, note, folder and failure are all odd."""
    methods = ["hr", "bicubic", "nearest", "odd", "absent_one", "absent_two"]
    small_benchmark(tmp_path, title="[/nope] \u2248 \x9b2J\u202e [red]", sr=methods)
    (tmp_path / "odd.py").write_text(PLUGIN)
    files = ["--plugin", tmp_path / "odd.py", "--data", made_clips(classes=2)]
    return ["--benchmark", tmp_path / "small.yaml", *files, "--out", tmp_path / "run [/x]", "--device", "cpu"]


def test_odd_names_are_shown_and_the_files_are_written(at: Harness, odd: list[object], tmp_path: Path) -> None:
    folder = tmp_path / "run [/x]"
    ran = at(60, "latin-1", "run", *odd)
    assert ran.exit_code == 1 and isinstance(ran.exception, SystemExit), ran.exception
    assert f"wrote {folder / 'leaderboard.md'}" in ran.output and "3 cells ok, 1 failed, 2 skipped" in ran.output
    for encoding, width in (("utf-8", 72), ("ascii", 50)):
        shown = at(width, encoding, "leaderboard", folder)
        words = " ".join(shown.output.split())
        assert shown.exit_code == 0 and not STEERING.search(shown.output)
        assert r"[/nope]" in words and r"\x9b2J\u202e [red]" in words and r"\x1b[2J\x07" in words
        assert all(re.search(rf"^ {name} ", shown.output, re.MULTILINE) for name in ("hr", "bicubic", "nearest"))
        assert ("≈" in words) == (encoding == "utf-8")
        assert "harness weights pull NAME" in words and "absent_one, absent_two skipped" in words
    written = (folder / "leaderboard.md").read_text()
    assert not STEERING.search(written) and r"\x9b2J\u202e" in written
    assert "'=note" not in written  # an apostrophe is for spreadsheets alone
    listed = at(72, "ascii", "plugins", "list", "--plugin", tmp_path / "odd.py")
    assert listed.exit_code == 0 and r"[/nope] \x1b[31m" in listed.output and not STEERING.search(listed.output)


def test_a_plan_says_one_cause_once_and_how_long_it_takes(at: Harness, odd: list[object]) -> None:
    planned = at(60, "ascii", "run", *odd, "--dry-run", "--estimate")
    assert planned.exit_code == 0, planned.output
    skipped = [line for line in planned.output.splitlines() if line.startswith("skipped: ")]
    assert len(skipped) == 1 and skipped[0].startswith("skipped: absent_one, absent_two: ")
    assert re.search(r"^ bicubic +\d+:\d\d +\d+\.\d\d s +4 *$", planned.output, re.MULTILINE)
    assert re.search(r"^about \d+:\d\d on cpu", planned.output, re.MULTILINE)
    assert re.search(r"^not timed: odd: .*\[/nope\]", planned.output, re.MULTILINE)
    assert re.search(r"^timing on one clip: \d+ of \d+ methods", planned.stderr, re.MULTILINE), "no sign of life"


def test_an_estimate_counts_what_is_still_to_do(at: Harness, odd: list[object]) -> None:
    assert at(300, "utf-8", "run", *odd, "--sr", "bicubic").exit_code == 0
    planned = at(300, "utf-8", "run", *odd, "--sr", "bicubic,nearest", "--dry-run", "--estimate")
    assert re.search(r"^ nearest .* 4 *$", planned.output, re.MULTILINE)
    estimate = planned.output.partition("estimate from one clip")[2]
    assert "bicubic" not in estimate
    alone = at(300, "utf-8", "run", *odd, "--estimate")
    assert alone.exit_code == 2 and "--estimate belongs to --dry-run" in alone.stderr


@pytest.mark.parametrize("verb", ["run", "train vdsr", "upscale x.mp4 --sr bicubic", "plugins check bicubic"])
@pytest.mark.parametrize("device", ["nonsense", "cuda:x", "cuda:99", "cuda:-1", ""])
def test_a_device_that_is_not_here_is_refused_before_anything(at: Harness, verb: str, device: str) -> None:
    result = at(300, "utf-8", *verb.split(), "--device", device)
    assert result.exit_code == 2 and not result.stdout
    assert result.stderr.startswith(f"error: --device {device}: ") and len(result.stderr.splitlines()) == 1


def test_help_breaks_no_word(at: Harness) -> None:
    command = [sys.executable, "-m", "harness.cli.main", "run", "--help"]
    narrow = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "60"}).stdout
    commands = [line for line in narrow.splitlines() if line.startswith("    harness ")]
    assert "    harness run --benchmark my.yaml --data ~/clips --dry-run --estimate" in commands
    assert max(len(line) for line in narrow.splitlines() if line not in commands) <= 60
    assert narrow.split() == at(80, "ascii", "run", "--help").output.split()


def test_names_are_completed_and_no_plugin_file_is_run(at: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_HARNESS_COMPLETE", "complete_bash")
    asked = {
        "harness run --sr bicubic,near": "bicubic,nearest",
        "harness run --plugin /no/such/file.py --benchmark ucf101-x8": "ucf101-x8",
        "harness datasets show hmd": "hmdb51",
        "harness pl": "plugins",
    }
    for words, expected in asked.items():
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert at(80, "utf-8").stdout.split() == [expected]


@pytest.mark.parametrize("arguments", [["plugins", "list"], ["schema", "benchmark"]], ids=" ".join)
def test_a_reader_that_leaves_is_no_error(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "harness.cli.main", *arguments]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert not done.stderr and done.returncode == 1
