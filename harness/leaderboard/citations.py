"""The publications of what stands in a table, as its declarations name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.errors import UsageError
from harness.leaderboard.cells import CellRow
from harness.registry import Registry
from harness.specs import RecognizerSpec, SRMethodSpec
from harness.syntax import parse_method

YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def citations_of(cells: Iterable[CellRow], registry: Registry) -> dict[str, str]:
    """Citations by the name of the method or recogniser, in the order of the cells; each name once."""
    methods, recognizers = registry.all(SRMethodSpec), registry.all(RecognizerSpec)
    found: dict[str, str] = {}
    for cell in cells:
        names = cell.names or [*_names(cell.method), cell.recognizer or ""]
        for spec in (known[name] for name in names for known in (methods, recognizers) if name in known):
            if spec.citation:
                found.setdefault(spec.name, spec.citation)
    return found


def bibtex(citations: Mapping[str, str]) -> str:
    """An entry for each publication, with the text of its citation as the note."""
    by_text: dict[str, list[str]] = {}
    for name, text in citations.items():
        by_text.setdefault(text, []).append(name)
    return "\n".join(_entry(names[0], text) for text, names in by_text.items())


def _entry(name: str, text: str) -> str:
    year = YEAR.findall(text)
    facts = [f"  note = {{{_escaped(text)}}},", *([f"  year = {{{year[-1]}}},"] if year else [])]
    return "\n".join([f"@misc{{{re.sub(r'[^A-Za-z0-9-]+', '-', name)},", *facts, "}", ""])


def _escaped(text: str) -> str:
    """Text in which nothing is a command of TeX."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text.replace("\\", "/").replace("~", " ").replace("^", " "))


def _names(label: str) -> list[str]:
    """What a row is made of, step by step."""
    try:
        return [step.name for step in parse_method(label).steps]
    except UsageError:  # a label may be anything
        return [label]
