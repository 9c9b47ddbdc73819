"""How networks compute is part of the identity of cells and of the header, but only where it is not as usual."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.planning.benchmark import load_benchmark
from harness.planning.cells import Plan
from harness.planning.computing import USUAL, Computing
from harness.planning.selecting import Request
from harness.registry import registry
from harness.running.context import open_context
from harness.specs import FlowSpec, NetworkSpec, ProbeSpec, RecognizerSpec, SRMethodSpec


def plan(device: str = "cpu", **computing: Any) -> Plan:
    request = Request(load_benchmark("mini-2"), "vdsr", limit=12, device=device, computing=Computing(**computing))
    return open_context(request, registry()).plan


@pytest.fixture(scope="module")
def usual() -> Plan:
    return plan()


def ids(plan: Plan) -> set[str]:
    return {cell.id for cell in plan.cells}


def test_fp32_and_auto_on_a_processor_are_as_ever(usual: Plan) -> None:
    assert ids(plan(precision="auto")) == ids(plan(precision="fp32")) == ids(usual)
    assert not {"precision", "tiles"} & usual.protocol.keys()


@pytest.mark.parametrize("computing", [{"precision": "bf16"}, {"precision": "fp16"}, {"tile": 32}], ids=str)
def test_other_ways_to_compute_make_other_cells(usual: Plan, computing: dict[str, Any]) -> None:
    other = plan(**computing)
    assert not ids(other) & ids(usual)
    methods = {cell.method.label: cell.identity["method"] for cell in other.cells}
    assert computing.items() <= methods["vdsr"].items()
    assert not computing.keys() & methods["bicubic"].keys()  # which is no network
    assert all(computing.items() <= cell.identity.items() for cell in other.cells)  # no table mixes two ways


def test_recognisers_have_a_precision_and_no_tiles() -> None:
    probes = {cell.probe.label: cell.identity["probe"] for cell in plan(precision="bf16", tile=32).cells}
    assert probes["tsn.spatial"]["precision"] == "bf16" and "tile" not in probes["tsn.spatial"]
    assert "precision" not in probes["psnr_y"]


def test_the_header_says_it() -> None:
    protocol = plan(precision="bf16", tile=48).protocol
    assert protocol["precision"] == "bf16, SR networks and recognisers"
    assert protocol["tiles"] == "48 LR pixels a side and an overlap, SR networks"


@pytest.mark.parametrize("kind", [SRMethodSpec, RecognizerSpec])
def test_auto_is_what_is_declared_as_safe_on_a_gpu(kind: type[NetworkSpec]) -> None:
    auto, spec = Computing("auto"), kind("mine", "a network", "mine:build", needs_weights=True)
    safe = replace(spec, half="fp16")
    assert auto.of(safe, "cuda:1") == Computing("fp16")
    assert auto.of(safe, "cpu") == auto.of(spec, "cuda") == USUAL
    assert Computing("bf16").of(spec, "cpu") == Computing("bf16")


@pytest.mark.parametrize("kind", [FlowSpec, ProbeSpec])
def test_other_networks_compute_as_ever(kind: type[NetworkSpec]) -> None:
    spec = kind("mine", "a network", "mine:build", needs_weights=True, half="fp16")
    assert Computing("bf16", 32).of(spec, "cuda") == USUAL


def test_auto_that_chose_half_for_one_network_is_another_protocol() -> None:
    auto = Computing("auto")
    assert auto.seen_in({"fp32"}) == USUAL
    assert auto.seen_in({"fp32", "fp16"}) == auto
