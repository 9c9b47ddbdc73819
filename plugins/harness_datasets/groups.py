"""Which clips belong together: told by a column of the lists, or by a pattern over the clips' paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import UsageError
from harness.text import Line, quoted

COLUMN = "column"
"""Value of the option for lists whose lines end in a group."""
NAMED = "group"
"""Of several regex groups of a pattern, the one with this name counts."""
EXAMPLE = r"groups=(.*_g\d+)_c, of which the part in brackets is the group"


@dataclass(frozen=True)
class Grouping:
    """The option ``groups``: empty (every clip is a group of its own), ``column``, or a pattern."""

    text: str = ""
    pattern: re.Pattern[str] | None = None

    @classmethod
    def parse(cls, text: str) -> Grouping:
        """Raises `UsageError` for a pattern that is none, or that does not say which part of it is the group."""
        if text in ("", COLUMN):
            return cls(text)
        try:
            pattern = re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(f"groups={text}: not a regular expression: {error}; write {EXAMPLE}") from error
        if pattern.groups != 1 and NAMED not in pattern.groupindex:
            raise UsageError(
                f"groups={text}: a pattern with {pattern.groups} parts in brackets; write {COLUMN} if the lists have a "
                f"column of groups, or a pattern with one part in brackets, or one named (?P<{NAMED}>...), such as "
                f"{EXAMPLE}"
            )
        return cls(text, pattern)

    @property
    def column(self) -> bool:
        """Whether the lines of lists end in a group."""
        return self.text == COLUMN

    def of(self, path: str, line: Line) -> str | None:
        """The group in a clip's path, None without a pattern. Raises `AnnotationError` where it does not match."""
        if self.pattern is None:
            return None
        match = self.pattern.search(path)
        found = match and match[NAMED if NAMED in self.pattern.groupindex else 1]
        if not found:
            raise line.error(
                f"groups={self.text}: no group found in {quoted(path)}; the pattern must match the path of every clip"
            )
        return found


ALONE = Grouping()
