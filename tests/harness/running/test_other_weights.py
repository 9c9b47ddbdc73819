"""Which checkpoints were used in place of the benchmark's own stands above the table, whatever command used them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.leaderboard.table import build
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start


class Silent(Listener):
    def clip_done(self, method: str, seconds: float) -> None:
        pass

    def cell_finished(self, cell: object, status: str, reason: str | None) -> None:
        assert status == "ok", reason


def test_the_header_names_them_for_the_methods_of_the_table(
    made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    benchmark = load_benchmark(str(small_benchmark(tmp_path, weights=["ucf101", "mini-2"])))
    data, registry = made_clips(classes=1, per_class=1), load_registry()
    for sr in ("vdsr", "lanczos"):
        request = Request(benchmark, sr=sr, data=data, device="cpu")
        context = open_context(request, registry)
        with open_run(tmp_path / "run") as folder:
            record_start(context, request, folder)
            execute(context, request, folder, registry, Silent())
        header = build(load_run(tmp_path / "run")).protocol
        assert header["weights"] == "the benchmark's own, but for vdsr mini-2 (trained on mini-2/train)"
