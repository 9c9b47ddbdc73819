from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.errors import ReplacedError, UnknownNameError, UsageError
from harness.paths import benchmarks_folder
from harness.planning.benchmark import find_benchmark, load_benchmark
from harness.planning.resolving import degradation_part
from harness.registry import load_registry


@pytest.mark.parametrize("path", sorted(benchmarks_folder().glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_benchmark_is_valid(path: Path) -> None:
    benchmark = load_benchmark(path.stem)
    assert benchmark.name == path.stem
    if benchmark.has_hr:
        part = degradation_part(benchmark, load_registry())
        assert part.options["scale"] == benchmark.scale and part.spec.name in benchmark.degradation


def changed(tmp_path: Path, **changes: object) -> str:
    data = yaml.safe_load(find_benchmark("mini-2").read_text())
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in {**data, **changes}.items() if v is not None}))
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale": "four"}, r"mine\.yaml: 1 mistake.*\n  scale: .*integer.*found 'four'"),
        ({"split": None}, r"split: Field required"),
        ({"colour": "red"}, r"colour: Extra inputs are not permitted, found 'red'"),
        ({"fusion": [1, -2]}, r"fusion.1: .*greater than or equal to 0, found -2"),
        ({"weights": []}, r"weights.*at least 1 item"),
        ({"weights": 5}, r"weights.*found 5"),
        ({"probes": "psnr_y"}, r"probes: .*list, found 'psnr_y'"),
    ],
)
def test_a_mistake_names_file_key_and_rule(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_benchmark(changed(tmp_path, **changes))


def test_degradation_of_another_scale_is_refused(tmp_path: Path) -> None:
    benchmark = load_benchmark(changed(tmp_path, degradation="bicubic:scale=2"))
    with pytest.raises(UsageError, match="has scale 2, but scale is 4; write bicubic:scale=4"):
        degradation_part(benchmark, load_registry())


def test_unknown_and_missing_benchmarks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'mini-2'"):
        load_benchmark("mnii")
    with pytest.raises(ReplacedError, match="the benchmark 'mini' is gone: use 'mini-2', which took its place"):
        load_benchmark("mini")
    with pytest.raises(UsageError, match="does not exist"):
        load_benchmark(str(tmp_path / "none.yaml"))
    (tmp_path / "list.yaml").write_text("- a\n- b\n")
    with pytest.raises(UsageError, match=r"expected a mapping.*found list"):
        load_benchmark(str(tmp_path / "list.yaml"))
    (tmp_path / "broken.yaml").write_text("name: [")
    with pytest.raises(UsageError, match="not YAML"):
        load_benchmark(str(tmp_path / "broken.yaml"))
