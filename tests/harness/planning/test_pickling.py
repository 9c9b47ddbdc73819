"""Whatever another process may have to be told of a run can be pickled."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import HOOKS, load_registry, registry
from harness.running.context import open_context
from harness.running.loop import Work
from harness.specs import Spec

DECLARATIONS = [spec for kind in HOOKS for spec in registry().all(kind).values()]


@pytest.mark.parametrize("spec", DECLARATIONS, ids=lambda spec: f"{type(spec).__name__}-{spec.name}")
def test_every_declaration_survives_pickle(spec: Spec) -> None:
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_a_plan_and_the_work_in_it_survive_pickle() -> None:
    plan = open_context(Request(load_benchmark("mini-2")), load_registry()).plan
    work = Work(plan, plan.cells, {plan.cells[0].id: frozenset({"a"})})
    copy = pickle.loads(pickle.dumps(work))
    assert copy == work and [cell.id for cell in copy.cells] == [cell.id for cell in plan.cells]


def test_the_cells_of_mini_2_keep_their_ids() -> None:
    """Stored results are found again by them; whoever changes what results mean raises the format version."""
    plan = open_context(Request(load_benchmark("mini-2")), load_registry()).plan
    known = Path(__file__).with_name("mini_2_cell_ids.txt").read_text().split()
    assert sorted(cell.id for cell in plan.cells) == known
