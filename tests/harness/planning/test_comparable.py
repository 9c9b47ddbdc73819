"""Which runs may be compared with published numbers, and which may not."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.contracts import Clip
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.planning.benchmark import load_benchmark
from harness.planning.cells import Part, Plan
from harness.planning.comparable import comparable, joined
from harness.planning.computing import Computing
from harness.planning.plan import method_part
from harness.planning.published import COLUMNS, find_published, read_published
from harness.planning.resolving import dataset_part, degradation_part, flow_part
from harness.registry import Registry, load_registry
from harness.specs import RecognizerSpec, Weights

TABLE = sorted((benchmarks_folder() / "published").glob("*.csv"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def plan(registry: Registry) -> Plan:
    """The plan of the paper's protocol, with the checkpoints it would have."""
    benchmark = load_benchmark("ucf101-x4")
    spec = registry.get(RecognizerSpec, "tsn")
    options = {**spec.options, **benchmark.recognizers["tsn"]}
    trained = Weights("ucf101", "0", "ucf101/train1", "mine", as_published=True)
    streams = [
        Part(f"tsn.{stream}", spec, options, replace(trained, stream=stream), stream)
        for stream in ("spatial", "temporal")
    ]
    methods = [method_part(name, registry, benchmark) for name in ("hr", "bicubic", "nearest", "sosr", "tosr")]
    methods = [replace(part, missing=None, weights=replace(trained, trained_on="x")) for part in methods]
    clips = [Clip(str(i), Path("x"), 0, "g") for i in range(3783)]
    return Plan(
        benchmark=benchmark,
        dataset=dataset_part(benchmark.dataset, registry),
        clips=clips,
        clips_digest="d",
        dataset_clips=3783,
        classes=["a"],
        degradation=degradation_part(benchmark, registry),
        flow=flow_part(benchmark.flow, registry, benchmark.weights),
        methods=methods,
        probes=streams,
        cells=[],
        pairs=benchmark.pairs,
        protocol={},
    )


def changed(plan: Plan, **changes: Any) -> Plan:
    return replace(plan, benchmark=plan.benchmark.model_copy(update=changes))


def numbers(plan: Plan) -> dict[tuple[str, str], float]:
    found = comparable(plan)
    assert found is not None
    return {(n["stream"], n["method"]): n["top1"] for n in found["numbers"]}


def reason(plan: Plan) -> str:
    found = comparable(plan)
    assert found is not None
    return "; ".join(found["reasons"])


@pytest.mark.parametrize("path", TABLE, ids=lambda path: path.stem)
def test_shipped_tables_are_valid(path: Path) -> None:
    assert read_published(path.name) == read_published(str(path)) != []


def test_table_4_of_the_paper() -> None:
    table = read_published("iccv2019-table4.csv")
    assert len(table) == 2 * 2 * (11 * 3 + 1)
    known = {(n.protocol[0], n.recognizer.partition(":")[0], n.stream, n.method): n.top1 for n in table}
    assert known["ucf101", "tsn", "fusion", "sosr+tosr"] == 92.13
    assert known["hmdb51", "st-resnet", "temporal", "tosr"] == 58.92
    assert known["hmdb51", "tsn", "spatial", "hr"] == 54.58


def test_the_papers_protocol_is_compared(plan: Plan) -> None:
    found = numbers(plan)
    assert found["spatial", "bicubic"] == 71.25 and found["fusion", "sosr+tosr"] == 92.13
    assert {method for _, method in found} == {"hr", "bicubic", "sosr", "tosr", "sosr+tosr"}
    assert reason(plan) == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": 8}, r"another protocol: scale 4 \(here 8\)"),
        ({"dataset": "ucf101:size=192x256"}, r"data set ucf101 \(here ucf101:size=192x256\)"),
        ({"split": "test2"}, r"split test1 \(here test2\)"),
        ({"degradation": "gaussian:scale=4"}, r"degradation bicubic:scale=4 \(here gaussian:scale=4\)"),
        ({"flow": "dis"}, r"flow tvl1 \(here dis\)"),
    ],
)
def test_another_protocol_is_not_compared(plan: Plan, change: dict[str, Any], message: str) -> None:
    other = changed(plan, **change)
    assert numbers(other) == {}
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(reason(other))


def test_networks_in_half_precision_or_tiles_are_not_compared(plan: Plan) -> None:
    methods = [replace(m, computing=Computing("bf16", 64)) if m.label == "sosr" else m for m in plan.methods]
    found = numbers(replace(plan, methods=methods))
    assert {method for _, method in found} == {"hr", "bicubic", "tosr"}
    assert "sosr: it computes with precision bf16, tile 64" in reason(replace(plan, methods=methods))


def test_part_of_the_split_is_not_compared(plan: Plan) -> None:
    part = replace(plan, clips=plan.clips[:154])
    assert numbers(part) == {} and "number of clips 3783 (here 154)" in reason(part)


def test_another_fusion_leaves_the_streams(plan: Plan) -> None:
    assert {stream for stream, _ in numbers(changed(plan, fusion=(1.0, 1.0)))} == {"spatial", "temporal"}


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ({"as_published": False}, {}, "tsn.spatial: its checkpoint ucf101 is not declared to be the published network"),
        ({"note": "narrow"}, {}, "tsn.spatial: its network is not the published one (narrow)"),
        ({"trained_on": "kinetics/train"}, {}, "trained on kinetics/train, not on ucf101/train1"),
        ({}, {"segments": 8}, "tsn.spatial: segments=8 is not the published protocol's 25"),
        ({}, {"checkpoint": "my.pth"}, "tsn.spatial: checkpoint=my.pth is not"),
    ],
)
def test_another_recogniser_is_not_compared(
    plan: Plan, weights: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    spatial, temporal = plan.probes
    assert spatial.weights is not None
    spatial = replace(spatial, weights=replace(spatial.weights, **weights), options={**spatial.options, **options})
    other = replace(plan, probes=[spatial, temporal])
    assert {stream for stream, _ in numbers(other)} == {"temporal"} and message in reason(other)


def test_official_weights_may_be_trained_elsewhere(plan: Plan) -> None:
    official = [
        replace(p, weights=replace(p.weights, tag="official", trained_on="K400", as_published=False))
        for p in plan.probes
        if p.weights
    ]
    assert numbers(replace(plan, probes=official)) == numbers(plan)


def test_neither_a_narrow_method_nor_its_pair_is_compared(plan: Plan) -> None:
    narrow = [
        replace(p, weights=replace(p.weights, note="16 channels")) if p.label == "sosr" and p.weights else p
        for p in plan.methods
    ]
    other = replace(plan, methods=narrow)
    assert {method for _, method in numbers(other)} == {"hr", "bicubic", "tosr"}
    assert reason(other) == "sosr: its network is not the published one (16 channels)"


def test_methods_of_an_earlier_command_keep_their_numbers(plan: Plan) -> None:
    first = replace(plan, methods=plan.methods[:4])
    second = replace(plan, methods=[*plan.methods[:2], plan.methods[4]])
    both = joined(comparable(second), comparable(first), second)
    assert both is not None
    methods = [n["method"] for n in both["numbers"] if n["stream"] == "spatial"]
    assert sorted(methods) == ["bicubic", "hr", "sosr", "tosr"]


def test_a_benchmark_without_a_table_is_not_compared(plan: Plan) -> None:
    assert comparable(changed(plan, published=None)) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stream": "joint"}, r"mine\.csv, line 2: stream 'joint'; one of spatial"),
        ({"top1": "high"}, "line 2: fusion is like 1:1.5, and top1 a number"),
        ({"fusion": "1"}, "line 2: fusion is like"),
        ({"source": ""}, "line 2: all 13 fields must be given"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with TABLE[0].open(newline="") as stream:
        row = next(csv.DictReader(stream))
    with (tmp_path / "mine.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerow({**row, **change})
    with pytest.raises(UsageError, match=message):
        read_published(str(tmp_path / "mine.csv"))


def test_a_missing_table_and_wrong_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"published: .*none\.csv does not exist"):
        find_published("none.csv", tmp_path)
    (tmp_path / "mine.csv").write_text("a,b\n")
    with pytest.raises(UsageError, match="line 1: the columns must be system,dataset"):
        read_published(str(tmp_path / "mine.csv"))
