"""The contract of reports, and what `plugins check` says about those that break it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.checks import check_declaration, check_declared, check_report, require
from harness.leaderboard.table import Leaderboard
from harness.registry import load_registry
from harness.specs import ReportSpec

HERE = __name__


def two_files(board: Leaderboard, run: Any) -> Mapping[str, bytes]:
    text = "\n".join(f"{row.sr} {row.streams['fusion'].top1} {row.status}" for row in board.rows)
    return {"table.txt": text.encode(), "clips.bin": run.clips["label"].to_numpy().tobytes()}


def old_style(board: Leaderboard) -> str:
    return board.title


def only_text(board: Leaderboard, run: Any) -> str:
    return board.title


def test_every_declared_report_of_the_project_passes() -> None:
    registry = load_registry([])
    specs = registry.all(ReportSpec).values()
    assert {spec.name for spec in specs} >= {"md", "csv", "json", "png", "findings", "pairs-png"}
    for spec in specs:
        for _, checks in check_declared(spec, registry):
            require(checks)


def test_a_report_of_several_files_passes_and_names_them() -> None:
    (check,) = check_report(two_files)
    assert check.ok and check.detail.startswith("table.txt (") and "clips.bin" in check.detail


def test_the_sample_has_rows_of_every_kind() -> None:
    seen: list[str] = []

    def look(board: Leaderboard, run: Any) -> Mapping[str, bytes]:
        seen.extend(f"{row.sr} {row.status}" for row in board.rows)
        return {"a": b""}

    require(check_report(look))
    assert {"bicubic ok", "hr ok", "a_method ok", "a_method+bicubic ok", "not_here skipped"} == set(seen)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("old_style", "called as render(board, run), which does not fit: too many positional arguments"),
        ("only_text", "report 'x' returned str; a report returns file names with their contents"),
    ],
)
def test_a_wrong_report_fails_with_what_is_expected(factory: str, message: str) -> None:
    spec = ReportSpec("x", "a report", f"{HERE}:{factory}")
    failed = [check for _, checks in check_declared(spec, load_registry([])) for check in checks if not check.ok]
    assert any(message in check.detail for check in failed)


def test_a_declaration_that_fits_passes() -> None:
    require(check_declaration(ReportSpec("x", "a report", f"{HERE}:two_files")))
