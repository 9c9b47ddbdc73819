from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ContractError, UsageError
from harness.leaderboard.reports import checked_files, find_report
from harness.registry import load_registry


@pytest.mark.parametrize(
    ("name", "out", "pairs", "expected"),
    [
        ("md", None, False, "md"),
        ("json", "table.txt", False, "json"),
        (None, "x/table.png", False, "png"),
        (None, "table.md", False, "md"),
        (None, "my-findings.md", False, "findings"),
        ("md", None, True, "pairs-md"),
        ("pairs-md", None, True, "pairs-md"),
        ("pairs-csv", None, False, "pairs-csv"),
        (None, "x/pairs.png", True, "pairs-png"),
        (None, "findings.md", True, "pairs-md"),
        ("json", "pairs.txt", True, "pairs-json"),
    ],
)
def test_a_report_is_found_by_name_or_else_by_the_longest_ending(
    name: str | None, out: str | None, pairs: bool, expected: str
) -> None:
    found = find_report(load_registry([]), name, Path(out) if out else None, pairs=pairs)
    assert found is not None and found.name == expected


def test_without_format_and_file_there_is_no_report() -> None:
    assert find_report(load_registry([]), None, None, pairs=False) is None
    assert find_report(load_registry([]), None, None, pairs=True) is None


@pytest.mark.parametrize(
    ("name", "out", "pairs", "message"),
    [
        ("cvs", None, False, "Did you mean 'csv'"),
        (None, "t.doc", False, r"names no format \(.csv, .json, .md, .png, findings.md\)"),
        ("org", None, True, r"unknown form of --pairs all 'org'. Known: csv, json, md, png"),
        ("findings", None, True, "Known: csv, json, md, png"),
        (None, "t.doc", True, r"names no format \(.csv, .json, .md, .png\)"),
    ],
)
def test_an_unknown_report_is_refused_with_the_known_ones(
    name: str | None, out: str | None, pairs: bool, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_report(load_registry([]), name, Path(out) if out else None, pairs=pairs)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("text", "'org' returned str; a report returns file names"),
        (None, "'org' returned NoneType"),
        ({}, "'org' returned no file"),
        ({"a.org": "text"}, "'org' returned str for a.org"),
        ({"../a.org": b""}, "returned '../a.org' as a file's name"),
        ({"folder/a.org": b""}, "give one without a folder"),
        ({"..": b""}, "as a file's name"),
        ({1: b""}, "returned 1 as a file's name"),
    ],
)
def test_a_report_that_returns_no_files_is_refused(found: object, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        checked_files(found, "org")
