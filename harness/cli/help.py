"""Help in plain words: no frames, nothing cut off, lines wrapped at blanks alone."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

TOGETHER = "\u2011"
"""A hyphen at which no line is wrapped."""


class Group(TyperGroup):
    """A group of verbs whose help shows the whole first sentence of each."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        verbs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, verb.get_short_help_str(limit=1000)) for name, verb in verbs if verb and not verb.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


_Formatter: Any = TyperGroup.context_class.formatter_class


class Formatter(_Formatter):  # type: ignore[misc]
    """Keeps options such as ``--dry-run`` and examples in one piece."""

    def write_text(self, text: str) -> None:
        super().write_text(text.replace("-", TOGETHER))

    def write_dl(self, rows: Any, *args: Any, **named: Any) -> None:
        super().write_dl([(first, second.replace("-", TOGETHER)) for first, second in rows], *args, **named)

    def getvalue(self) -> str:
        return str(super().getvalue()).replace(TOGETHER, "-")


TyperGroup.context_class.formatter_class = Formatter
