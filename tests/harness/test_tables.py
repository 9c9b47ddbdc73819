"""Tables in terminals of every width."""

from __future__ import annotations

from io import BytesIO, TextIOWrapper
from typing import Any

import pytest
from rich.text import Text

from harness.tables import Column, Table
from harness.terminal import console

STREAMS = ("spatial", "temporal", "fusion", "gain")
RANKS = (2, 3, 0, 1)
COLUMNS = [Column("SR", names=True), *(Column(t, right=True, rank=r) for t, r in zip(STREAMS, RANKS, strict=True))]
NAMES = ["bicubic", "[/nope]", "basicsr:arch=RRDBNet,weights=somewhere/else.pth,num_feat=32"]
LINES = [[name, "76.4 [69, 83]", "70.1 [61, 80]", Text("88.0 [80, 93]≈", style="red"), "+1.2"] for name in NAMES]


def drawn(width: int, encoding: str = "utf-8", **options: Any) -> str:
    content = BytesIO()
    stream = TextIOWrapper(content, encoding=encoding)
    console(stream, width=width, color_system=None).print(Table(COLUMNS, LINES, **options), crop=False)
    stream.flush()
    return content.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("width", [30, 40, 50, 60, 64, 72, 80, 120])
@pytest.mark.parametrize("continued", [False, True])
def test_names_stay_and_nothing_is_lost_without_a_word(width: int, encoding: str, continued: bool) -> None:
    lines = drawn(width, encoding, continued=continued, elsewhere="the.md").splitlines()
    assert max(map(len, lines)) <= width
    starts = [line.strip() for line in lines]
    assert any(line.startswith("bicubic ") for line in starts) and any(line.startswith("[/nope] ") for line in starts)
    text = " ".join(" ".join(lines).split())
    assert all(title in text for title in STREAMS)
    assert "88.0 [80, 93]" in text, "what has the first rank is there at any width"
    assert ("not shown" in text) == (width < 120 and not continued)


def test_columns_go_by_rank_and_the_line_below_says_which() -> None:
    lines = drawn(50, title="[b]tsn", elsewhere="leaderboard.md").splitlines()
    assert lines[0].strip() == "[b]tsn"
    assert " ".join(lines[2].split()) == "SR fusion gain"
    assert " ".join(lines[-2:]) == "not shown for want of width: spatial, temporal; see leaderboard.md"


def test_a_name_is_folded_where_it_is_too_wide_and_whole_where_there_is_room() -> None:
    assert NAMES[2] not in drawn(80) and NAMES[2] in drawn(140)
    rows = [line.split()[0] for line in drawn(80).splitlines() if line.strip()]
    first = next(i for i, row in enumerate(rows) if row.startswith("basicsr"))
    assert "".join(rows[first : first + 2]) == NAMES[2]


def test_what_steers_a_terminal_is_shown_before_the_columns_are_measured() -> None:
    content = BytesIO()
    stream = TextIOWrapper(content, encoding="utf-8")
    lines = [["a\x1b[2J\r\x07b", "1"], ["plain", "2"]]
    console(stream, width=40).print(Table([Column("SR", names=True), Column("n", right=True)], lines))
    stream.flush()
    rows = [line.rstrip() for line in content.getvalue().decode().splitlines()]
    assert r" a\x1b[2J\r\x07b  1" in rows and r" plain            2" in rows
