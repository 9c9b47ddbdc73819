from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.datasets.annotated import AnnotatedDataset
from harness.errors import UnknownNameError, UsageError
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Part, cell_id
from harness.planning.plan import (
    method_part,
    other_weights,
    plan_cells,
    probe_part,
    refuse_other_folds,
    refuse_training_clips,
    setting_of,
)
from harness.planning.resolving import degradation_part, flow_part, open_dataset
from harness.planning.selecting import Request, make_plan
from harness.registry import Registry, load_registry
from harness.specs import RecognizerSpec, Weights


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return load_benchmark("mini-2")


def ids(registry: Registry, benchmark: Benchmark, digest: str = "d") -> list[str]:
    methods = [method_part(name, registry, benchmark) for name in ("bicubic", "hr")]
    probes = [probe_part(name, registry, benchmark) for name in ("psnr_y", "flow_quality")]
    setting = setting_of(benchmark, degradation_part(benchmark, registry), digest)
    flow = flow_part(benchmark.flow, registry, "mini-2")
    return [cell.id for cell in plan_cells(methods, probes, setting, flow)]


def test_identity_changes_with_what_changes_numbers(registry: Registry, benchmark: Benchmark) -> None:
    before = ids(registry, benchmark)
    assert len(set(before)) == 4 and before[0].startswith("bicubic-psnr_y-")
    assert ids(registry, benchmark) == before
    assert not set(ids(registry, benchmark, digest="other clips")) & set(before)
    blurred = benchmark.model_copy(update={"degradation": "gaussian:scale=4"})
    assert not set(ids(registry, blurred)) & set(before)


def test_flow_is_part_of_the_cells_that_use_it_only(registry: Registry, benchmark: Benchmark) -> None:
    other = benchmark.model_copy(update={"flow": "farneback"})
    kept = set(ids(registry, other)) & set(ids(registry, benchmark))
    assert {i.rsplit("-", 1)[0] for i in kept} == {"bicubic-psnr_y", "hr-psnr_y"}


def test_identity_ignores_what_does_not_change_numbers(registry: Registry, benchmark: Benchmark) -> None:
    other = benchmark.model_copy(update={"title": "new words", "notes": ["more"], "sr": ["hr"], "fusion": (1.0, 1.0)})
    assert ids(registry, other) == ids(registry, benchmark)
    explicit = benchmark.model_copy(update={"degradation": "bicubic"})  # scale=4 is the default
    assert ids(registry, explicit) == ids(registry, benchmark)


def test_id_from_the_stored_record_equals_id_from_the_plan(registry: Registry, benchmark: Benchmark) -> None:
    cells = plan_cells(
        [method_part("bicubic", registry, benchmark)],
        [probe_part("psnr_y:samples=3", registry, benchmark)],
        setting_of(benchmark, degradation_part(benchmark, registry), "d"),
        flow_part("dis", registry, "mini-2"),
    )
    assert cell_id(json.loads(json.dumps(cells[0].identity))) == cells[0].id


def test_checkpoint_counts_by_content(tmp_path: Path, registry: Registry, benchmark: Benchmark) -> None:
    file = tmp_path / "mine.pth"

    def identity() -> dict[str, object]:
        return method_part(f"vdsr:checkpoint={file}", registry, benchmark).identity()

    file.write_bytes(b"one")
    first = identity()
    file.write_bytes(b"two")
    assert identity() != first
    file.unlink()
    with pytest.raises(UsageError, match="no such file"):
        identity()


def test_scale_that_a_method_cannot_do_is_a_reason_to_skip(registry: Registry, benchmark: Benchmark) -> None:
    part = method_part("rcan", registry, benchmark.model_copy(update={"scale": 16}))
    assert part.missing is not None and "16" in part.missing


def test_a_method_without_the_first_tag_uses_the_next_and_the_plan_says_so(
    registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    several = benchmark.model_copy(update={"weights": ["ucf101", "mini-2"], "recognizers": {}, "probes": ["psnr_y"]})
    assert method_part("vdsr", registry, several) == method_part("vdsr", registry, benchmark)
    request = Request(several, sr="vdsr", data=made_clips())
    dataset = open_dataset(several.dataset, registry, request.data)
    plan = make_plan(request, registry, dataset)
    assert other_weights(plan) == {"vdsr": "mini-2 (trained on mini-2/train)"}
    alone = replace(plan, benchmark=several.model_copy(update={"weights": "mini-2"}))
    assert other_weights(alone) == {}


def test_unknown_option_gets_a_suggestion(registry: Registry, benchmark: Benchmark) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'samples'"):
        probe_part("psnr_y:sample=3", registry, benchmark)


def test_a_checkpoint_is_not_scored_on_its_own_training_clips(benchmark: Benchmark) -> None:
    weights = Weights("mini-2", "0" * 64, trained_on="mini-2/test", licence="Apache-2.0", file="harness_builtin:none")
    part = Part("tsn.spatial", RecognizerSpec("tsn", "", "x:y"), {}, weights, "spatial")
    with pytest.raises(UsageError, match="was trained on mini-2/test, the split that benchmark mini-2 scores"):
        refuse_training_clips([part], benchmark)
    refuse_training_clips([replace(part, weights=replace(weights, trained_on="mini-2/train"))], benchmark)


def test_clips_of_another_folds_training_split_are_not_scored(
    registry: Registry, benchmark: Benchmark, made_clips: Callable[..., Path]
) -> None:
    folder = made_clips()
    rows = (folder / "test.csv").read_text().splitlines()
    (folder / "train2.csv").write_text("\n".join([rows[0], *rows[3:5]]) + "\n")
    dataset = AnnotatedDataset(folder, "mini-2")
    spec = registry.get(RecognizerSpec, "tsn")
    clips = dataset.clips("test")
    others = ("mini-2/train", "other/train2", "K400")
    for trained_on, found in (("mini-2/train2", True), *((other, False) for other in others)):
        part = Part("tsn.spatial", spec, {}, Weights("w", "0", trained_on, "mine"), "spatial")
        if found:
            with pytest.raises(UsageError, match=r"on mini-2/train2, which has 2 of the 6 clips .*mini-2/train$"):
                refuse_other_folds([part], benchmark, dataset, clips)
        else:
            refuse_other_folds([part], benchmark, dataset, clips)
