"""What a run consists of: parts, cells with their identity, and the plan that holds them.

A cell is one SR method seen by one probe on one data set split under one protocol. Its id is a readable slug and a
hash over everything that affects its results, and nothing else (not device, batch size or number of workers).
`cell_id` is the one function that computes it, from a plan as well as from a record. All of it can be pickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from harness.choice import Choice
from harness.contracts import Clip
from harness.errors import UsageError
from harness.files import sha256
from harness.imports import resolve_import
from harness.planning.benchmark import Benchmark
from harness.planning.computing import USUAL, Computing
from harness.specs import (
    FLOW_STREAMS,
    JOINT,
    OWN_FILES,
    SECOND_VIEW,
    DatasetSpec,
    DegradationSpec,
    FlowSpec,
    NetworkSpec,
    OptionValue,
    ProbeSpec,
    Spec,
    SRMethodSpec,
    Weights,
)

Declared = TypeVar("Declared", bound=Spec, covariant=True)
FORMAT_VERSION = 1
"""Part of every cell's identity: raise it when the meaning of stored numbers changes."""


@dataclass(frozen=True)
class Part(Generic[Declared]):
    """Something that was chosen by name: its declaration, options in force, and checkpoint.

    Methods, probes and recognisers' streams, and the flow estimator, degradation and data set of a benchmark.
    """

    label: str
    spec: Declared
    options: Mapping[str, OptionValue]
    weights: Weights | None = None
    stream: str | None = None
    code: str | None = None
    """Digest of the code of a third party's plugin; None for what comes with the project."""
    missing: str | None = None
    """Why it cannot run here, with the command that fixes it; None if it can."""
    note: str = ""
    """What the leaderboard's header says about a recogniser's scores in addition to its options."""
    computing: Computing = USUAL
    """How its network computes."""
    scale: int | None = None
    """What it enlarges by where it is one of several steps; None for the benchmark's scale."""
    then: Part[Declared] | None = None
    """An SR method's next step, which restores what this one made."""
    second_view: str | None = None
    """Digest of the clips' second views, for an SR method that looks at them."""

    @property
    def steps(self) -> Sequence[Part[Declared]]:
        """Itself, and the steps after it."""
        return (self, *(self.then.steps if self.then else ()))

    def identity(self) -> dict[str, Any]:
        """The fields that affect results. Raises `UsageError` for a file that is gone."""
        return {
            "name": self.spec.name,
            "stream": self.stream,
            "options": self._contents(),
            "weights": self.weights.sha256 if self.weights else None,
            **({"code": self.code} if self.code else {}),
            **self.computing.facts(),
            **({"scale": self.scale} if self.scale else {}),
            **({"then": self.then.identity()} if self.then else {}),
            **({SECOND_VIEW: self.second_view} if self.second_view else {}),
        }

    def text(self) -> str:
        """`identity` in one line, as the leaderboard's header shows it: name, all options, and the checkpoint."""
        shown = str(Choice(self.spec.name, tuple(self._contents().items())))
        facts = [f"weights {self.weights.tag}, sha256 {self.weights.sha256[:12]}"] if self.weights else []
        facts += [f"code {self.code[:12]}"] if self.code else []
        return f"{shown} ({'; '.join(facts)})" if facts else shown

    def _contents(self) -> dict[str, OptionValue]:
        later = {name: self.spec.options.get(name) for name in self.spec.later}
        counted = {name: value for name, value in self.options.items() if name not in later or value != later[name]}
        return {name: _by_content(self.spec, name, value, self.stream) for name, value in sorted(counted.items())}


@dataclass(frozen=True)
class Cell:
    """One cell of the grid."""

    id: str
    method: Part[SRMethodSpec]
    probe: Part[NetworkSpec]
    identity: Mapping[str, Any]
    temporal: Part[SRMethodSpec] | None = None
    """Joint streams only: the method whose flow is used, with the frames of `method`."""
    flow: Part[FlowSpec] | None = None
    """The flow estimator, if it affects the probe's numbers."""

    @property
    def methods(self) -> Sequence[Part[SRMethodSpec]]:
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
        if len({part.steps[-1].spec.at_lr_rate for part in self.methods}) > 1:
            return "its methods show different moments of a clip, and a joint stream looks at both at once"
        parts: list[Part[Spec]] = [*self.methods, self.probe, *([self.flow] if self.flow else [])]
        return next((part.missing for part in parts if part.missing), None)


@dataclass(frozen=True)
class Plan:
    """The cells of a run and the clips they see."""

    benchmark: Benchmark
    dataset: Part[DatasetSpec]
    clips: Sequence[Clip]
    clips_digest: str
    """Of their ids, labels, groups and content (`harness.datasets.digests.split_digest`)."""
    dataset_clips: int
    classes: Sequence[str]
    degradation: Part[DegradationSpec] | None
    """None for clips that are low-resolution by nature."""
    flow: Part[FlowSpec]
    methods: Sequence[Part[SRMethodSpec]]
    probes: Sequence[Part[NetworkSpec]]
    cells: Sequence[Cell]
    pairs: Sequence[str]
    protocol: Mapping[str, str]
    computing: Computing = USUAL
    """How networks compute: what all cells share, so that no table mixes two ways."""

    @property
    def parts(self) -> Sequence[Part[NetworkSpec]]:
        """Everything that may be missing."""
        return (*self.methods, *self.probes, self.flow)


def cell_id(identity: Mapping[str, Any]) -> str:
    """Slug and hash of a cell's identity, from a plan or from a stored record."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    method, probe = identity["method"]["name"], identity["probe"]
    temporal = identity.get("temporal", identity["method"])["name"]
    pair = method if temporal == method else f"{method}+{temporal}"
    slug = "-".join(str(part) for part in (pair, probe["name"], probe["stream"]) if part)
    return f"{re.sub(r'[^A-Za-z0-9-]+', '_', slug)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def names_in(identity: Mapping[str, Any]) -> list[str]:
    """Names of the methods, step by step, and of the probe or recogniser in a cell's identity, as they are declared."""
    parts = [identity[key] for key in ("method", "temporal", "probe") if identity.get(key)]
    names = []
    for part in parts:
        while part:
            names.append(part["name"])
            part = part.get("then")
    return list(dict.fromkeys(names))


def uses_flow(probe: Part[Spec]) -> bool:
    """Whether the flow estimator changes a probe's numbers."""
    return probe.stream in FLOW_STREAMS or (isinstance(probe.spec, ProbeSpec) and probe.spec.uses_flow)


def _by_content(spec: Spec, option: str, value: OptionValue, stream: str | None) -> OptionValue:
    """A file given by option counts by its content, so that the same path with other content is another cell.

    ``{stream}`` in it stands for the stream, for recognisers with one file per stream; what it stands for where a
    joint stream is built of files of two, the digest of its option knows.
    """
    if not value or not (option in OWN_FILES or option in spec.digests):
        return value
    text = str(value) if stream == JOINT else str(value).replace("{stream}", stream or "")
    if option in spec.digests:
        return str(resolve_import(spec.digests[option])(text))
    file = Path(text).expanduser()
    if not file.is_file():
        raise UsageError(f"{option}={value}: no such file")
    try:
        return sha256(file)
    except OSError as error:
        raise UsageError(f"{option}={value}: cannot be read: {error.strerror}") from error
