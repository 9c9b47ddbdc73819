"""Fillers repeat or mix the frames around a time, keep the contract, and are demanded where frames are dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from harness.checks import check_sr_method, require
from harness.checks.interpolator import check_interpolator
from harness.cli.main import app
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Cell
from harness.planning.naming import wanted_methods
from harness.planning.plan import method_part, stream_parts
from harness.registry import load_registry
from harness.upscale import method_for
from harness_frame_rate.fillers import Blend, Hold

CPU = torch.device("cpu")
CLIP = torch.rand(5, 3, 20, 24, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def half_rate() -> Benchmark:
    return load_benchmark("mini-2-half-rate")


@pytest.mark.parametrize("kind", [Hold, Blend])
def test_they_keep_the_contract(kind: type[Hold] | type[Blend]) -> None:
    filler = kind(scale=1, device=CPU)
    require([*check_sr_method(filler, scale=1), *check_interpolator(filler, scale=1)])


def test_hold_repeats_every_frame_at_half_the_rate_and_takes_the_nearest_at_others() -> None:
    hold = Hold(scale=1, device=CPU)
    assert torch.equal(hold.upscale(CLIP, [0.0, 0.5, 1.0, 1.5]), CLIP[[0, 0, 1, 1]])
    assert torch.equal(hold.upscale(CLIP, [0.0, 0.25, 0.5, 0.75, 4.0]), CLIP[[0, 0, 0, 1, 4]])


def test_blend_weights_both_sides_by_time_and_leaves_frames_alone() -> None:
    made = Blend(scale=1, device=CPU).upscale(CLIP, [1.0, 1.25, 1.5, 4.0])
    expected = torch.stack([CLIP[1], 0.75 * CLIP[1] + 0.25 * CLIP[2], (CLIP[1] + CLIP[2]) / 2, CLIP[4]])
    torch.testing.assert_close(made, expected)
    assert torch.equal(made[[0, 3]], CLIP[[1, 4]])


def test_a_method_without_filler_is_refused_where_frames_are_dropped(half_rate: Benchmark) -> None:
    with pytest.raises(UsageError) as error:
        method_part("bicubic", load_registry(), half_rate)
    assert str(error.value).startswith(
        "bicubic: benchmark mini-2-half-rate drops frames, and bicubic makes none; add a filler: 'bicubic|blend', "
    )
    assert "'bicubic|hold'" in str(error.value) and "|unfilled'" in str(error.value) and "tpsr" not in str(error.value)


@pytest.mark.parametrize("text", ["hold|bicubic", "bicubic|hold|blend"])
def test_a_filler_is_the_last_step(half_rate: Benchmark, text: str) -> None:
    with pytest.raises(UsageError, match="hold makes frames between, and has to be the last step"):
        method_part(text, load_registry(), half_rate)


def test_a_floor_without_filler_is_refused_in_the_name_of_its_file(half_rate: Benchmark) -> None:
    bare = half_rate.model_copy(update={"floor": "bicubic"})
    with pytest.raises(UsageError, match=r"its floor bicubic makes none; .* such as floor: bicubic\|blend$"):
        wanted_methods("hr", load_registry(), bare)
    assert list(map(str, wanted_methods("hr", load_registry(), half_rate))) == ["hr", "bicubic|hold"]


def test_of_other_plugins_all_takes_what_fits_the_benchmark_alone(half_rate: Benchmark, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from harness.hookspecs import hookimpl\nfrom harness.specs import SRMethodSpec\n\n@hookimpl\n"
        "def harness_sr_methods():\n    yield SRMethodSpec('plain', 'x', 'y:z')\n"
        "    yield SRMethodSpec('between', 'x', 'y:z', interpolates=True)\n"
    )
    known = load_registry([file])
    found = set(map(str, wanted_methods("all", known, half_rate)))
    assert "between" in found and "plain" not in found
    whole = set(map(str, wanted_methods("all", known, load_benchmark("mini-2"))))
    assert "plain" in whole and "between" not in whole


def test_a_filler_is_refused_where_nothing_was_dropped() -> None:
    with pytest.raises(UsageError, match=r"^bicubic\|hold: hold makes .* mini-2 drops none; leave it out$"):
        method_part("bicubic|hold", load_registry(), load_benchmark("mini-2"))


def test_ceiling_and_frames_restored_elsewhere_need_no_filler(half_rate: Benchmark, tmp_path: Path) -> None:
    for text in ("hr", f"files:root={tmp_path},tool=x-1", "bicubic|hold", "bicubic|unfilled"):
        assert method_part(text, load_registry(), half_rate).label.startswith(text.partition(":")[0])


def test_a_joint_stream_does_not_see_frames_and_flow_of_different_moments(half_rate: Benchmark) -> None:
    known = load_registry()
    (stream,) = stream_parts("stresnet", known, half_rate)
    hold, blend, bare = (method_part(f"bicubic|{name}", known, half_rate) for name in ("hold", "blend", "unfilled"))
    reasons = [Cell("id", hold, replace(stream, missing=None), {}, other).skipped for other in (blend, bare)]
    assert reasons[0] is None and str(reasons[1]).startswith("its methods show different moments of a clip")


def test_a_video_is_not_given_a_filler() -> None:
    with pytest.raises(UsageError, match="and a video drops none; leave it out"):
        method_for("bicubic|hold", load_registry(), scale=4)


def test_the_command_refuses_it_in_one_sentence(small_benchmark: Callable[..., Path], tmp_path: Path) -> None:
    file = small_benchmark(tmp_path, degradation="frame_rate:scale=4", sr=["hr", "bicubic|hold"], floor="bicubic|hold")
    done = CliRunner().invoke(app, ["run", "--benchmark", str(file), "--sr", "span", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and "span: benchmark small drops frames" in done.stderr
