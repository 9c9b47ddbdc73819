"""The page of the quality gates, from the facts that its JSON file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness_benchmarks.grid import Grid
from harness_benchmarks.verdicts import GATES

Facts = Mapping[str, Any]


def page(facts: Facts) -> str:
    """The page in markdown."""
    quality, gates, trainings, recognisers = grids(facts)
    parts = [f"# How well the networks of {facts['benchmark']} are trained", _head(facts)]
    parts += [f"## {gates.title}", "\n".join(f"- {name}: {gate.text}" for name, gate in GATES.items())]
    parts += [gates.as_markdown()]
    for grid in filter(lambda grid: grid.rows, (quality, trainings, recognisers)):
        parts += [f"## {grid.title}", grid.as_markdown()]
    if names := ", ".join(facts["not_measured"]):
        parts.append(f"Not measured, because weights or packages are not here: {names}.")
    return "\n\n".join(parts) + "\n"


def grids(facts: Facts) -> list[Grid]:
    """Its tables."""
    quality = ["method", "family", "trained on", "PSNR-Y, dB", "over bicubic, dB", "LPIPS", "chessboard, dB over HR"]
    trained = {row["name"]: row["training"] for row in facts["rows"] if row["training"]}
    return [
        Grid("Picture quality", quality, [_quality(row) for row in facts["rows"]]),
        Grid(
            "Gates", ["gate", "network", "measured", "bound", "verdict"], [_verdict(one) for one in facts["verdicts"]]
        ),
        _cards("Trainings", "network", trained),
        _cards("Recognisers, on HR clips", "stream", facts["recognisers"]),
    ]


def _head(facts: Facts) -> str:
    missed = [one for one in facts["verdicts"] if not one["holds"]]
    noted = sum(bool(one["note"]) for one in missed)
    return (
        f"Written by `{facts['command']}` from all frames of {facts['clips']} clips of {facts['groups']} groups, which "
        f"the recipes hold out of the training split by the seed {facts['seed']}: no network has learnt from "
        "these groups. Numbers are means over clips. "
        f"{len(facts['verdicts']) - len(missed)} of {len(facts['verdicts'])} verdicts hold; {noted} of the other "
        f"{len(missed)} have a note. What is said of trainings and recognisers is from their data cards."
    )


def _quality(row: Facts) -> list[str]:
    numbers = (
        _number(row[key], form) for key, form in (("psnr", ".2f"), ("gain", "+.2f"), ("lpips", ".4f"), ("peak", ".2f"))
    )
    return [row["name"], row["family"], row["trained_on"], *numbers]


def _verdict(one: Facts) -> list[str]:
    form = ".4f" if one["gate"] == "perceptual" else ".2f"
    bound = " ".join(filter(None, [_number(one["bound"], form), f"({one['against']})" if one["against"] else ""]))
    verdict = "holds" if one["holds"] else f"does not hold: {one['note'] or 'no note'}"
    return [one["gate"], one["network"], _number(one["measured"], form), bound, verdict]


def _cards(title: str, names: str, cards: Mapping[str, Mapping[str, str]]) -> Grid:
    fields = list(next(iter(cards.values()), {}))
    shown = {name: {**card, "sha256": card["sha256"][:12]} for name, card in cards.items()}
    return Grid(title, [names, *fields], [[name, *card.values()] for name, card in shown.items()])


def _number(value: float | None, form: str) -> str:
    return "not measured" if value is None else format(value, form)
