"""The columns of a run's probes: as the run folder records them, or else as they are declared today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from harness.registry import Registry
from harness.specs import Column, ProbeSpec

FACTS = [field.name for field in fields(Column)]


def declared_columns(registry: Registry) -> list[Column]:
    """The columns of all probes that are installed."""
    return [column for spec in registry.all(ProbeSpec).values() for column in spec.columns]


def read_columns(info: Mapping[str, Any], declared: Sequence[Column]) -> tuple[Column, ...]:
    """Columns of the main table in its order, then the others of the run folder.

    Every table has the main columns of all `declared` ones, so that its keys are the same whatever was measured. A
    column that an older version described less fully than today is taken from `declared`.
    """
    today = {column.key: column for column in declared}
    # once each: a probe may be there several times, with other options
    recorded = list(dict.fromkeys(_read(facts, today) for facts in info.get("columns", ())))
    main = {column.key: column for column in [*declared, *recorded] if column.order is not None}
    further = [column for column in recorded if column.order is None]
    return (*main_columns(main.values()), *further)


def main_columns(columns: Iterable[Column]) -> list[Column]:
    """Those of the main table, in its order."""
    placed = [(column.order, column) for column in columns if column.order is not None]
    return [column for _, column in sorted(placed, key=lambda item: (item[0], item[1].key))]


def _read(facts: Mapping[str, Any], today: Mapping[str, Column]) -> Column:
    if facts["key"] in today and not all(name in facts for name in FACTS):
        return today[facts["key"]]
    known = {name: facts[name] for name in FACTS if name in facts}
    return Column(**{**known, "ratio": tuple(facts.get("ratio", ()))})
