"""A whole run over made clips, through the same functions as the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import harness
from harness.errors import RunFolderError, UsageError
from harness.hookspecs import hookimpl
from harness.leaderboard.table import build
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Cell
from harness.planning.naming import wanted_methods, wanted_pairs
from harness.planning.selecting import Request, protocol_of
from harness.registry import Registry, load_registry
from harness.running.context import open_context
from harness.running.recorder import Listener
from harness.running.store import RunFolder, open_run
from harness.running.workflow import execute, outcome_of, record_start

ODD_METHODS = """
import torch
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec

class Odd:
    def __init__(self, *, scale, device, weights, fault, clip_mean):
        self.scale, self.fault, self.clip_mean = scale, fault, clip_mean

    def upscale(self, lr, frames):
        sr = lr[list(frames)].repeat_interleave(self.scale, -1).repeat_interleave(self.scale, -2)
        if float(lr.mean()) < self.clip_mean:
            return sr
        if self.fault == "shape":
            return sr[..., :-1]
        if self.fault == "nan":
            sr[0, 0, 0, 0] = float("nan")
        if self.fault == "raise":
            raise RuntimeError("out of cheese")
        return sr

def build_broken(**options):
    raise OSError("no such accelerator")

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("odd", "goes wrong on request", f"{__name__}:Odd", options={"fault": "", "clip_mean": 0.0})
    yield SRMethodSpec("broken", "cannot be built", f"{__name__}:build_broken")
"""


FAMILY = """
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("repeat", "repetition", "harness.methods:Nearest", family="interpolation")
"""


class Silent(Listener):
    """A listener that remembers."""

    def __init__(self) -> None:
        self.finished: dict[str, str] = {}
        self.clips = 0

    def clip_done(self, method: str, seconds: float) -> None:
        self.clips += 1

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        self.finished[f"{cell.method.label} x {cell.probe.label}"] = status


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    file = tmp_path / "odd_methods.py"
    file.write_text(ODD_METHODS)
    return load_registry([file])


@pytest.fixture
def benchmark() -> Benchmark:
    return load_benchmark("mini-2").model_copy(
        update={"recognizers": {}, "sr": ["hr", "bicubic", "nearest"], "pairs": []}
    )


def do_run(request: Request, registry: Registry, out: Path) -> Silent:
    context = open_context(request, registry)
    listener = Silent()
    with open_run(out) as folder:
        record_start(context, request, folder)
        execute(context, request, folder, registry, listener)
        outcome_of(context.plan, folder)
    return listener


def test_the_protocol_says_how_many_frames_a_probe_looks_at(benchmark: Benchmark) -> None:
    setting = {"dataset": "mini-2", "split": "test", "degradation": "bicubic:scale=4"}
    assert "probes" not in protocol_of(benchmark, setting, "dis", [])
    sampled = benchmark.model_copy(update={"probes": ["psnr_y:samples=3", "speed"]})
    assert protocol_of(sampled, setting, "dis", [])["probes"] == "psnr_y:samples=3"


def test_a_run_measures_every_method_on_every_clip(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    data = made_clips(height=33, width=42)
    request = Request(benchmark, sr="all", data=data)
    listener = do_run(request, registry, tmp_path / "run")
    # whatever a plugin file brings is in `all`: the plain `odd` works, `broken` is recorded as failed
    assert set(listener.finished.values()) == {"ok", "failed"}
    assert all(("broken" in name) == (status == "failed") for name, status in listener.finished.items())
    record = harness.load_run(tmp_path / "run")
    psnr = record.clips.dropna(subset=["psnr_y"]).groupby("method")["psnr_y"].agg(["mean", "count"])
    assert psnr.loc["bicubic", "count"] == 6
    assert psnr.loc["bicubic", "mean"] > psnr.loc["nearest", "mean"] > 15
    assert "hr" not in psnr.index  # infinite PSNR is kept out
    epe = record.clips.dropna(subset=["flow_epe"]).groupby("method")["flow_epe"].mean()
    assert epe["hr"] == 0 < epe["bicubic"]
    assert len(list((tmp_path / "run" / "pictures").glob("*.png"))) == 3
    assert record.info["status"] == "running" and record.info["environment"]["decoder"].startswith("PyAV")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("shape", r"clip clip_0: ContractError: upscale returned shape \(8, 3, 32, 39\); expected \(8, 3, 32, 40\)"),
        ("nan", "clip clip_0: ContractError: upscale returned 1 values that are NaN or infinite"),
        ("raise", "clip clip_0: RuntimeError: out of cheese"),
    ],
)
def test_a_method_that_goes_wrong_fails_alone(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path], fault: str, reason: str
) -> None:
    request = Request(benchmark, sr=f"odd:fault={fault},nearest", data=made_clips())
    listener = do_run(request, registry, tmp_path / "run")
    cells = harness.load_run(tmp_path / "run").cells
    failed = cells[cells["status"] == "failed"]
    assert set(failed["method"]) == {f"odd:fault={fault}"} and len(failed) == len(benchmark.probes)
    assert failed["reason"].str.fullmatch(reason).all()
    log = tmp_path / "run" / "cells" / failed["cell"].iloc[0] / failed["error_log"].iloc[0]
    assert "Traceback" in log.read_text()
    assert set(cells[cells["status"] == "ok"]["method"]) == {"hr", "bicubic", "nearest"}
    assert listener.clips == 3 * 6 + 1  # the failed method is not asked again


def test_a_method_that_cannot_be_built_fails_alone(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    do_run(Request(benchmark, sr="broken", data=made_clips()), registry, tmp_path / "run")
    cells = harness.load_run(tmp_path / "run").cells.groupby("method")
    assert set(cells.get_group("broken")["reason"]) == {"OSError: no such accelerator"}
    assert set(cells.get_group("bicubic")["status"]) == {"ok"}


def test_an_unreadable_clip_is_recorded_and_the_others_are_measured(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    data = made_clips()
    whole = (data / "test" / "clip_2.mp4").read_bytes()
    (data / "test" / "clip_2.mp4").write_bytes(whole[: len(whole) // 2])
    request = Request(benchmark, sr="bicubic", data=data)
    do_run(request, registry, tmp_path / "run")
    record = harness.load_run(tmp_path / "run")
    assert set(record.cells["status"]) == {"failed"}
    assert record.cells["reason"].str.contains("1 of 6 clips unreadable.*clip_2").all()
    assert set(record.clips["clip"]) == {f"clip_{i}" for i in (0, 1, 3, 4, 5)}


def test_an_unreadable_clip_costs_its_rows_alone_where_that_is_asked_for(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    data, out = made_clips(), tmp_path / "run"
    whole = (data / "test" / "clip_2.mp4").read_bytes()
    (data / "test" / "clip_2.mp4").write_bytes(whole[: len(whole) // 2])
    strict = Request(benchmark, sr="bicubic", data=data)
    lenient = replace(strict, skip_unreadable=True)
    do_run(lenient, registry, out)
    record = harness.load_run(out)
    assert set(record.cells["status"]) == {"ok"} and set(record.cells["clips"]) == {5}
    board = build(record)
    assert {row.clips for row in board.rows} == {5}
    assert board.protocol["clips"].startswith("all 6 of the split, 1 of them unreadable")
    assert [n for n in board.notes if n.startswith("1 of 6 clips cannot be read and are left out of every row: clip")]

    assert do_run(lenient, registry, out).clips == 0, "nothing is left to do"
    do_run(strict, registry, out)
    assert set(harness.load_run(out).cells["status"]) == {"failed"}
    assert harness.load_run(out).cells["reason"].str.contains("--skip-unreadable scores the others").all()
    do_run(lenient, registry, out)
    assert set(harness.load_run(out).cells["status"]) == {"ok"}
    assert [row.flat() for row in build(harness.load_run(out)).rows] == [row.flat() for row in board.rows]


def test_the_same_command_resumes_and_more_methods_can_be_added(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    data, out = made_clips(), tmp_path / "run"
    first = do_run(Request(benchmark, sr="bicubic", data=data), registry, out)
    assert first.clips == 12
    again = do_run(Request(benchmark, sr="bicubic", data=data), registry, out)
    assert again.clips == 0
    more = do_run(Request(benchmark, sr="nearest", data=data), registry, out)
    assert more.clips == 6
    record = harness.load_run(out)
    assert set(record.cells["method"]) == {"hr", "bicubic", "nearest"}
    last = do_run(Request(benchmark, sr="bicubic", data=data), registry, out)
    assert last.clips == 0 and len(harness.load_run(out).cells) == len(record.cells)


def test_a_killed_run_resumes_where_it_stopped(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    class Killed(Silent):
        def clip_done(self, method: str, seconds: float) -> None:
            super().clip_done(method, seconds)
            if self.clips == 7:
                raise KeyboardInterrupt

    data = made_clips()
    request = Request(benchmark, sr="nearest", data=data)
    do_run(request, registry, tmp_path / "whole")
    context = open_context(request, registry)
    with open_run(tmp_path / "cut") as folder, pytest.raises(KeyboardInterrupt):
        record_start(context, request, folder)
        execute(context, request, folder, registry, Killed())
    rest = do_run(request, registry, tmp_path / "cut")
    assert rest.clips == 3 * 6 - 7
    timing = ["seconds", "restore_seconds", "scores"]
    tables = [harness.load_run(tmp_path / name).clips.drop(columns=timing) for name in ("whole", "cut")]
    pd.testing.assert_frame_equal(*(t.sort_values(["cell", "clip"], ignore_index=True) for t in tables))


def test_plugins_are_told_how_every_cell_ended(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    class Tracker:
        def __init__(self) -> None:
            self.told: list[tuple[str, str]] = []

        @hookimpl
        def harness_cell_finished(self, run: RunFolder, cell: Cell, status: str) -> None:
            assert run.cell(cell.id).outcome["status"] == status
            self.told.append((cell.method.label, status))

    tracker = Tracker()
    registry.register(tracker, "tracker")
    probes = benchmark.model_copy(update={"probes": ["psnr_y"]})
    do_run(Request(probes, sr="broken", data=made_clips()), registry, tmp_path / "run")
    assert sorted(tracker.told) == [("bicubic", "ok"), ("broken", "failed"), ("hr", "ok")]


def test_a_folder_of_another_benchmark_is_refused(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    data = made_clips()
    do_run(Request(benchmark, sr="bicubic", data=data), registry, tmp_path / "run")
    other = benchmark.model_copy(update={"name": "other"})
    with pytest.raises(RunFolderError, match="holds a run of mini-2; choose another --out, or --no-resume"):
        do_run(Request(other, sr="bicubic", data=data), registry, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["plan"]["clips"] == 6


def test_a_folder_starts_over_when_asked_whatever_it_held(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    data = made_clips()
    do_run(Request(benchmark, sr="nearest", data=data), registry, tmp_path / "run")
    with open_run(tmp_path / "run") as folder:
        folder.clear()
        assert not folder.cells, "and the run goes on in the folder as it is"
    do_run(Request(benchmark, sr="bicubic", data=data, limit=3), registry, tmp_path / "run")
    record = harness.load_run(tmp_path / "run")
    assert record.info["plan"]["clips"] == 3 and set(record.cells["method"]) == {"hr", "bicubic"}
    assert len(list((tmp_path / "run" / "cells").iterdir())) == len(record.cells)


def test_names_on_the_command_line_become_methods_and_pairs(registry: Registry, benchmark: Benchmark) -> None:
    names = [str(choice) for choice in wanted_methods("nearest+lanczos,psnr:a=1,b=2,nearest", registry, benchmark)]
    assert names == ["hr", "bicubic", "nearest", "lanczos", "psnr:a=1,b=2"]
    # an option at its default is not part of the label
    assert wanted_pairs("nearest + odd:clip_mean=0,hr", registry, benchmark) == ["nearest+odd"]
    with pytest.raises(UsageError, match="not a method or a pair"):
        wanted_methods("a+b+c", registry, benchmark)
    unknown = Request(replace_sr(benchmark), sr="bicubix")
    with pytest.raises(UsageError, match="Did you mean 'bicubic'"):
        open_context(unknown, registry)


def test_pairs_of_a_benchmark_belong_to_all(registry: Registry, benchmark: Benchmark) -> None:
    paired = Benchmark.model_validate({**benchmark.model_dump(), "pairs": ["lanczos+nearest", "bicubic+lanczos"]})
    names = [str(choice) for choice in wanted_methods("all", registry, paired)]
    assert names[:4] == ["hr", "bicubic", "nearest", "lanczos"] and names.count("lanczos") == 1
    assert wanted_pairs("all", registry, paired) == ["lanczos+nearest", "bicubic+lanczos"]
    assert wanted_pairs("hr+nearest,all,lanczos+nearest", registry, paired)[0] == "hr+nearest"
    assert len(wanted_pairs("hr+nearest,all,lanczos+nearest", registry, paired)) == 3
    assert wanted_pairs("nearest", registry, paired) == [] == wanted_pairs("all", registry, benchmark)
    for wrong in ("nearest", "a+b+c", "+a"):
        with pytest.raises(ValueError, match=r"pairs\.0"):
            Benchmark.model_validate({**benchmark.model_dump(), "pairs": [wrong]})


def test_a_benchmarks_pair_is_a_row_that_says_when_a_method_of_it_was_skipped(
    tmp_path: Path, registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    tsn = load_benchmark("mini-2").recognizers["tsn"]
    paired = benchmark.model_copy(
        update={"pairs": ["nearest+vdsr"], "probes": [], "recognizers": {"tsn": tsn}, "weights": "none-such"}
    )
    do_run(Request(paired, sr="all", data=made_clips()), registry, tmp_path / "run")
    board = build(harness.load_run(tmp_path / "run"))
    (row,) = [record for record in board.records if record["sr"] == "nearest+vdsr"]
    assert row["status"] == "skipped" and "none-such" in row["reason"]


def test_cells_record_the_family_of_their_method(
    tmp_path: Path, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    file = tmp_path / "family.py"
    file.write_text(FAMILY)
    quick = benchmark.model_copy(update={"probes": ["psnr_y"], "sr": ["hr", "bicubic", "repeat"]})
    do_run(Request(quick, data=made_clips()), load_registry([file]), tmp_path / "run")
    cells = harness.load_run(tmp_path / "run").cells.set_index("method")
    assert cells.loc["repeat", "family"] == "interpolation"


def replace_sr(benchmark: Benchmark) -> Benchmark:
    return benchmark.model_copy(update={"sr": ["hr"]})
