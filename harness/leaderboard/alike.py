"""Methods that stopped for one cause, said once: the command in the reason of each differs by its name alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.syntax import parts_of

NAME = "NAME"
MORE = f"More: harness plugins show {NAME}"
SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z'])")
ASIDE = re.compile(r"\s*\([^()]*\)")


def alike(reasons: Iterable[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """Names, grouped by what is the same of their reasons but for the name, with a reason for each group.

    A reason that several share has ``NAME`` for their names, and only those of its sentences that all have.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, reason in dict.fromkeys(reasons):
        groups.setdefault(_cause(name, reason), []).append((name, reason))
    return [([name for name, _ in group], _shared(group)) for group in groups.values()]


def _cause(name: str, reason: str) -> str:
    return ASIDE.sub("", SENTENCE.split(_generalised(name, reason))[0])


def _shared(group: Sequence[tuple[str, str]]) -> str:
    said = list(dict.fromkeys(reason for _, reason in group))
    if len(said) == 1:
        return said[0]
    first, *others = (SENTENCE.split(_generalised(name, reason)) for name, reason in group)
    common = [sentence for sentence in first if all(sentence in other for other in others)]
    if common == first and all(len(other) == len(first) for other in others):
        return " ".join(common)
    head = [] if first[0] in common else [ASIDE.sub("", first[0])]
    return " ".join([*head, *common, MORE])


def _generalised(label: str, reason: str) -> str:
    """`reason` with ``NAME`` for the methods that a label is made of."""
    parts = [part for each in parts_of(label) for part in (each, each.partition(":")[0])]
    for part in sorted(filter(None, parts), key=len, reverse=True):
        reason = re.sub(rf"(?<![\w./-]){re.escape(part)}(?![\w/-])", NAME, reason)
    return reason
