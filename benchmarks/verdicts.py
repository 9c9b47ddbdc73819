"""What a trained SR network must reach, and whether it does."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Row = Mapping[str, Any]
"""A network: its `name`, `family`, `gain` in dB over bicubic, `lpips`, and `peak` in dB over HR; None for a number that
could not be measured."""
GateName = Literal["pixel", "several frames", "perceptual", "chessboard"]


@dataclass(frozen=True)
class Gate:
    """What networks of a family, or of any, must reach."""

    text: str
    family: str
    key: str
    """The number of a row that counts."""
    passes: Callable[[float, float], bool]
    """Called with the number and its bound."""
    bound: float | None = None
    """None where it is another network's number."""


GATES: Mapping[GateName, Gate] = {
    "pixel": Gate("a pixel network gains at least 1.5 dB PSNR-Y over bicubic", "pixel", "gain", operator.ge, 1.5),
    "several frames": Gate(
        "a network that sees several frames gains more than the best pixel network, which sees one",
        "multi-frame", "gain", operator.gt,
    ),
    "perceptual": Gate(
        "a perceptual network has a lower LPIPS than its pixel network", "perceptual", "lpips", operator.lt
    ),
    "chessboard": Gate(
        "spectral peaks at the frequencies of the pixel shuffle are at most 3 dB above those of HR frames",
        "", "peak", operator.le, 3.0,
    ),
}  # fmt: skip


class Comparison(BaseModel):
    """The file ``comparisons/BENCHMARK.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partners: dict[str, str] = {}
    """Of a perceptual network the row of its pixel network."""
    notes: dict[GateName, dict[str, str]] = {}
    """Why a network misses a gate, by gate and network."""

    def family(self, row: str, declared: str) -> str:
        """A partner is a pixel network, even where its method is declared to be perceptual."""
        return "pixel" if row in self.partners.values() else declared


@dataclass(frozen=True)
class Verdict:
    """Whether a network passes a gate, and the note that excuses it if it does not."""

    gate: GateName
    network: str
    measured: float | None
    bound: float | None
    against: str
    """The network whose number is the bound; empty for a fixed one."""
    holds: bool
    note: str


def verdicts(rows: Sequence[Row], comparison: Comparison) -> list[Verdict]:
    """A verdict for every gate that is meant for a network, gate by gate. What was not measured does not hold."""
    return [
        _judge(name, row, rows, comparison)
        for name, gate in GATES.items()
        for row in rows
        if gate.family in ("", row["family"])
    ]


def _judge(name: GateName, row: Row, rows: Sequence[Row], comparison: Comparison) -> Verdict:
    gate, against = GATES[name], ""
    bound, measured = gate.bound, row[gate.key]
    if bound is None:
        single = [other for other in rows if other["family"] == "pixel" and other["gain"] is not None]
        gains = {other["name"]: other["gain"] for other in single}
        best = max(gains, key=lambda other: gains[other], default="")
        against = best if name == "several frames" else comparison.partners.get(row["name"], "")
        bound = next((other[gate.key] for other in rows if other["name"] == against), None)
    holds = measured is not None and bound is not None and gate.passes(measured, bound)
    note = comparison.notes.get(name, {}).get(row["name"], "")
    return Verdict(name, row["name"], measured, bound, against, holds, note)
