from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ContractError, UsageError
from harness.leaderboard.reports import checked_files, find_report
from harness.registry import load_registry
from harness.specs import VIEWS


@pytest.mark.parametrize(
    ("name", "out", "view", "expected"),
    [
        ("md", None, "table", "md"),
        ("json", "table.txt", "table", "json"),
        (None, "x/table.png", "table", "png"),
        (None, "table.md", "table", "md"),
        (None, "my-findings.md", "table", "findings"),
        ("md", None, "pairs", "pairs-md"),
        ("pairs-md", None, "pairs", "pairs-md"),
        ("pairs-csv", None, "table", "pairs-csv"),
        (None, "x/pairs.png", "pairs", "pairs-png"),
        (None, "findings.md", "pairs", "pairs-md"),
        ("json", "pairs.txt", "pairs", "pairs-json"),
        ("classes-csv", None, "table", "classes-csv"),
        (None, "x/classes.png", "classes", "classes-png"),
        ("csv", None, "confusion", "confusion-csv"),
        (None, "flips.json", "flips", "flips-json"),
    ],
)
def test_a_report_is_found_by_name_or_else_by_the_longest_ending(
    name: str | None, out: str | None, view: str, expected: str
) -> None:
    found = find_report(load_registry([]), name, Path(out) if out else None, view=view)
    assert found is not None and found.name == expected


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_asked_for_is_the_terminal(view: str) -> None:
    assert find_report(load_registry([]), None, None, view=view) is None


@pytest.mark.parametrize(
    ("name", "out", "view", "message"),
    [
        ("cvs", None, "table", "Did you mean 'csv'"),
        (None, "t.doc", "table", r"names no format \(.csv, .html, .json, .md, .png, .tex, .xlsx, findings.md, "),
        ("org", None, "pairs", r"unknown form of --pairs all 'org'. Known: csv, json, md, png"),
        ("findings", None, "pairs", "Known: csv, json, md, png"),
        (None, "t.doc", "pairs", r"names no format \(.csv, .json, .md, .png\)"),
        ("jsn", None, "classes", "unknown form of --classes 'jsn'. Did you mean 'json'"),
        ("flips-md", None, "confusion", "unknown form of --confusion 'flips-md'. Known: csv, json, md, png"),
        ("flips-md", None, "table", "--format flips-md is on chosen methods; name them: --flips A B"),
        (None, "flips.png", "flips", r"names no format \(.csv, .json, .md\)"),
    ],
)
def test_what_is_no_report_is_refused_with_what_there_is(
    name: str | None, out: str | None, view: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_report(load_registry([]), name, Path(out) if out else None, view=view)


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
