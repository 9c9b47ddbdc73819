"""One table, one protocol: which cells of a run folder belong together, and what becomes of the others.

Cells of every protocol stay in the folder. `run.json` is about the latest command; what it said of an earlier protocol
is kept as ``protocols/NAME.json``, from which the table of that protocol can be shown again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.planning.cells import FORMAT_VERSION, Plan
from harness.planning.plan import setting_of
from harness.running.store import RunFolder

HOW = ("precision", "tile", "compiled")
"""What is recorded of how networks compute where that is not as usual."""
Facts = Mapping[str, Any]
"""What a `cell.json` says."""


def belongs(facts: Facts, plan: Plan) -> bool:
    """Whether a stored cell was computed under the plan's protocol, by its own identity."""
    identity = facts.get("identity", {})
    setting = setting_of(plan.benchmark, plan.degradation, plan.clips_digest)
    shared = {"version": FORMAT_VERSION, **setting, **dict.fromkeys(HOW), **plan.computing.facts()}
    probes = {cell.probe.label: cell.identity["probe"] for cell in plan.cells}
    return (
        all(identity.get(key) == value for key, value in shared.items())
        and identity.get("flow") in (None, plan.flow.text())
        and probes.get(facts["probe"], identity["probe"]) == identity["probe"]
    )


def kept_cells(plan: Plan, folder: RunFolder, listed: Sequence[str]) -> list[str]:
    """Cells of earlier commands that stay in the table: of the same protocol, and not in the plan in another form.

    `listed` are those of the last table; they go before others of their name, such as those of a plugin's older code.
    """
    mine = {cell.id for cell in plan.cells}
    taken = {(c.method.label, c.temporal.label if c.temporal else None, c.probe.label) for c in plan.cells}
    kept = []
    for cell_id in dict.fromkeys((*listed, *folder.cells)):
        facts = folder.cell(cell_id).outcome if cell_id not in mine else {}
        if not facts or not belongs(facts, plan):
            continue
        name = facts["method"], facts["temporal"], facts["probe"]
        if name not in taken:
            kept.append(cell_id)
            taken.add(name)
    return kept


def archive(info: Mapping[str, Any], plan: Plan, folder: RunFolder) -> None:
    """Keep what `run.json` said of another protocol, if it has cells that do not belong to the plan's."""
    if foreign(info, plan, folder):
        folder.write_protocol(name_of(info), info)


def foreign(info: Mapping[str, Any], plan: Plan, folder: RunFolder) -> list[str]:
    """The cells of a table that do not belong to the plan's protocol."""
    facts = {cell_id: folder.cell(cell_id).outcome for cell_id in info["cells"]}
    return [cell_id for cell_id, said in facts.items() if said and not belongs(said, plan)]


def left_out(plan: Plan, folder: RunFolder) -> dict[str, int]:
    """Numbers of cells of other protocols, by the name under which their table can be shown."""
    found = {name: foreign(folder.protocol(name), plan, folder) for name in folder.protocols}
    return {name: len(cells) for name, cells in found.items() if cells}


def name_of(info: Mapping[str, Any]) -> str:
    """A short name for the protocol of a table."""
    text = json.dumps([info["benchmark"], info["protocol"], info["plan"]["split_digest"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
