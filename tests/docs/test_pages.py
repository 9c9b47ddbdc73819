"""Every page is true: each command line is run, each file is read, each link leads somewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from harness.cli.main import app
from harness.planning.benchmark import load_benchmark
from harness.registry import registry
from harness.specs import FlowSpec, ProbeSpec, RecognizerSpec, SRMethodSpec
from harness.video.frames import write_video

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
TEXTS = {page.relative_to(REPOSITORY / "docs").as_posix(): page.read_text() for page in PAGES if page.name != "cli.md"}
CLASSES = ["BabyCrawling", "BaseballPitch", "Basketball", "BasketballDunk", "BodyWeightSquats", "PushUps"]
MAKEFILE = (REPOSITORY / "Makefile").read_text()


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def lines(text: str) -> list[str]:
    """Command lines of a page that a user runs as they stand."""
    return [line for block in blocks(text, "bash") for line in block.splitlines() if line.strip()]


def videos(folder: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        levels = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        still = levels.repeat(8, axis=0).repeat(8, axis=1)
        write_video(folder / name, np.stack([np.roll(still, shift, axis=1) for shift in range(8)]), 25.0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A user's home with clips, UCF101 in its layout, restored frames, a checkpoint, and a small run."""
    home = tmp_path_factory.mktemp("home")
    videos(home / "clips", [f"{label}/{n}.mp4" for label in ("walk", "run") for n in range(2)])
    videos(home / "CDVL", [f"{n}.mp4" for n in range(12)])
    videos(home, ["clip.mp4"])
    ucf = home / "UCF101"
    clips = [f"{name}/v_{name}_g{group:02d}_c01.avi" for name in CLASSES for group in (1, 8)]
    videos(ucf, clips)
    (ucf / "classInd.txt").write_text("".join(f"{n} {name}\n" for n, name in enumerate(CLASSES, 1)))
    (ucf / "testlist01.txt").write_text("".join(f"{clip}\n" for clip in clips if "_g01_" in clip))
    labels = {name: n for n, name in enumerate(CLASSES, 1)}
    train = [clip for clip in clips if "_g08_" in clip]
    (ucf / "trainlist01.txt").write_text("".join(f"{clip} {labels[clip.split('/')[0]]}\n" for clip in train))
    videos(home / "restored", ["walk_0000.mp4"])
    torch.save({"weight": torch.zeros(1)}, home / "my.pth")
    (home / "my.yaml").write_text(blocks(TEXTS["own-data.md"], "yaml")[0])
    yield home


@pytest.fixture(scope="module")
def runs(place: Path) -> Path:
    """A run of two clips, under the names that pages use."""
    found = CliRunner().invoke(app, ["run", "--sr", "span", "--limit", "2", "--out", str(place / "runs" / "mini-2")])
    assert found.exit_code == 0, found.output
    shutil.copytree(place / "runs" / "mini-2", place / "runs" / "mini-2-12")
    return place


@pytest.mark.parametrize("page", [page for page, text in TEXTS.items() if lines(text)])
def test_every_command_of_a_page_runs(page: str, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)
    monkeypatch.setenv("HOME", str(runs))
    for line in lines(TEXTS[page]):
        program, *words = shlex.split(line)
        if program == "make":
            assert f"\n{words[0]}:" in MAKEFILE, line
        elif words[:2] == ["weights", "pull"]:  # needs a network: what it names must be declared
            _declared(words[2], words[words.index("--tag") + 1] if "--tag" in words else None)
        else:
            assert program == "harness", line
            arguments = [str(Path(word).expanduser()) if word.startswith("~") else word for word in words]
            found = CliRunner().invoke(app, arguments)
            fine = (0, 1) if words == ["doctor"] else (0,)  # which says with 1 that something could be better
            assert isinstance(found.exception, SystemExit | None), line
            assert found.exit_code in fine, f"{line}\n{found.output}{found.stderr}"


def _declared(name: str, tag: str | None) -> None:
    kinds = (SRMethodSpec, RecognizerSpec, ProbeSpec, FlowSpec)
    specs = [found[name] for found in map(registry().all, kinds) if name in found]
    assert any(weights.remote and tag in (None, weights.tag) for spec in specs for weights in spec.weights), (name, tag)


@pytest.mark.parametrize("page", TEXTS)
def test_commands_that_are_only_shown_name_verbs_and_options_that_exist(page: str) -> None:
    for block in blocks(TEXTS[page], "text"):
        for line in re.findall(r"(?:^|--no-python )(harness .*)$", block, flags=re.MULTILINE):
            _, verb, *words = shlex.split(line)
            command = [verb, words[0]] if verb in {"plugins", "weights", "datasets", "runs"} else [verb]
            known = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "300"})
            assert known.exit_code == 0, line
            assert all(word in known.output for word in words if word.startswith("--")), line


def test_the_benchmark_file_of_a_page_is_read(place: Path) -> None:
    assert load_benchmark(str(place / "my.yaml")).tags == ["mine", "df2k"]


def test_the_python_of_a_page_runs(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)
    for block in blocks(TEXTS["reference/api.md"], "python"):
        exec(block, {})


def test_the_pages_build_and_fetch_nothing(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs is not here: pip install 'harness-sr[docs]'")
    shutil.copytree(REPOSITORY / "docs", tmp_path / "docs")
    shutil.copy(REPOSITORY / "mkdocs.yml", tmp_path)
    steps = re.findall(
        r"^\t.*\$\(BIN\)/(.*)$", MAKEFILE.partition("\ndocs:")[2].partition("\n\n")[0], flags=re.MULTILINE
    )
    assert len(steps) == 2
    for step in steps:
        program, *words = shlex.split(step)
        command = [sys.executable, *words] if program == "python" else [sys.executable, "-m", program, *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "CI": "1"})
        assert done.returncode == 0, done.stdout + done.stderr
    for page in (tmp_path / "build" / "docs").rglob("*.html"):
        fetched = re.sub(r"<a [^>]*>|<link rel=\"canonical\"[^>]*>", "", page.read_text())
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", fetched), page
