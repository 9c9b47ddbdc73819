"""What ``--sr`` stands for and what its rows are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Plan
from harness.planning.naming import wanted_methods, wanted_pairs
from harness.planning.resolving import open_dataset
from harness.planning.selecting import Request, make_plan
from harness.registry import Registry, load_registry

Planner = Callable[..., Plan]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    small = {"sr": ["mine=vdsr:num_layer=3", "nearest"], "pairs": ["mine+nearest"], "probes": ["psnr_y"]}
    return load_benchmark("mini-2").model_copy(update={**small, "recognizers": {}})


@pytest.fixture
def planned(registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]) -> Planner:
    data = made_clips(classes=2, per_class=1)

    def plan(text: str, **changes: object) -> Plan:
        changed = benchmark.model_copy(update=changes)
        return make_plan(Request(changed, text, data=data), registry, open_dataset("mini-2", registry, data))

    return plan


def test_labels_of_file_and_command_stand_for_their_methods(registry: Registry, benchmark: Benchmark) -> None:
    assert [str(choice) for choice in wanted_methods("all", registry, benchmark)][2:] == [
        "mine=vdsr:num_layer=3",
        "nearest",
    ]
    assert wanted_pairs("all", registry, benchmark) == ["mine+nearest"]
    [*_, one, other] = wanted_methods("lanczos+mine", registry, benchmark)
    assert one.name == "lanczos" and other.mapping == {"num_layer": "3"}
    again = "mine=edsr:num_block=1,mine+nearest"
    assert [choice.name for choice in wanted_methods(again, registry, benchmark)][2:] == ["edsr", "nearest"]
    assert wanted_pairs(again, registry, benchmark) == ["mine+nearest"]


def test_a_label_names_the_row_and_no_cell(planned: Planner) -> None:
    plain, labelled = planned("nearest"), planned("near by=nearest")
    assert [part.label for part in labelled.methods] == ["hr", "bicubic", "near by"]
    assert [cell.id for cell in labelled.cells] == [cell.id for cell in plain.cells]


@pytest.mark.parametrize(
    ("sr", "message"),
    [
        ("a=vdsr,a=edsr", r"'a' names two rows, vdsr.* and edsr.*; call one of them something else"),
        ("edsr=vdsr:num_layer=3", "'edsr' is the name of another method; choose another label"),
        ("floor=bicubic", "'bicubic' and 'floor' are the same, by options and contents; leave one out"),
        ("basicsr", "'basicsr' needs the option arch: write basicsr:arch=RRDBNet"),
        ("basicsr:arch=RRDBNet,num_feat=wide", "basicsr:num_feat=wide: expected int, such as 64"),
        ("vdsr:colour=red", "unknown option of 'vdsr' 'colour'"),
        ("vdsr:checkpoint=no,x4+.pth", r'unknown SR method \'x4\'.*write checkpoint="no,x4\+\.pth"'),
        ("mine[0]=vdsr", r"'mine\[0\]' is no label"),
    ],
)
def test_what_cannot_be_run_stops_the_plan(planned: Planner, sr: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        planned(sr)


def test_one_method_spelt_in_two_ways_is_one_row(planned: Planner) -> None:
    assert [part.label for part in planned("tosr:arch=duf16,lanczos+tosr").methods][2:] == ["tosr", "lanczos"]


def test_a_checkpoint_with_separators_in_its_name_is_found(planned: Planner, tmp_path: Path) -> None:
    file = tmp_path / "my,x4+ [a]=b.pth"
    file.write_bytes(b"weights")
    [*_, method] = planned(f"vdsr:checkpoint={file},num_layer=3").methods
    assert method.options["checkpoint"] == str(file) and method.options["num_layer"] == 3
    [*_, method] = planned("all", sr=[f"own=vdsr:checkpoint={file}"], pairs=[]).methods
    assert method.label == "own" and method.options["checkpoint"] == str(file)
