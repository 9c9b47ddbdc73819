"""`harness benchmarks`: which protocols there are, and what each consists of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.help import Group
from harness.cli.options import AsJson, PluginFiles
from harness.terminal import tell

if TYPE_CHECKING:
    from harness.planning.benchmark import Benchmark
    from harness.planning.cells import Part

EXAMPLES = """
Examples:

  harness benchmarks list                       names, data sets, whether the clips are here

  harness benchmarks show mini-2                its file, methods and recognisers, and which weights are missing

  harness benchmarks show my.yaml --data ~/clips

  harness schema benchmark                      JSON schema of such files, for editors
"""
HERE = "here"
app = typer.Typer(
    name="benchmarks", help="List and show benchmarks, the protocols that runs follow.", no_args_is_help=True,
    epilog=EXAMPLES, rich_markup_mode=None, cls=Group,
)  # fmt: skip


@app.command("list", epilog=EXAMPLES)
def list_benchmarks(as_json: AsJson = False, plugin: PluginFiles = None) -> None:
    """Every benchmark that comes with the project; a file of your own is named by its path."""
    from harness.planning.benchmark import load_benchmark, shipped_benchmarks

    rows = [_row(load_benchmark(name), file) for name, file in shipped_benchmarks().items()]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        tell(f"{row['name']:{width}}  {row['title']}")
        state = row["data"] if row["data"].endswith(HERE) else "not here"
        tell(f"{'':{width}}  {row['dataset']}, split {row['split']}: {state}")
    tell("\nHow to get what is not here: harness benchmarks show NAME")


@app.command(epilog=EXAMPLES)
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped benchmark, or a .yaml file.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")] = None,
    as_json: AsJson = False,
    plugin: PluginFiles = None,
) -> None:
    """Show the file with every key in force, and whether clips and weights are here."""
    from harness.planning.benchmark import find_benchmark, load_benchmark

    benchmark = load_benchmark(name)
    facts = {
        "file": str(find_benchmark(name).absolute()),
        "benchmark": benchmark.model_dump(mode="json"),
        "data": _data_state(benchmark, data),
        "parts": _part_states(benchmark),
    }
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    for line in _lines(facts):
        tell(line)


def _row(benchmark: Benchmark, file: Path) -> dict[str, Any]:
    keys = ("name", "title", "dataset", "split", "scale")
    facts = {key: getattr(benchmark, key) for key in keys}
    return {**facts, "file": str(file), "data": _data_state(benchmark, None)}


def _data_state(benchmark: Benchmark, data: Path | None) -> str:
    """How many clips the scored split has here, or why there are none, with what helps."""
    from harness.contracts import Listing
    from harness.errors import HarnessError
    from harness.planning.resolving import open_dataset
    from harness.registry import registry

    try:
        dataset = open_dataset(benchmark.dataset, registry(), data)
        listed = dataset.entries if isinstance(dataset, Listing) else dataset.clips
        return f"{len(listed(benchmark.split))} clips are {HERE}"
    except HarnessError as error:
        return str(error)


def _part_states(benchmark: Benchmark) -> list[dict[str, str]]:
    """Every method, recogniser, probe and the flow estimator, with what it lacks here."""
    from harness.planning.naming import wanted_methods
    from harness.planning.plan import method_part, probe_part, stream_parts
    from harness.planning.resolving import flow_part
    from harness.registry import registry
    from harness.syntax import ALL

    known = registry()
    methods = [method_part(choice, known, benchmark) for choice in wanted_methods(ALL, known, benchmark)]
    streams = [part for name in benchmark.recognizers for part in stream_parts(name, known, benchmark)]
    probes = [probe_part(text, known, benchmark) for text in benchmark.probes]
    flow = [flow_part(benchmark.flow, known, benchmark.tags)]
    kinds: dict[str, list[Part[Any]]] = {
        "SR method": [*methods], "recogniser": [*streams], "probe": [*probes], "flow estimator": [*flow],
    }  # fmt: skip
    return [
        {"kind": kind, "name": part.label, "state": part.missing or _weights_of(part)}
        for kind, parts in kinds.items()
        for part in parts
    ]


def _weights_of(part: Part[Any]) -> str:
    return f"weights {part.weights.tag} are {HERE}" if part.weights else HERE


def _lines(facts: dict[str, Any]) -> list[str]:
    """The file's keys one a line, then data, then every part."""
    import yaml

    settings = yaml.safe_dump(facts["benchmark"], sort_keys=False, allow_unicode=True, width=100).rstrip()
    lines = [f"file: {facts['file']}", f"data: {facts['data']}", "", settings]
    kind = ""
    for part in facts["parts"]:
        if part["kind"] != kind:
            kind = part["kind"]
            lines += ["", f"{kind}s:"]
        lines.append(f"  {part['name']}: {part['state']}")
    return lines
