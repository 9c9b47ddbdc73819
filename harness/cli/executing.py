"""Options of `harness run` that say where it computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli.options import refuse_absent_device
from harness.errors import UsageError
from harness.specs import DEFAULT_EXECUTOR, WORKERS

if TYPE_CHECKING:
    from harness.registry import Registry


def check_devices(context: typer.Context, names: str | None) -> str | None:
    """``--devices`` as it was given. Raises `UsageError` for one that is not here."""
    if names and not context.resilient_parsing:
        for name in names.split(","):
            refuse_absent_device(name.strip())
    return names


Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Compute in N worker processes; what dies in one costs a cell. Default: in this one."),
]
Devices = Annotated[
    str | None,
    typer.Option(help="Devices of the workers, such as cuda:0,cuda:1; one worker each.", callback=check_devices),
]
ClipTimeout = Annotated[
    float | None,
    typer.Option("--clip-timeout", min=0.1, help="Seconds that a worker may take for a clip; 600 by default."),
]
WorkerMemory = Annotated[
    float | None, typer.Option("--worker-memory", min=0.1, help="GB of memory that a worker may take.")
]
Executor = Annotated[
    str | None,
    typer.Option(
        help="Where to compute: a name of harness plugins list, name:option=value.",
        autocompletion=completing.declared("ExecutorSpec"),
    ),
]


def chosen_executor(
    executor: str | None,
    workers: int | None,
    devices: str | None,
    clip_timeout: float | None,
    worker_memory: float | None,
    registry: Registry,
) -> str:
    """The executor with its options as one text, checked.

    Without a name it is one with worker processes where such are asked for. Raises `UsageError` for an option that it
    does not have.
    """
    from harness.choice import Choice, parse_choice
    from harness.planning.resolving import resolve_part
    from harness.specs import ExecutorSpec

    values = {"workers": workers, "devices": devices, "clip_timeout": clip_timeout, "worker_memory": worker_memory}
    given = {name: value for name, value in values.items() if value is not None}
    named = parse_choice(executor or (WORKERS if given else DEFAULT_EXECUTOR))
    known = registry.get(ExecutorSpec, named.name).options
    for name in given.keys() - known.keys():
        raise UsageError(f"--{name.replace('_', '-')}: the executor {named.name!r} has no such option; leave it out")
    text = str(Choice(named.name, tuple({**named.mapping, **given}.items())))
    resolve_part(ExecutorSpec, text, registry)
    return text
