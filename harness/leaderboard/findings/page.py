"""Findings as markdown: what was claimed, what this run says about it, and on how much data that rests."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.leaderboard.findings.claims import MISSING, OPEN, Finding, Judgement
from harness.leaderboard.findings.evidence import Evidence, gather
from harness.leaderboard.findings.follows import READING, Estimate, followings
from harness.leaderboard.markdown import bullets, code, inline, line, protocol_table
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH
from harness.specs import Column

VERDICTS = (
    "Each verdict is about this run only: its clips, its checkpoints, its recogniser.",
    f"A difference is of top-1 accuracies in points, first side less second; *holds* or *does not hold*: an exact "
    "sign-flip test over groups tells it apart from 0, and its 95 % interval lies above or below; "
    f"*{OPEN}*: the interval includes 0; *{MISSING}*: methods or families are missing.",
    "Intervals and tests are those of the leaderboard. A family is the mean of its methods that were measured.",
    "The best of several rivals is chosen on the same clips, which favours the rival.",
)


def render(board: Leaderboard, findings: Sequence[Finding], source: str) -> str:
    """Markdown text: protocol, a summary and the numbers behind it for each recogniser, families, notes.

    `source` names the publication. Raises `RunFolderError` if scores cannot be joined by clip id.
    """
    parts = [f"# Findings: {inline(board.title)}", f"Which findings of {source} hold on this run.",
             protocol_table(board)]  # fmt: skip
    comparisons = 0
    for recognizer in (name for name in board.recognizers if name is not None):
        evidence = gather(board, recognizer)
        judged = _judge(evidence, findings)
        comparisons += sum(part.unit == "points" and part.estimate is not None for own in judged for part in own)
        parts += [f"## {inline(recognizer)}", _summary(findings, judged)]
        parts += [_section(i, f, own) for i, (f, own) in enumerate(zip(findings, judged, strict=True), start=1)]
        parts.append(_follows(evidence, board.main_columns))
    parts += [_families(board), bullets("Notes", [inline(note) for note in board.notes])]
    readings = dict.fromkeys(claim.reading for finding in findings for claim in finding.claims if claim.reading)
    parts.append(bullets("How to read it", [*VERDICTS, *readings, READING, _many(comparisons)]))
    return "\n\n".join(filter(None, parts)) + "\n"


def _judge(evidence: Evidence | None, findings: Sequence[Finding]) -> list[list[Judgement]]:
    if evidence is None:
        return [[] for _ in findings]
    return [[part for claim in finding.claims for part in claim.judge(evidence)] for finding in findings]


def _summary(findings: Sequence[Finding], judged: Sequence[Sequence[Judgement]]) -> str:
    lines = [["", "finding", "on this run"], ["---:", "---", "---"]]
    for i, (finding, parts) in enumerate(zip(findings, judged, strict=True), start=1):
        lines.append([str(i), finding.statement, f"**{finding.verdict(parts)}**"])
    return "\n".join(map(line, lines))


def _section(number: int, finding: Finding, parts: Sequence[Judgement]) -> str:
    title = f"### {number}. {finding.statement}: {finding.verdict(parts)}"
    if not parts:
        return f"{title}\n\nNone of its methods was measured."
    head = ["compared", "accuracies", "difference (points) with 95 % interval, or tau", "n", "verdict"]
    lines = [head, ["---", "---", "---:", "---", "---"]]
    lines += [[part.what, part.sides or DASH, estimate(part), part.scope or DASH, part.verdict] for part in parts]
    return "\n\n".join([title, "\n".join(map(line, lines)), *(_details(part) for part in parts if part.details)])


def _follows(evidence: Evidence | None, columns: Sequence[Column]) -> str:
    """How every one of some measures goes with accuracy, or nothing where none was measured."""
    found = followings(evidence, columns) if evidence else []
    if not found:
        return ""
    head = ["measure", "stream", "over methods", "methods", "within clips", "clips that tell"]
    lines = [head, ["---", "---", *["---:"] * 4]]
    lines += [
        [f.measure, f.stream, _correlation(f.over_methods), str(f.methods), _correlation(f.within_clips), str(f.clips)]
        for f in found
    ]
    return "### What accuracy follows\n\n" + "\n".join(map(line, lines))


def _correlation(found: Estimate) -> str:
    value, low, high = (_number(x, "+", 2) for x in found)
    return value if math.isnan(found[1]) else f"{value} [{low}, {high}]"


def estimate(part: Judgement) -> str:
    """The estimate of a comparison with its interval, or a dash."""
    if part.estimate is None:
        return DASH
    digits, sign = (2, "") if part.unit == "tau" else (1, "+")
    if part.low is None:
        return _number(part.estimate, sign, digits)
    value, low, high = (_number(x, sign, digits) for x in (part.estimate, part.low, part.high))
    return f"{value} [{low}, {high}]"


def _number(value: float | None, sign: str, digits: int) -> str:
    return DASH if value is None or math.isnan(value) else f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def _details(part: Judgement) -> str:
    return f"<details><summary>{part.what}: {part.sides}</summary>\n\n" + "\n".join(
        f"- {inline(text)}" for text in part.details
    ) + "\n\n</details>"  # fmt: skip


def _families(board: Leaderboard) -> str:
    """Which methods stand for which family, and those that could not be measured."""
    found: dict[str, dict[str, None]] = {}
    missing = {row.sr for row in board.rows if not row.ok}
    for cell in board.cells:
        if cell.family:
            name = code(cell.method) + (" (not complete)" if cell.method in missing else "")
            found.setdefault(cell.family, {})[name] = None
    return bullets("Families", [f"{family}: {', '.join(names)}" for family, names in sorted(found.items())])


def _many(comparisons: int) -> str:
    return (
        f"Differences looked at: {comparisons} (families and rows overlap), each at 95 % and none adjusted for the "
        "others: where nothing differs, one in twenty would still seem told apart."
    )
