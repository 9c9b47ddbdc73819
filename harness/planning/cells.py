"""What a run consists of: parts, cells with their identity, and the plan that holds them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.contracts import Clip
from harness.errors import UsageError
from harness.imports import resolve_import
from harness.planning.benchmark import Benchmark
from harness.specs import OWN_FILES, OptionValue, ProbeSpec, RecognizerSpec, Spec, SRMethodSpec, Weights

FORMAT_VERSION = 1
"""Part of every cell's identity: raise it when the meaning of stored numbers changes."""


JOINT = "joint"


FLOW_STREAMS = ("temporal", JOINT)


@dataclass(frozen=True)
class Part:
    """A method, a probe or a recogniser's stream: its declaration, options in force, and checkpoint."""

    label: str
    spec: SRMethodSpec | ProbeSpec | RecognizerSpec
    options: Mapping[str, OptionValue]
    weights: Weights | None = None
    stream: str | None = None
    missing: str | None = None
    """Why it cannot run here, with the command that mends it; None when it can."""
    note: str = ""
    """What the leaderboard's header says of a recogniser's scores besides its options."""

    def identity(self) -> dict[str, Any]:
        """What of this part changes numbers."""
        return {
            "name": self.spec.name,
            "stream": self.stream,
            "options": {k: _by_content(self.spec, k, v, self.stream) for k, v in sorted(self.options.items())},
            "weights": self.weights.sha256 if self.weights else None,
        }


@dataclass(frozen=True)
class Cell:
    """One cell of the grid."""

    id: str
    method: Part
    probe: Part
    identity: Mapping[str, Any]
    temporal: Part | None = None
    """Joint streams only: the method whose flow is looked at, beside the frames of `method`."""

    @property
    def methods(self) -> Sequence[Part]:
        """The methods it needs, each once."""
        other = self.temporal is not None and self.temporal.label != self.method.label
        return [self.method, self.temporal] if other and self.temporal else [self.method]

    @property
    def label(self) -> str:
        """Its method, or pair of methods, as the leaderboard names it."""
        return "+".join(part.label for part in self.methods)

    @property
    def skipped(self) -> str | None:
        """Why the cell is skipped, or None."""
        return next((part.missing for part in (*self.methods, self.probe) if part.missing), None)


@dataclass(frozen=True)
class Plan:
    """The cells of a run and the clips they see."""

    benchmark: Benchmark
    clips: Sequence[Clip]
    dataset_clips: int
    classes: Sequence[str]
    methods: Sequence[Part]
    probes: Sequence[Part]
    cells: Sequence[Cell]
    pairs: Sequence[str]
    protocol: Mapping[str, str]


def cell_id(identity: Mapping[str, Any]) -> str:
    """Slug and hash of a cell's identity, from a plan or from a stored record."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    method, probe = identity["method"]["name"], identity["probe"]
    temporal = identity.get("temporal", identity["method"])["name"]
    pair = method if temporal == method else f"{method}+{temporal}"
    slug = "-".join(str(part) for part in (pair, probe["name"], probe["stream"]) if part)
    return f"{re.sub(r'[^A-Za-z0-9-]+', '_', slug)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def uses_flow(probe: Part) -> bool:
    """Whether the flow estimator changes a probe's numbers."""
    return probe.stream in FLOW_STREAMS or (isinstance(probe.spec, ProbeSpec) and probe.spec.uses_flow)


def _by_content(spec: Spec, option: str, value: OptionValue, stream: str | None) -> OptionValue:
    """A file given by option counts by its content, so that the same path with other content is another cell.

    ``{stream}`` in it stands for the stream, as recognisers with one file a stream have it.
    """
    if not value or not (option in OWN_FILES or option in spec.digests):
        return value
    text = str(value).replace("{stream}", stream or "")
    if option in spec.digests:
        return str(resolve_import(spec.digests[option])(text))
    file = Path(text)
    if not file.is_file():
        raise UsageError(f"{option}={value}: no such file")
    return hashlib.sha256(file.read_bytes()).hexdigest()
