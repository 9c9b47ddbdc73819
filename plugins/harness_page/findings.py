"""Findings of the two-stream SR paper on this run, for the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.leaderboard.findings.evidence import gather
from harness.leaderboard.findings.page import VERDICTS, estimate
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH
from harness_builtin.findings import FINDINGS, SOURCE

READING = [text.replace("*", "") for text in VERDICTS]
PAPER = SOURCE.replace("*", "")


@dataclass(frozen=True)
class FindingShown:
    """A statement with its verdict, and a line for each comparison behind it."""

    statement: str
    verdict: str
    lines: Sequence[Sequence[str]]


def findings_of(board: Leaderboard) -> dict[str, list[FindingShown]]:
    """Findings by recogniser; none for a run without one whose cells are complete."""
    found: dict[str, list[FindingShown]] = {}
    for recognizer in (name for name in board.recognizers if name is not None):
        evidence = gather(board, recognizer)
        if evidence is None:
            continue
        judged = [[part for claim in finding.claims for part in claim.judge(evidence)] for finding in FINDINGS]
        found[recognizer] = [
            FindingShown(
                finding.statement,
                finding.verdict(parts),
                [[part.what, part.sides or DASH, estimate(part), part.scope or DASH, part.verdict] for part in parts],
            )
            for finding, parts in zip(FINDINGS, judged, strict=True)
        ]
    return found
