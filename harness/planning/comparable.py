"""Published numbers beside measured ones, only if everything that affects results is known to be the same.

A table is a CSV file, one number a line. Its columns `dataset`, `split`, `clips`, `scale`, `degradation`, `flow`,
`fusion` and `recognizer` (with the options of its protocol) say for which protocol a number holds; a run that differs
in any of them, that scores part of the split, or whose networks differ from the published ones, is not compared.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.choice import all_options, convert, parse_choice
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.specs import OFFICIAL, SCORED, NetworkSpec, RecognizerSpec

if TYPE_CHECKING:
    from harness.planning.benchmark import Benchmark
    from harness.planning.cells import Part, Plan

COLUMNS = (
    "system", "dataset", "split", "clips", "scale", "degradation", "flow", "fusion", "recognizer", "stream", "method",
    "top1", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """One published number: accuracy in percent of a stream of a recogniser on what a method (or pair) restored."""

    protocol: tuple[str, ...]
    """Data set, split, number of clips, scale, degradation and flow, as the file spells them."""
    fusion: tuple[float, float]
    recognizer: str
    stream: str
    method: str
    top1: float
    source: str


def read_published(name_or_path: str) -> list[Number]:
    """Read a table. Raises `UsageError` naming file, line and rule."""
    path = Path(name_or_path)
    path = path if len(path.parts) > 1 else benchmarks_folder() / "published" / name_or_path
    if not path.is_file():
        raise UsageError(f"published: {path} does not exist; name a file of benchmarks/published or a path to one")
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise UsageError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}")
        return [_number(row, f"{path}, line {reader.line_num}") for row in reader]


def _number(row: Mapping[Any, Any], where: str) -> Number:
    values = {key: str(row[key] or "") for key in COLUMNS}
    if None in row or not all(values.values()):
        raise UsageError(f"{where}: all {len(COLUMNS)} fields must be given")
    if values["stream"] not in SCORED:
        raise UsageError(f"{where}: stream {values['stream']!r}; one of {', '.join(SCORED)}")
    try:
        spatial, temporal = map(float, values["fusion"].split(":"))
        top1 = float(values["top1"])
    except ValueError:
        raise UsageError(f"{where}: fusion is like 1:1.5, and top1 a number in percent") from None
    protocol = tuple(values[key] for key in COLUMNS[1:7])
    recognizer, stream, method = (values[key] for key in ("recognizer", "stream", "method"))
    return Number(protocol, (spatial, temporal), recognizer, stream, method, top1, values["source"])


def comparable(plan: Plan) -> dict[str, Any] | None:
    """Which of the benchmark's published numbers a run may be compared with, for its record; None without a table.

    `numbers` are those of the same protocol (recogniser, stream, method, top1), `sources` where they come from, and
    `reasons` say why others are left out.
    """
    benchmark = plan.benchmark
    if benchmark.published is None:
        return None
    table = read_published(benchmark.published)
    mine = (
        benchmark.dataset, benchmark.split, str(len(plan.clips)), str(benchmark.scale), benchmark.degradation,
        benchmark.flow,
    )  # fmt: skip
    here = [n for n in table if n.protocol == mine]
    sources = list(dict.fromkeys(n.source for n in here or table))
    if not here:
        return {"numbers": [], "sources": sources, "reasons": [_other_protocol(table, mine)]}
    reasons: dict[str, None] = {}
    streams = [part for part in plan.probes if isinstance(part.spec, RecognizerSpec)]
    recognizers = _same_recognizers(streams, here, benchmark, reasons)
    named = {name for n in here for name in n.method.split("+")}
    wanted = [part for part in plan.methods if part.spec.name in named]
    methods = {part.label for part in wanted if not _reason(part, {}, benchmark, reasons)}
    numbers = [
        {"recognizer": parse_choice(n.recognizer).name, "stream": n.stream, "method": n.method, "top1": n.top1}
        for n in here
        if (parse_choice(n.recognizer).name, n.stream) in recognizers
        and set(n.method.split("+")) <= methods
        and (n.stream != "fusion" or n.fusion == benchmark.fusion)
    ]
    return {"numbers": numbers, "sources": sources, "reasons": list(reasons)}


def joined(now: dict[str, Any] | None, before: dict[str, Any] | None, plan: Plan) -> dict[str, Any] | None:
    """What `comparable` says of a plan, with what it said of methods and recognisers of earlier commands."""
    if now is None or before is None:
        return now
    methods = {part.label for part in plan.methods}
    recognizers = {part.spec.name for part in plan.probes}
    kept = [
        number
        for number in before["numbers"]
        if not (number["recognizer"] in recognizers and set(number["method"].split("+")) <= methods)
    ]
    labels = {part.label for part in (*plan.methods, *plan.probes)}
    reasons = [text for text in before["reasons"] if text.partition(": ")[0] not in labels]
    return {**now, "numbers": [*now["numbers"], *kept], "reasons": list(dict.fromkeys([*now["reasons"], *reasons]))}


def _other_protocol(table: Sequence[Number], mine: Sequence[str]) -> str:
    names = ("data set", "split", "number of clips", "scale", "degradation", "flow")
    nearest = max(table, key=lambda n: sum(a == b for a, b in zip(n.protocol, mine, strict=True)))
    different = [
        f"{name} {there} (here {here})"
        for name, there, here in zip(names, nearest.protocol, mine, strict=True)
        if there != here
    ]
    return f"they are for another protocol: {', '.join(different)}"


def _same_recognizers(
    streams: Sequence[Part[NetworkSpec]], here: Iterable[Number], benchmark: Benchmark, reasons: dict[str, None]
) -> set[tuple[str, str]]:
    """Recognisers' streams that are the published ones, including the fusion if both are."""
    wanted = {parse_choice(n.recognizer).name: parse_choice(n.recognizer).mapping for n in here}
    same = {
        (part.spec.name, str(part.stream))
        for part in streams
        if part.spec.name in wanted and not _reason(part, wanted[part.spec.name], benchmark, reasons)
    }
    fused = {name for name, _ in same if {(name, "spatial"), (name, "temporal")} <= same}
    return same | {(name, "fusion") for name in fused}


def _reason(
    part: Part[NetworkSpec], wanted: Mapping[str, Any], benchmark: Benchmark, reasons: dict[str, None]
) -> str | None:
    """Why a method or stream is not the published one; added to `reasons`, unless it cannot run here anyway."""
    found = part.missing or _difference(part, wanted, benchmark)
    if found and not part.missing:
        reasons[f"{part.label}: {found}"] = None
    return found


def _difference(part: Part[NetworkSpec], wanted: Mapping[str, Any], benchmark: Benchmark) -> str | None:
    implied = part.weights.options if part.weights else {}
    expected = all_options(parse_choice(part.spec.name), part.spec, implied)
    expected |= {key: convert(value, expected.get(key), key) for key, value in wanted.items()}
    for key in sorted(expected.keys() | part.options.keys()):
        if part.options.get(key) != expected.get(key):
            return f"{key}={part.options.get(key)} is not the published protocol's {expected.get(key)}"
    if part.weights is None:
        return None
    trained = f"{parse_choice(benchmark.dataset).name}/{benchmark.train_split}"
    if part.weights.note:
        return f"its network is not the published one ({part.weights.note})"
    if part.weights.tag != OFFICIAL and not part.weights.as_published:
        return f"its checkpoint {part.weights.tag} is not declared to be the published network (--as-published)"
    if isinstance(part.spec, RecognizerSpec) and part.weights.tag != OFFICIAL and part.weights.trained_on != trained:
        return f"its checkpoint was trained on {part.weights.trained_on}, not on {trained}"
    return None
