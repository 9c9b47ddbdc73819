"""Whatever a plugin does to the process it is in, other cells keep their numbers, bit for bit."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest
import torch

from harness.errors import ContractError
from harness.planning.benchmark import Benchmark
from harness.planning.selecting import Request
from harness.running.guarding import contained, guarded, hand_over, held, remark_on_changes
from harness.running.reading import load_run
from harness.running.settings import SHARED, THREADS, read

HERE = Path(__file__).with_name("misbehaving.py")
specification = importlib.util.spec_from_file_location("misbehaving_deeds", HERE)
assert specification and specification.loader
deeds = importlib.util.module_from_spec(specification)
specification.loader.exec_module(deeds)
STREAMS = {"stdout", "descriptor", "stdout replaced"}
"""What pytest would not survive in this process."""
SILENT = {"random numbers"}
"""What is put back without a word."""
TIMED = ["seconds", "restore_seconds"]


def numbers(out: Path, methods: set[str]) -> pd.DataFrame:
    clips = load_run(out).clips
    kept = clips[clips["method"].isin(methods)].drop(columns=[*TIMED], errors="ignore")
    return kept.sort_values(["method", "probe", "clip"], ignore_index=True)


@pytest.mark.parametrize("change", sorted(deeds.CHANGES.keys() - STREAMS))
def test_what_a_call_changes_is_put_back_and_noted(change: str) -> None:
    owner = object()
    with held():
        before = read(SHARED), read(THREADS)
        for _ in range(2):
            with guarded(owner):
                deeds.CHANGES[change]()
            assert (read(SHARED), read(THREADS)) == before
    assert bool(remark_on_changes(owner)) == (change not in SILENT)


def test_a_call_in_a_thread_of_its_own_is_not_blamed_for_handlers_of_signals() -> None:
    """As clips are read ahead of a GPU."""
    owner = object()

    def call() -> None:
        with guarded(owner):
            pass

    with held():
        thread = Thread(target=call)
        thread.start()
        thread.join()
    assert "signal" not in (remark_on_changes(owner) or "")


def test_a_call_inside_another_begins_as_every_call_and_leaves_the_outer_one_its_state() -> None:
    import torch

    with held(), guarded("outer"):
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(3)
        first = torch.rand(1)
        torch.manual_seed(3)
        with guarded("inner"):
            assert torch.get_default_dtype() is torch.float32
            inner = torch.rand(1)
        assert torch.get_default_dtype() is torch.float64 and torch.equal(torch.rand(1), first)
    with held(), guarded("alone"):
        assert torch.equal(torch.rand(1), inner)
    assert torch.get_default_dtype() is torch.float32


def test_what_a_constructor_changed_is_noted_of_what_it_made_but_for_what_imports_change() -> None:
    part, built = object(), object()
    with held(), guarded(part):
        deeds.CHANGES["default dtype"]()
        deeds.CHANGES["warnings"]()
    hand_over(part, built)
    assert remark_on_changes(built) == "it changed torch's default dtype, put back after each call"
    assert remark_on_changes(part) is None


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C ends what is done, also where tests were started in the background, which passes on that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_only_the_ctrl_c_of_the_user_is_none_of_a_plugins_business() -> None:
    with pytest.raises(ContractError, match="raised KeyboardInterrupt: ; a plugin reports"), held(), guarded("it"):
        raise KeyboardInterrupt
    with pytest.raises(ContractError, match="raised SystemExit: 0"), contained():
        raise SystemExit(0)
    with pytest.raises(KeyboardInterrupt), held(), guarded("it"):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), held(), guarded("it"), suppress(BaseException):  # as plugins do
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_autocast_that_is_left_open_keeps_no_weights_of_before() -> None:
    layer, given = torch.nn.Linear(4, 4), torch.ones(1, 4)
    with held(), guarded("it"):
        torch.autocast("cpu", torch.bfloat16).__enter__()
    found = []
    for weight in (1.0, 2.0):
        torch.nn.init.constant_(layer.weight, weight)
        with torch.autocast("cpu", torch.bfloat16):
            found.append(layer(given))
    assert float((found[1] - found[0]).mean()) == pytest.approx(4.0, rel=0.02)


def test_other_methods_keep_their_numbers_bit_for_bit(
    tmp_path: Path, small: Benchmark, do_run: Callable[..., Any], made_clips: Callable[..., Path]
) -> None:
    others = {"hr", "bicubic", "vdsr", "drawing"}
    request = Request(small, sr="vdsr,drawing", data=made_clips(classes=2, per_class=1))
    do_run(request, tmp_path / "alone")
    # `recursion` would fail what is done in a few frames less than pytest has, which no plugin could
    changes = [f"bad:deed={change}" for change in sorted(deeds.CHANGES.keys() - STREAMS - {"recursion"})]
    listener = do_run(replace(request, sr=",".join([*changes, "vdsr,drawing"])), tmp_path / "together")
    pd.testing.assert_frame_equal(*(numbers(tmp_path / run, others) for run in ("alone", "together")), check_exact=True)
    assert {listener.finished[f"{method} x psnr_y"] for method in others} == {"ok"}
    cells = load_run(tmp_path / "together").cells
    remarks = cells[cells["remarks"].notna()].drop_duplicates("method").set_index("method")["remarks"]
    assert "torch's default dtype" in remarks["bad:deed=default dtype"]["bad:deed=default dtype"]
    assert not set(remarks.index) & others


def test_whatever_is_raised_fails_its_own_cells_alone(
    tmp_path: Path, small: Benchmark, do_run: Callable[..., Any], made_clips: Callable[..., Path]
) -> None:
    raised = {
        "sys.exit": "SystemExit: 0", "os._exit": "SystemExit: 0", "KeyboardInterrupt": "raised KeyboardInterrupt",
        "GeneratorExit": "raised GeneratorExit",
        "BaseException": "raised _Own: mine", "surrogate": r"ValueError: \ud800",
        "silent": "_Silent: (its message cannot be shown: SystemExit)",
    }  # fmt: skip
    sr = ",".join(f"bad:deed={deed},bad:built={deed}" for deed in raised)
    benchmark = small.model_copy(update={"probes": ["psnr_y", "fragile", *(f"fragile:deed={d}" for d in raised)]})
    do_run(Request(benchmark, sr=f"{sr},far", data=made_clips(classes=2, per_class=1)), tmp_path / "run")
    cells = load_run(tmp_path / "run").cells
    for deed, reason in raised.items():
        concerned = cells[cells["method"].isin([f"bad:deed={deed}", f"bad:built={deed}"])]
        assert set(concerned["status"]) == {"failed"} and concerned["reason"].str.contains(reason, regex=False).all()
        of_probe = cells[cells["probe"] == f"fragile:deed={deed}"]
        assert set(of_probe["status"]) == {"failed"}
    fine = cells[cells["method"].isin(["hr", "bicubic", "far"]) & cells["probe"].isin(["psnr_y", "fragile"])]
    assert set(fine["status"]) == {"ok"} and len(fine) == 6


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("uint8", "upscale returned uint8 numbers; expected floating point, values in [0, 1]"),
        ("int64", "upscale returned int64 numbers; expected floating point, values in [0, 1]"),
        ("0..255", "expected [0, 1], where 1 is white"),
        ("numpy", "upscale returned a ndarray; expected a tensor of values in [0, 1] of shape (8, 3, 32, 40)"),
        ("None", "upscale returned a NoneType; expected a tensor"),
        ("infinite", "values that are NaN or infinite"),
    ],
)
def test_what_comes_back_is_checked(
    tmp_path: Path, small: Benchmark, do_run: Callable[..., Any], made_clips: Callable[..., Path], result: str,
    reason: str,
) -> None:  # fmt: skip
    benchmark = small.model_copy(update={"probes": ["psnr_y"]})
    do_run(Request(benchmark, sr=f"bad:result={result}", data=made_clips(1, 1)), tmp_path / "run")
    (told,) = load_run(tmp_path / "run").cells.set_index("method").loc[[f"bad:result={result}"], "reason"]
    assert reason in told


def test_a_run_ends_with_a_leaderboard_whatever_is_done_to_its_streams_and_processes(
    tmp_path: Path, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path]
) -> None:
    done = ["stdout", "descriptor", "stdout replaced", "fork", "os._exit"]
    sr = ",".join(f"bad:deed={deed}" for deed in done)
    arguments = ["--benchmark", small_benchmark(tmp_path), "--data", made_clips(1, 1), "--out", tmp_path / "run"]
    command = [sys.executable, "-m", "harness.cli.main", "run", *map(str, arguments), "--sr", sr, "--plugin", str(HERE)]
    found = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "300"})
    assert found.returncode == 1, found.stderr
    assert "6 cells ok, 1 failed" in found.stdout and "put back after each call" in found.stdout
    assert found.stdout.count("cells ok") == 1, "what was forked has ended"


def test_a_plugin_file_that_ends_the_program_does_not_end_it_well(tmp_path: Path) -> None:
    (tmp_path / "quits.py").write_text("import sys\nsys.exit(0)\n")
    command = [sys.executable, "-m", "harness.cli.main", "run", "--plugin", str(tmp_path / "quits.py"), "--dry-run"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 1 and "quits.py: SystemExit: 0" in found.stderr
