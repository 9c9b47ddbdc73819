"""Help in plain words: no frames, nothing cut off, lines wrapped at blanks alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from typer.core import TyperGroup

EXAMPLES = ("harness ", "torchrun ")
"""How paragraphs that are commands begin."""
PARAGRAPHS, EXPLAINED = re.compile(r"\n\s*\n"), re.compile(r" {2,}")
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
    """Keeps options such as ``--dry-run`` and examples in one piece, so that they can be copied."""

    def write_text(self, text: str) -> None:
        blocks = groupby(PARAGRAPHS.split(text.strip("\n")), lambda block: block.lstrip().startswith(EXAMPLES))
        for place, (are_examples, block) in enumerate(blocks):
            self.write("\n" * bool(place))
            if are_examples:
                self._write_examples([EXPLAINED.split(example.strip(), maxsplit=1) for example in block])
            else:
                super().write_text("\n\n".join(block).replace("-", TOGETHER))

    def _write_examples(self, examples: Sequence[Sequence[str]]) -> None:
        """Commands, each with what it does behind it or, where the terminal is too narrow for that, below it."""
        indent = " " * (self.current_indent + 2)
        longest = max(len(command) for command, *_ in examples)
        wide = all(len(indent) + longest + 2 + len("".join(does)) <= self.width for _, *does in examples)
        for command, *does in examples:
            line = f"{command:{longest}}  {''.join(does)}" if wide else command
            self.write(f"{indent}{line.rstrip()}\n")
            if does and not wide:
                self.current_indent += 6
                super().write_text(does[0].replace("-", TOGETHER))
                self.current_indent -= 6

    def write_dl(self, rows: Any, *args: Any, **named: Any) -> None:
        super().write_dl([(first, second.replace("-", TOGETHER)) for first, second in rows], *args, **named)

    def getvalue(self) -> str:
        return str(super().getvalue()).replace(TOGETHER, "-")


TyperGroup.context_class.formatter_class = Formatter
