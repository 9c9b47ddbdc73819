"""Citations: of every method and recogniser in a table, step by step, as BibTeX."""

from __future__ import annotations

from dataclasses import replace

from harness.leaderboard.cells import CellRow
from harness.leaderboard.citations import bibtex, citations_of
from harness.planning.cells import names_in
from harness.registry import registry


def cell(method: str, recognizer: str | None = None) -> CellRow:
    return CellRow("id", method, "p", recognizer, None, "ok", "", None, None, "", "", None)


def test_every_step_and_every_recogniser_is_cited_once() -> None:
    cells = [cell("basicvsr|span", "i3d"), cell("span:num_feat=48"), cell("bicubic"), cell("no such, [one]")]
    found = citations_of(cells, registry())
    assert list(found) == ["basicvsr", "span", "i3d", "bicubic"]
    assert "CVPR 2021" in found["basicvsr"] and "CVPR 2017" in found["i3d"]


def test_a_row_of_any_name_is_cited_for_what_is_in_it() -> None:
    method = {"name": "basicvsr", "then": {"name": "span"}}
    identity = {"method": method, "temporal": {"name": "rcan"}, "probe": {"name": "i3d"}}
    found = citations_of([replace(cell("mine", "other"), names=names_in(identity))], registry())
    assert list(found) == ["basicvsr", "span", "rcan", "i3d"]


def test_what_is_published_together_has_one_entry_and_nothing_is_a_command_of_tex() -> None:
    entries = bibtex({"a": "Doe & Roe: 50 %. ICCV 2019", "b": "Doe & Roe: 50 %. ICCV 2019"})
    assert entries == "@misc{a,\n  note = {Doe \\& Roe: 50 \\%. ICCV 2019},\n  year = {2019},\n}\n"
