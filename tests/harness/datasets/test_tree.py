"""Files by the paths that annotations write."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from harness.datasets.tree import Tree
from harness.errors import AnnotationError
from harness.text import Line

LINE = Line(Path("list.txt"), 3, "")


@pytest.mark.parametrize(("there", "asked"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_accents_and_letter_case_may_be_spelt_otherwise(tmp_path: Path, there: str, asked: str) -> None:
    folder, file = (unicodedata.normalize(there, name) for name in ("Übung", "läufer.MP4"))
    (tmp_path / folder).mkdir()
    (tmp_path / folder / file).touch()
    found = Tree(tmp_path).locate(unicodedata.normalize(asked, "übung/Läufer.mp4"), LINE)
    assert found == tmp_path / folder / file


def test_an_exact_name_wins_and_of_several_others_none(tmp_path: Path) -> None:
    for name in ("a.mp4", "A.mp4"):
        (tmp_path / name).touch()
    assert Tree(tmp_path).locate("a.mp4", LINE).name == "a.mp4"
    assert not Tree(tmp_path).locate("a.MP4", LINE).exists()


@pytest.mark.parametrize("path", ["x" * 5000, "a/" * 4000 + "b", "é" * 200 + ".mp4"])
def test_a_path_that_the_system_does_not_take_is_named_and_shortened(tmp_path: Path, path: str) -> None:
    with pytest.raises(AnnotationError, match=r"list\.txt, line 3: path '.*' cannot be looked up: File name") as caught:
        Tree(tmp_path).locate(path, LINE)
    assert len(str(caught.value)) < 400


def test_links_in_a_circle_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(AnnotationError, match=r"line 3: path 'a/c\.mp4' cannot be looked up"):
        Tree(tmp_path).locate("a/c.mp4", LINE)
