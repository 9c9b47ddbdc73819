"""Little of everything that is measured of workers: it works, and it counts what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness_benchmarks import crowd, planned
from harness_benchmarks.bench import Bench
from harness_benchmarks.speedup import GuardClock
from harness_benchmarks.workers import _bench

from harness.datasets import digests
from harness.files import sha256
from harness.running.guarding import guarded


def bench(folder: Path) -> Bench:
    return _bench(folder, lambda text: None)


def test_a_plan_has_all_cells_and_reads_every_clip_the_first_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is why planning again is faster; with so few clips the clock tells it only on an idle machine."""
    read: list[Path] = []

    def spy(file: Path) -> str:
        read.append(file)
        return sha256(file)

    monkeypatch.setattr(digests, "sha256", spy)
    facts = planned.measure(bench(tmp_path), clips=50, methods=2).facts
    assert facts["cells"] >= 2 * 3 and facts["first"] > 0 and facts["again"] > 0
    clips = [file for file in read if file.is_relative_to(tmp_path)]  # others are of embedded data
    assert len(clips) == len(set(clips)) == 50


def test_a_driver_writes_a_row_of_every_cell_for_every_clip(tmp_path: Path) -> None:
    section = crowd.measure(bench(tmp_path), clips=100, paces=())
    (trial,) = section.facts["trials"]
    assert trial["rows"] == 100 * section.facts["cells"] and trial["rate"] > 0


def test_the_guard_is_clocked_without_what_it_guards() -> None:
    clock, whole = GuardClock(), guarded.__enter__
    with clock.running():
        for _ in range(3):
            with guarded(object()):
                sum(range(1_000_000))
    assert clock.calls == 3 and 0 < clock.seconds < 0.02
    assert guarded.__enter__ is whole
