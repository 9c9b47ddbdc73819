from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.planning.benchmark import load_benchmark
from harness.planning.resolving import open_dataset
from harness.planning.selecting import Request, make_plan
from harness.registry import load_registry


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        (["psnr_y"], "border of 4 px cropped"),
        (["psnr_y:crop_border=0"], "border of 4 px cropped, unless a probe's options say otherwise"),
    ],
)
def test_the_header_says_whether_another_border_may_be_cropped(
    made_clips: Callable[..., Path], probes: list[str], said: str
) -> None:
    benchmark = load_benchmark("mini-2").model_copy(update={"recognizers": {}, "pairs": [], "probes": probes})
    request = Request(benchmark, sr="bicubic", data=made_clips())
    registry = load_registry()
    dataset = open_dataset(benchmark.dataset, registry, request.data)
    protocol = make_plan(request, registry, dataset).protocol
    assert protocol["picture quality"].endswith(said)
    assert protocol.get("probes", "psnr_y") == ", ".join(probes)
