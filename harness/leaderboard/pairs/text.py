"""All pairs as markdown, for spreadsheets and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from harness.leaderboard.csv import comma_separated as table_as_text
from harness.leaderboard.json import SCHEMA_VERSION
from harness.leaderboard.markdown import bullets, code, inline, line, protocol_table
from harness.leaderboard.pairs.matrix import CAVEAT, Fusions, all_pairs
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH


def markdown(board: Leaderboard) -> str:
    """One table a recogniser; the best pair is bold, the last column and line name the best partner."""
    parts = [f"# All pairs: {inline(board.title)}", protocol_table(board)]
    for fusions in all_pairs(board):
        parts += [f"## {inline(fusions.recognizer)}", inline(caption(fusions)), _table(fusions)]
    return "\n\n".join([*parts, bullets("How to read it", [CAVEAT, *map(inline, board.notes)])]) + "\n"


def caption(fusions: Fusions) -> str:
    """What the numbers are of, and the best pair."""
    text = f"Top-1 in % of {fusions.clips} clips, spatial : temporal = {fusions.fusion[0]:g} : {fusions.fusion[1]:g}."
    if fusions.best is not None:
        row, column = fusions.best
        text += f" Best: {fusions.spatial[row]}+{fusions.temporal[column]}, {fusions.top1[row, column]:.1f}."
    return text


def comma_separated(board: Leaderboard) -> str:
    """One line a pair with a header line: recogniser, spatial, temporal, top-1 in percent, number of clips."""
    rows = [
        [fusions.recognizer, name, other, round(value, 6), fusions.clips]
        for fusions in all_pairs(board)
        for name, values in zip(fusions.spatial, fusions.top1.tolist(), strict=True)
        for other, value in zip(fusions.temporal, values, strict=True)
    ]
    return table_as_text(pd.DataFrame(rows, columns=["recognizer", "spatial", "temporal", "top1", "clips"]))


def as_json(board: Leaderboard) -> str:
    """The protocol once, then a matrix a recogniser, lines by spatial method; percentages are 0 to 100."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "title": board.title,
        "protocol": dict(board.protocol),
        "pairs": [_facts(fusions) for fusions in all_pairs(board)],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _facts(fusions: Fusions) -> dict[str, object]:
    best = fusions.best
    return {
        "recognizer": fusions.recognizer,
        "clips": fusions.clips,
        "fusion": list(fusions.fusion),
        "spatial": list(fusions.spatial),
        "temporal": list(fusions.temporal),
        "top1": [[round(value, 6) for value in values] for values in fusions.top1.tolist()],
        "best": f"{fusions.spatial[best[0]]}+{fusions.temporal[best[1]]}" if best else None,
    }


def _table(fusions: Fusions) -> str:
    of_rows, of_columns = fusions.partners
    head = ["spatial \\ temporal", *(code(name) for name in fusions.temporal), "best with"]
    rule = ["---", *["---:"] * len(fusions.temporal), "---"]
    lines = [head, rule]
    for i, name in enumerate(fusions.spatial):
        lines.append([code(name), *_values(fusions, i), _named(fusions.temporal, of_rows[i])])
    lines.append(["best with", *(_named(fusions.spatial, row) for row in of_columns), ""])
    return "\n".join(map(line, lines))


def _values(fusions: Fusions, row: int) -> list[str]:
    values = [f"{value:.1f}" for value in fusions.top1[row]]
    if fusions.best is not None and fusions.best[0] == row:
        values[fusions.best[1]] = f"**{values[fusions.best[1]]}**"
    return values


def _named(names: Sequence[str], place: int | None) -> str:
    return DASH if place is None else code(names[place])
