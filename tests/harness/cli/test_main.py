"""The command line as a whole: how fast it starts, what it imports, how it ends."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

import harness
from harness.errors import PluginError, UsageError

Cli = Callable[..., Result]
HEAVY = {"torch", "torchvision", "numpy", "cv2", "pandas", "av", "mmengine", "mmaction", "basicsr", "scipy"}
GOAL_SECONDS = 0.5
ALLOWED = 3 * GOAL_SECONDS
"""What the test allows, in processor time, because the machine may be busy with other tests."""
VERBS = ["run", "leaderboard", "train", "plugins", "datasets", "weights", "upscale", "doctor"]
COMMANDS = [
    ["run"], ["leaderboard"], ["train"], ["upscale"], ["doctor"],
    *(["plugins", verb] for verb in ("list", "show", "new", "check")),
    *(["datasets", verb] for verb in ("list", "show", "build", "verify")),
    *(["weights", verb] for verb in ("list", "pull", "add", "remove", "verify")),
]  # fmt: skip


def command(*arguments: str, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *python, "-m", "harness.cli.main", *arguments], capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("arguments", [["--help"], ["plugins", "list"], ["run", "--help"]], ids=" ".join)
def test_it_starts_fast_and_imports_nothing_heavy(
    arguments: list[str], record_property: Callable[[str, object], None]
) -> None:
    done = command(*arguments, python=("-X", "importtime"))
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}
    assert "typer" in imported and not imported & HEAVY
    seconds = _seconds_of(arguments)
    for _ in range(4):
        if seconds < ALLOWED:
            break
        seconds = min(seconds, _seconds_of(arguments))
    record_property("seconds", round(seconds, 3))
    assert seconds < ALLOWED


def _seconds_of(arguments: list[str]) -> float:
    before = _seconds_of_children()
    command(*arguments)
    return _seconds_of_children() - before


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_names_every_verb(cli: Cli) -> None:
    result = cli("--help")
    assert result.exit_code == 0
    assert all(verb in result.output for verb in VERBS)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_verb_explains_itself_with_examples_last(cli: Cli, arguments: list[str]) -> None:
    result = cli(*arguments, "--help")
    assert result.exit_code == 0
    before, _, examples = result.output.partition("Examples:")
    assert "Options" in before and f"harness {arguments[0]}" in examples
    assert "\u2500" not in examples, "nothing comes after the examples"


def test_version_is_printed(cli: Cli) -> None:
    assert cli("--version").output == f"harness {harness.__version__}\n"


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("no such thing"), 2), (PluginError("it is broken"), 1), (KeyboardInterrupt(), 130)]
)
def test_errors_become_messages_and_exit_codes(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*given: Any) -> None:
        raise error

    monkeypatch.setattr("harness.doctor.examine", fail)
    result = cli("doctor")
    assert result.exit_code == code
    assert result.stderr == (f"error: {error}\n" if code != 130 else "\nstopped; nothing unfinished was kept\n")


def test_a_bug_in_the_program_keeps_its_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("harness.doctor.examine", fail)
    assert isinstance(cli("doctor").exception, ZeroDivisionError)


@pytest.mark.parametrize("verb", ["run", "datasets", "train"])
def test_ctrl_c_says_how_to_continue(cli: Cli, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    def interrupt(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.datasets.open_named", interrupt)
    monkeypatch.setattr("harness.cli.train.find_trainer", interrupt)
    monkeypatch.setattr("harness.running.context.make_plan", interrupt)
    result = cli(*{"datasets": ["datasets", "show", "mini-2"], "train": ["train", "vdsr"]}.get(verb, ["run"]))
    assert result.exit_code == 130 and "the same command" in result.stderr and "continues" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "No such command 'rnu'"),
        (["plugins", "lits"], "Did you mean 'list'?"),
        (["upscale", "clip.mp4"], "name one method with --sr, or several with --compare A,B"),
        (["upscale", "clip.mp4", "--sr", "bicubic", "--out", "x.mp4", "--scale", "0"], "--scale"),
        (["plugins", "list", "--nonsense"], "No such option"),
    ],
)
def test_wrong_usage_exits_with_2(cli: Cli, arguments: list[str], message: str) -> None:
    result = cli(*arguments)
    assert result.exit_code == 2 and message in result.stderr


def test_a_missing_plugin_file_is_refused(cli: Cli, tmp_path: Path) -> None:
    result = cli("plugins", "list", "--plugin", tmp_path / "none.py")
    assert result.exit_code == 1 and "none.py: no such file" in result.stderr
