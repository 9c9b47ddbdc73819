"""Options that came after results were stored change a cell's identity only where they are used."""

from __future__ import annotations

import pytest

from harness.planning.benchmark import load_benchmark
from harness.planning.plan import method_part, probe_part
from harness.registry import registry


@pytest.mark.parametrize("name", ["psnr_y", "ssim_y"])
def test_todays_default_is_the_identity_of_before(name: str) -> None:
    benchmark = load_benchmark("mini-2")
    before = {"name": name, "stream": None, "options": {"samples": 0}, "weights": None}
    for text in (name, f"{name}:crop_border=-1", f"{name}:shave=0,crop_border=-1"):
        assert probe_part(text, registry(), benchmark).identity() == before
    without = probe_part(f"{name}:crop_border=0", registry(), benchmark)
    assert without.identity() == {**before, "options": {"crop_border": 0, "samples": 0}}
    assert without.options == {"crop_border": 0, "samples": 0, "shave": 0}
    assert without.text() == f"{name}:crop_border=0,samples=0"


def test_a_method_counts_one_where_it_is_set() -> None:
    benchmark = load_benchmark("mini-2")
    plain, black = (method_part(text, registry(), benchmark) for text in ("duf16", "duf16:black_ends=true"))
    assert "black_ends" not in plain.identity()["options"] and plain.options["black_ends"] is False
    assert black.identity()["options"] == {**plain.identity()["options"], "black_ends": True}
