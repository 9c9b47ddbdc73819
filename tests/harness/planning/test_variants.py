"""A benchmark of several degradations: one of each, for every seed where something is drawn."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.hookspecs import hookimpl
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.variants import folder_name, variants
from harness.registry import Registry, load_registry
from harness.specs import DegradationSpec


class Drawing:
    @hookimpl
    def harness_degradations(self) -> list[DegradationSpec]:
        options = {"scale": 4, "seed": 0}
        return [DegradationSpec("drawn", "draws", "harness.methods:Bicubic", options=options)]


@pytest.fixture
def drawing() -> Registry:
    known = load_registry()
    spec = Drawing().harness_degradations()[0]
    known._specs[DegradationSpec]["drawn"] = spec
    known.owners[DegradationSpec, "drawn"] = "test"
    return known


def with_(degradations: list[str], **keys: object) -> Benchmark:
    return load_benchmark("mini-2").model_copy(update={"degradations": degradations, **keys})


def test_one_degradation_has_no_variants(drawing: Registry) -> None:
    assert variants(load_benchmark("mini-2"), drawing) == {}


def test_what_draws_is_run_for_every_seed(drawing: Registry) -> None:
    benchmark = with_(["bicubic:scale=4", "drawn:scale=4", "drawn:scale=4,seed=7"], seeds=[1, 2])
    found = variants(benchmark, drawing)
    texts = {name: [one.degradation for one in each] for name, each in found.items()}
    assert texts == {
        "bicubic:scale=4": ["bicubic:scale=4"],
        "drawn:scale=4": ["drawn:scale=4,seed=1", "drawn:scale=4,seed=2"],
        "drawn:scale=4,seed=7": ["drawn:scale=4,seed=7"],
    }
    every = [one for each in found.values() for one in each]
    assert all(one.degradations == [] and one.degradation in one.title for one in every)
    assert len({folder_name(one) for one in every}) == len(every)
    assert folder_name(found["bicubic:scale=4"][0]) == "bicubic-scale-4"


def test_the_same_degradation_twice_is_refused(drawing: Registry) -> None:
    with pytest.raises(UsageError, match=r"'bicubic:scale=4' is there twice"):
        variants(with_(["bicubic:scale=4", "bicubic:scale=4"]), drawing)
