"""The facts that a run folder keeps: of a cell, and of one clip that a cell has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pydantic import ConfigDict

from harness.contracts import Clip
from harness.errors import ContractError
from harness.planning.cells import Cell

Row = dict[str, Any]
"""``clip``, ``label`` and ``group``, then a probe's numbers and arrays (as lists), and ``seconds``."""


@dataclass(frozen=True)
class CellFacts:
    """What `cell.json` says of a cell whatever its outcome."""

    cell: str
    """Its id, which `harness.planning.cells.cell_id` computes from `identity`."""
    identity: Mapping[str, Any]
    method: str
    temporal: str | None
    """Joint streams: the method whose flow it saw."""
    probe: str
    recognizer: str | None
    stream: str | None
    summary: str
    """What its method is, in words."""
    family: str
    note: str | None
    """How its networks differ from the published ones."""
    probe_name: str

    @classmethod
    def of(cls, cell: Cell) -> CellFacts:
        stream, method = cell.probe.stream, cell.method
        steps = [step for part in cell.methods for step in part.steps]
        notes = [step.weights.note for step in steps if step.weights and step.weights.note]
        return cls(
            cell=cell.id,
            identity=cell.identity,
            method=method.label,
            temporal=cell.temporal.label if cell.temporal else None,
            probe=cell.probe.label,
            recognizer=cell.probe.label.removesuffix(f".{stream}") if stream else None,
            stream=stream,
            summary="; then ".join(step.spec.summary for step in method.steps),
            family=method.spec.family,
            note="; ".join(notes) or None,
            probe_name=cell.probe.spec.name,
        )

    def record(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class CellEnd:
    """What `cell.json` says in addition of how a cell ended."""

    status: str
    """``running``, ``ok``, ``failed`` or ``skipped``."""
    reason: str | None = None
    """Why it failed or was skipped, in one line, with a remedy if there is one."""
    error_log: str | None = None
    """File beside `cell.json` with the traceback of a failed cell."""
    clips: int | None = None
    """Number of rows of a complete cell."""
    unreadable: Mapping[str, str] | None = None
    """Clips that a complete cell lacks because they cannot be read (``--skip-unreadable``), with the reasons."""
    digest: str | None = None
    """sha256 of the `clips.parquet` of a complete cell."""
    params: int | None = None
    """Parameters of its method's network, 0 if it has none."""
    device: str | None = None
    remarks: Mapping[str, str] | None = None
    """What its results depend on that no option says, such as tiles after memory ran out, by method."""


@dataclass(frozen=True)
class CellFile(CellEnd, CellFacts):
    """A whole `cell.json`."""

    check: str | None = None
    """Checksum of all other facts (`harness.running.sealed`)."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True, extra="forbid")


CELL_COLUMNS = tuple(item.name for item in fields(CellFile) if item.name not in ("identity", "check", "digest"))
"""A cell as a row of a table."""


def make_row(clip: Clip, numbers: Mapping[str, float | int | None], arrays: Mapping[str, Any], seconds: float) -> Row:
    """One row of a cell. Raises `ContractError` for what is neither a finite number nor None."""
    plain = {key: _plain(key, value) for key, value in numbers.items()}
    lists = {key: [float(v) for v in array.reshape(-1)] for key, array in arrays.items()}
    for key, values in lists.items():
        if not all(abs(v) < float("inf") for v in values):
            raise ContractError(f"{key} contains NaN or infinite values")
    facts = {"clip": clip.id, "label": clip.label, "group": clip.group}
    return {**facts, **plain, **lists, "seconds": round(seconds, 6)}


def _plain(key: str, value: object) -> float | int | None:
    """A number of Python, which can be written down."""
    if callable(item := getattr(value, "item", None)):  # a number of numpy, or in a tensor
        value = item()
    if value is None or (isinstance(value, int | float) and abs(value) < float("inf")):
        return value
    raise ContractError(f"{key} is {value!r}; a probe returns finite numbers, or None where undefined")
