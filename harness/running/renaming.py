"""What a method is called is no part of its cells: a later command may call it something else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.planning.cells import Plan
from harness.running.store import RunFolder


def rename_methods(plan: Plan, folder: RunFolder) -> None:
    """Cells that the folder holds take on what the plan calls their methods."""
    labels = {_key(cell.identity["method"]): cell.method.label for cell in plan.cells}
    for cell_id in folder.cells:
        record = folder.cell(cell_id)
        facts = record.outcome
        named = {
            place: labels.get(_key(facts["identity"].get(place)), facts.get(place))
            for place in ("method", "temporal")
            if facts.get("identity") and facts.get(place) is not None
        }
        if any(facts[place] != label for place, label in named.items()):
            record.note(named)


def _key(identity: Mapping[str, Any] | None) -> str:
    return json.dumps(identity, sort_keys=True)
