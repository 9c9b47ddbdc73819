"""A folder of flow: bounded, never trusted unchecked, and refused before the work if it cannot be used."""

from __future__ import annotations

import os
import random
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import yaml
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.errors import UsageError
from harness.planning.benchmark import find_benchmark
from harness.running.flow_cache import SUFFIX, FlowCache, open_flow_cache

FLOW = torch.zeros(1, 2, 10, 20)
"""1,600 bytes; with header and checksum, five of them fit into 10,000."""


@pytest.fixture
def cache(tmp_path: Path) -> FlowCache:
    return open_flow_cache(tmp_path / "cache")


@pytest.mark.slow
def test_no_damage_is_taken_for_flow(cache: FlowCache) -> None:
    """Bytes changed, cut and put in, at random but the same every time."""
    rng = random.Random(13)
    cache.put("key", torch.arange(24.0).view(1, 2, 3, 4))
    (file,) = cache.folder.iterdir()
    sound = file.read_bytes()
    for _ in range(400):
        content = bytearray(sound)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content))
            change = rng.choice(("flip", "cut", "insert"))
            if change == "flip":
                content[at] ^= 1 << rng.randrange(8)
            elif change == "cut":
                del content[at : at + rng.randint(1, 40)]
            else:
                content[at:at] = rng.randbytes(rng.randint(1, 40))
            if not content:
                break
        if bytes(content) != sound:
            file.write_bytes(content)
            assert cache.get("key") is None


def names(folder: Path) -> set[str]:
    return {file.stem for file in folder.glob(f"*{SUFFIX}")}


def test_what_was_not_used_for_longest_makes_room_within_the_bound(tmp_path: Path) -> None:
    earlier = FlowCache(tmp_path, bound=10_000)
    for number in range(5):
        earlier.put(f"old-{number}", FLOW)
        os.utime(tmp_path / f"old-{number}{SUFFIX}", (number, number))
    (tmp_path / "notes.txt").write_text("not ours")
    cache = FlowCache(tmp_path, bound=10_000)
    assert cache.get("old-0") is not None  # used just now
    cache.put("new-0", FLOW)
    assert "old-1" not in names(tmp_path) and "old-4" in names(tmp_path)
    for number in range(1, 9):
        cache.put(f"new-{number}", FLOW)
        assert sum(file.stat().st_size for file in tmp_path.glob(f"*{SUFFIX}")) <= 10_000
    assert names(tmp_path) >= {"old-0", "new-0", "new-1", "new-2"} and "old-4" not in names(tmp_path)
    assert (tmp_path / "notes.txt").exists()


def test_a_run_larger_than_the_cache_keeps_what_came_first_and_says_so(tmp_path: Path) -> None:
    """Not what came last: the next run asks in the same order, and would find nothing."""
    for _ in range(2):
        cache = FlowCache(tmp_path, bound=10_000)
        for number in range(9):
            if cache.get(f"{number}") is None:
                cache.put(f"{number}", FLOW)
    assert names(tmp_path) == {"0", "1", "2", "3", "4"}
    assert "the rest was computed and not kept: its 1e-05 GB are full with flow of this run" in cache.problem


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk, writing fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_ends_the_keeping_and_not_the_run(cache: FlowCache) -> None:
    with files_of_at_most(1000):
        cache.put("first", FLOW)
        cache.put("second", FLOW)
    told = "the rest was computed and not kept: File too large; make room"
    assert cache.problem == f"--flow-cache {cache.folder}: {told}"
    assert list(cache.folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"--flow-cache .*file: cannot be used: File exists; give another"):
        open_flow_cache(tmp_path / "file")
    with pytest.raises(UsageError, match=r"cannot be used: Not a directory"):
        open_flow_cache(tmp_path / "file" / "below")
    with files_of_at_most(0), pytest.raises(UsageError, match=r"cannot be used: File too large"):
        open_flow_cache(tmp_path / "cache")


def test_a_disk_without_room_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**20))
    with pytest.raises(UsageError, match=r"only 1 MiB free, at least 64 are needed; free some space"):
        open_flow_cache(tmp_path / "cache")


def harness(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="harness")


def test_the_command_keeps_flow_and_refuses_a_bad_folder_in_one_sentence(
    made_clips: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert "Keep flow of HR frames there for later runs" in harness("run", "--help").stdout
    file = tmp_path / "quick.yaml"
    changes = {"sr": ["bicubic"], "pairs": [], "recognizers": {}, "probes": ["flow_quality"]}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    given = ["run", "--benchmark", file, "--data", made_clips(classes=1, per_class=2), "--out", tmp_path / "run"]
    refused = harness(*given, "--flow-cache", file)
    assert refused.exit_code == 2 and not (tmp_path / "run").exists()
    assert refused.stderr.strip().splitlines() == [
        f"error: --flow-cache {file}: cannot be used: File exists; give another"
    ]
    assert harness(*given, "--flow-cache", tmp_path / "dry", "--dry-run").exit_code == 0
    assert not (tmp_path / "dry").exists()
    done = harness(*given, "--flow-cache", tmp_path / "cache")
    assert done.exit_code == 0, done.output
    assert list((tmp_path / "cache").glob(f"*{SUFFIX}"))
