"""What `leaderboard.json` holds, as a JSON schema and as models that check it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from harness.leaderboard.json import SCHEMA_VERSION
from harness.leaderboard.row import Accuracy, Comparison, Row
from harness.specs import SCORED


class _Record(BaseModel):
    """One row. Keys that are not listed are numbers of probes: the mean over clips, or null."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, float | None] = Field(init=False)


class _Board(BaseModel):
    """A run as a table: percentages are 0 to 100, and a missing value is null."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    schema_version: int = Field(ge=1, le=SCHEMA_VERSION)
    title: str
    protocol: dict[str, str]
    """Everything that changes numbers, in words."""
    notes: list[str]


def model() -> type[BaseModel]:
    """A model of the whole file: `model().model_validate_json(text)` raises if a file breaks the schema."""
    own = {name: facts for name, facts in _described(Row).items() if name not in ("streams", "measures", "published")}
    accuracies = _by_stream(Accuracy, ...)
    compared = _by_stream(Comparison, None)
    facts: dict[str, Any] = {**accuracies, **own, **compared}
    record: Any = create_model("Record", __base__=_Record, **facts)
    return create_model("Board", __base__=_Board, records=(list[record], ...))


def schema() -> dict[str, Any]:
    """The JSON schema of ``leaderboard.json``."""
    return model().model_json_schema()


def _by_stream(item: type, default: Any) -> dict[str, Any]:
    """The fields of a dataclass as a record has them: once per stream, under its name."""
    described = _described(item, default)
    return {f"{stream}_{name}": facts for stream in SCORED for name, facts in described.items()}


def _described(item: type, default: Any = ...) -> dict[str, tuple[Any, Any]]:
    """Type and description of every field, from the text below it."""
    hints = get_type_hints(item)
    words = TypeAdapter(item).json_schema(mode="serialization")["properties"]
    return {
        field.name: (hints[field.name], Field(default, description=words[field.name].get("description")))
        for field in fields(item)
    }
