"""The README says what the program printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from harness.planning.benchmark import load_benchmark
from harness.registry import registry
from harness.specs import SRMethodSpec

METHODS = registry().all(SRMethodSpec)
REPOSITORY = Path(__file__).parent.parent
README = (REPOSITORY / "README.md").read_text()
REPORT = REPOSITORY / "reports" / "mini"


def test_every_row_of_the_leaderboard_is_the_report_s() -> None:
    report = (REPORT / "leaderboard.md").read_text().splitlines()
    rows = [line for line in README.splitlines() if line.startswith("| `")]
    records = json.loads((REPORT / "leaderboard.json").read_text())["records"]
    methods = [record["sr"] for record in records if record["status"] == "ok"]
    assert [re.match(r"\| `(.+?)`", row).group(1) for row in rows] == methods  # type: ignore[union-attr]
    assert set(rows) <= set(report)


def test_the_report_is_of_the_clips_that_are_named_and_has_every_shipped_method() -> None:
    board = json.loads((REPORT / "leaderboard.json").read_text())
    assert board["protocol"]["benchmark"] == "mini-2"
    named = re.search(r"^(\w+ of the \d+|All \d+) test clips of `mini-2`", README, flags=re.MULTILINE)
    assert named and board["protocol"]["clips"].lower().startswith(named[1].lower())
    tags = load_benchmark("mini-2").tags
    come_along = {n for n, spec in METHODS.items() if any(w.file and w.tag in tags for w in spec.weights)}
    for record in board["records"]:
        methods = record["sr"].split("+")
        shipped = all(not METHODS[name].needs_weights or name in come_along for name in methods)
        assert record["status"] == ("ok" if shipped else "skipped"), record["sr"]


def test_files_and_commands_that_are_named_exist() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (REPOSITORY / target).is_file(), target
    verbs = {match.split()[1] for match in re.findall(r"^    (harness \w+)", README, flags=re.MULTILINE)}
    from harness.cli.main import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.typer_instance.info.name for group in app.registered_groups if group.typer_instance}
    assert verbs <= known
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in re.findall(r"^    make (\w+)", README, flags=re.MULTILINE):
        assert f"\n{target}:" in makefile
