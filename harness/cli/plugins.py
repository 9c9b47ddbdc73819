"""`harness plugins`: list, describe, write and check what can be chosen by name."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import completing
from harness.cli.help import Group
from harness.cli.options import AsJson, Device, PluginFiles
from harness.terminal import tell

if TYPE_CHECKING:
    from rich.console import Console

    from harness.checks import Check
    from harness.registry import Registry
    from harness.specs import Spec, Weights

EXAMPLES = """
Examples:

  harness plugins list         everything that can be chosen by name

  harness plugins show esrgan  options, scales, weights, citation, licence

  harness plugins new my_sr    write a package with a network, its weights and a
                               test; --kind probe for a probe, and so on

  harness plugins check my_sr  run the contract, line by line
"""
app = typer.Typer(
    cls=Group, name="plugins", help="List, show, write and check plugins.", no_args_is_help=True, epilog=EXAMPLES
)


@app.command("list", epilog=EXAMPLES)
def list_plugins(as_json: AsJson = False, plugin: PluginFiles = None) -> None:
    """List everything that can be chosen by name, by kind, and the plugins that failed to load, with their errors."""
    from harness.registry import HOOKS, KINDS, registry

    found = registry()
    rows = [
        {"kind": KINDS[kind], "name": spec.name, "summary": spec.summary, "plugin": found.owners[kind, spec.name]}
        for kind in HOOKS
        for spec in found.all(kind).values()
    ]
    if as_json:
        failures = [{"plugin": f.plugin, "error": f.error, "traceback": f.traceback} for f in found.failures]
        typer.echo(json.dumps({"declarations": rows, "failures": failures}, indent=1))
        return
    from harness.terminal import console

    screen = console()
    _print_list(screen, rows)
    _print_failures(screen, found)


@app.command(epilog=EXAMPLES)
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Any declared name.", autocompletion=completing.declared())
    ],
    plugin: PluginFiles = None,
) -> None:
    """Show everything that is declared under a name, of any kind."""
    from harness.cli.lookup import EVERY_KIND, declared
    from harness.registry import registry
    from harness.terminal import console

    screen = console()
    for spec in declared(registry(), name, EVERY_KIND):
        _print_spec(screen, spec, registry())


@app.command(epilog=EXAMPLES)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the package, and of what it declares.")],
    kind: Annotated[str, typer.Option(help="sr, recognizer, flow, probe, dataset or degradation.")] = "sr",
    out: Annotated[Path, typer.Option(help="Folder to write the package into.")] = Path(),
) -> None:
    """Write a package that works and tests itself, as a starting point: an SR method, or another kind of plugin."""
    from harness.scaffold import write_package

    for file in write_package(name, out, kind):
        tell(f"wrote {file}")
    tell(f"next: pip install -e {out / name} && harness plugins check {name}; README.md there says how to use it")


@app.command(epilog=EXAMPLES)
def check(
    name: Annotated[
        str,
        typer.Argument(
            help="Any declared name or a plugin; NAME:option=value sets options.",
            autocompletion=completing.declared(),
        ),
    ],
    scale: Annotated[int, typer.Option(min=1, help="Scale factor to check at.")] = 4,
    recognizer: Annotated[bool, typer.Option("--recognizer", help="Only the recogniser of this name.")] = False,
    device: Device = "auto",
    plugin: PluginFiles = None,
) -> None:
    """Run the contract on synthetic clips and print pass or fail line by line; exit status 1 if anything fails."""
    from harness.checks import check_declared
    from harness.choice import parse_choice, resolve
    from harness.cli.lookup import EVERY_KIND, declared
    from harness.registry import KINDS, registry
    from harness.running.build import pick_device
    from harness.specs import RecognizerSpec
    from harness.terminal import console, say

    screen = console()
    choice = parse_choice(name)
    passed = failed = missing = 0
    for spec in declared(registry(), choice.name, [RecognizerSpec] if recognizer else EVERY_KIND):
        options = resolve(choice, spec).mapping
        picked = pick_device(device)
        for title, checks in check_declared(spec, registry(), scale=scale, device=picked, options=options):
            say(screen, (f"{KINDS[type(spec)]} {spec.name}", "bold"), f": {title}")
            for item in checks:
                _print_check(screen, item)
            passed += sum(item.ok for item in checks)
            missing += sum(item.missing for item in checks)
            failed += sum(not item.ok and not item.missing for item in checks)
    without = ", the rest not checked because weights or packages are not installed" if missing else ""
    say(screen, f"{passed} passed, {failed} failed{without}", style="red" if failed else "green")
    raise typer.Exit(1 if failed else 0)


def _print_check(console: Console, check: Check) -> None:
    from harness.terminal import say

    failure = ("skip", "yellow") if check.missing else ("FAIL", "bold red")
    detail = f": {check.detail}" if check.detail else ""
    mark = ("pass", "green") if check.ok else failure
    say(console, "  ", mark, f"  {check.name}", (detail, "dim" if check.ok else failure[1]))


def _print_list(console: Console, rows: list[dict[str, str]]) -> None:
    from harness.tables import Column, Table

    columns = [
        Column("kind", style="bold", rank=2),
        Column("name", names=True, style="cyan"),
        Column("what it is", words=True, rank=1),
        Column("plugin", style="dim", rank=3),
    ]
    lines, kind = [], ""
    for row in rows:
        lines.append([row["kind"] if row["kind"] != kind else "", row["name"], row["summary"], row["plugin"]])
        kind = row["kind"]
    console.print(Table(columns, lines, elsewhere="harness plugins list --json"))


def _print_failures(console: Console, registry: Registry) -> None:
    from harness.terminal import say

    for failure in registry.failures:
        say(console, f"plugin {failure.plugin} failed to load: {failure.error}", style="red")
    if registry.failures:
        say(console, "Its traceback: harness plugins show PLUGIN")


def _print_spec(console: Console, spec: Spec, registry: Registry) -> None:
    from harness.registry import KINDS
    from harness.tables import Column, Table

    rows = [["plugin", registry.owners[type(spec), spec.name]]]
    for field in fields(spec):
        if field.name not in ("name", "weights"):
            nothing = "any" if field.name == "scales" else "none"
            rows.append([field.name, _in_words(getattr(spec, field.name)) or nothing])
    for weights in getattr(spec, "weights", ()):
        rows.append([f"weights {weights.tag}", _weights_in_words(weights, spec)])
    columns = [Column("", names=True), Column("", words=True)]
    console.print(Table(columns, rows, title=f"{KINDS[type(spec)]} {spec.name}"))


def _in_words(value: object) -> str:
    from collections.abc import Mapping

    if isinstance(value, Mapping):
        return "\n".join(f"{key} = {default!r}" for key, default in value.items())
    if isinstance(value, tuple):
        return ", ".join(getattr(item, "key", None) or str(item) for item in value)
    return "" if value is None else str(value)


def _weights_in_words(weights: Weights, spec: Any) -> str:
    from harness.doctor import state_of_weights
    from harness.weights.catalogue import verify

    status = next(status for status in verify(spec) if status.weights is weights)
    facts = {
        "state": f"{state_of_weights(status)}: {status.problem or status.path}",
        "scale": f"x{weights.scale}" if weights.scale else None,
        "stream": weights.stream,
        "trained on": weights.trained_on,
        "licence": weights.licence,
        "options": ", ".join(f"{key}={value}" for key, value in weights.options.items()),
        "note": weights.note,
        "source": " or ".join(weights.sources),
        "sha256": weights.sha256,
    }
    return "\n".join(f"{key}: {value}" for key, value in facts.items() if value)
