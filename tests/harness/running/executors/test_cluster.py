"""Workers on Ray, started here: the same table as without them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.planning.benchmark import Benchmark
from harness.planning.selecting import Request
from harness.running.reading import load_run

pytest.importorskip("ray", reason="Ray is not installed (extra `cluster`)")


@pytest.mark.slow
def test_the_table_is_the_same_on_ray_whose_clips_are_shipped_and_whose_workers_die(
    tmp_path: Path, small: Benchmark, do_run: Callable[..., Any], board_of: Callable[[Path], Any],
    made_clips: Callable[..., Path],
) -> None:  # fmt: skip
    benchmark, data = small.model_copy(update={"probes": ["psnr_y"]}), made_clips(classes=2, per_class=1)
    do_run(Request(benchmark, sr="nearest,drawing", data=data), tmp_path / "alone")
    request = Request(benchmark, sr="nearest,drawing", data=data, executor="ray:workers=1,ship_clips=true")
    do_run(request, tmp_path / "ray")
    assert board_of(tmp_path / "ray") == board_of(tmp_path / "alone")
    assert load_run(tmp_path / "ray").info["execution"]["workers"] == 1
