"""The entry point ``harness``: combines the verbs and turns errors into messages and exit codes."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from harness import __version__
from harness.cli import (
    benchmarks,
    compare,
    datasets,
    doctor,
    figures,
    leaderboard,
    plugins,
    report,
    run,
    runs,
    schema,
    strips,
    study,
    train,
    upscale,
    weights,
)
from harness.cli.help import Group
from harness.errors import HarnessError
from harness.terminal import tell, write_plainly

INTERRUPTED = 130
CONTINUES = "the same command continues where it stopped"
AFTER_CTRL_C = {
    "run": CONTINUES,
    "datasets": CONTINUES,
    "study": CONTINUES,
    "train": "the same command with --resume continues from the last saved state",
}
EXAMPLES = """
Examples:

  harness run           every method on the embedded benchmark

  harness plugins list  everything that can be chosen by name

  harness doctor        what is installed, missing, and how to get it

Every verb has its own examples: harness run --help
"""


class Verbs(Group):
    """Runs a verb. A `HarnessError` becomes a message without traceback and its exit code; Ctrl-C becomes 130."""

    def main(self, *args: Any, **named: Any) -> Any:
        write_plainly()
        return super().main(*args, **named)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            tell(f"error: {error}", style="red", err=True)
            raise typer.Exit(error.exit_code) from None
        except SystemExit as error:  # a plugin's, or of a pipe whose reader is gone; the verbs themselves raise Exit
            if error.code:
                raise
            tell("error: something ended the program before it was done; --workers 1 keeps a plugin apart", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            hint = AFTER_CTRL_C.get(ctx.invoked_subcommand or "", "nothing unfinished was kept")
            tell(f"\nstopped; {hint}", style="yellow", err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Verbs, epilog=EXAMPLES, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=leaderboard.EXAMPLES)(leaderboard.leaderboard)
app.command(epilog=report.EXAMPLES)(report.report)
app.command(epilog=report.EXAMPLES)(report.view)
app.command(epilog=figures.EXAMPLES)(figures.figures)
app.command(epilog=strips.EXAMPLES)(strips.strips)
app.command(epilog=compare.EXAMPLES)(compare.compare)
app.add_typer(runs.app)
app.command(epilog=train.EXAMPLES)(train.train)
app.add_typer(study.app)
app.add_typer(plugins.app)
app.add_typer(datasets.app)
app.add_typer(benchmarks.app)
app.add_typer(weights.app)
app.command(epilog=upscale.EXAMPLES)(upscale.upscale)
app.command(epilog=doctor.EXAMPLES)(doctor.doctor)
app.command(epilog=schema.EXAMPLES)(schema.schema)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"harness {__version__}")
        raise typer.Exit


@app.callback()
def harness(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Compare super-resolution methods by what they do for video action recognition."""


def main() -> None:
    """Run the command line."""
    # OpenMP's threads spin while they wait for each other, and waste the cores if another program holds one of them.
    # Measured with one of two cores busy: a run takes a third of the time; with idle cores it takes no longer.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    app(prog_name="harness")


if __name__ == "__main__":
    main()
