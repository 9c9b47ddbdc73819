"""Mappings from a data set's classes to a model's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from harness.errors import AnnotationError, UsageError
from harness_mmaction.class_map import describe_map, digest, find_map, load_map

CLASSES = ["Archery", "Basketball", "Fencing"]


def written(folder: Path, *rows: str) -> str:
    path = folder / "map.csv"
    path.write_text("\n".join(["class,model_class", *rows]) + "\n")
    return str(path)


def test_scores_of_several_classes_add_up_their_probabilities(tmp_path: Path) -> None:
    path = written(tmp_path, "Archery,4", "Basketball,0", "Fencing,-", "Basketball,2")
    scores = torch.tensor([1.0, 9.0, 2.0, -3.0, 0.5])
    found = load_map(path, CLASSES, 5).restrict(scores)
    probabilities = scores.softmax(0)
    expected = torch.stack([probabilities[4], probabilities[0] + probabilities[2]])
    assert torch.allclose(found[:2].softmax(0), expected / expected.sum())
    assert found.shape == (3,) and found[2] < found[:2].min() and found.isfinite().all()


def test_one_file_serves_a_part_of_a_data_set(tmp_path: Path) -> None:
    path = written(tmp_path, "Archery,0", "Basketball,1", "Fencing,2", "Surfing,-")
    assert load_map(path, ["Fencing", "Archery"], 3).indices == [(2,), (0,)]


def test_names_of_kinetics_become_its_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, "Archery,archery", "Basketball,playing basketball", "Fencing,sword fighting")
    found = load_map(path, CLASSES, 400)
    assert found.indices == [(5,), (220,), (345,)]  # lines 6, 221 and 346 of MMAction2's label_map_k400.txt


@pytest.mark.parametrize(
    ("rows", "count", "message"),
    [
        (["Archery,0", "Basketball,1"], 3, "no row for Fencing of the data set; write the model's class, or - if"),
        (["Archery,0", "Basketball,1", "Fensing,2"], 3, "no row for Fencing of the data set"),
        (["Archery,0", "Basketball,1", "Fencing,3"], 3, "line 4: 3: the model has 3 classes, from 0"),
        (
            ["Archery,0", "Basketball,1", "Fencing,archery"],
            3,
            "'archery': give a number; the model has 3 classes",
        ),
        (["Archery,archary", "Basketball,1", "Fencing,2"], 400, "line 2: 'archary' is not a class of Kinetics-400"),
        (["Archery,-", "Basketball,-", "Fencing,-"], 3, "no class of the data set is one of the model's"),
        (["Archery,0", "Basketball", "Fencing,1"], 3, "line 3: expected a class and the model's class, or -"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, rows: list[str], count: int, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        load_map(written(tmp_path, *rows), CLASSES, count)


def test_missing_files_and_wrong_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(AnnotationError, match=r"line 1: .* expected the columns class,model_class"):
        load_map(str(tmp_path / "bad.csv"), CLASSES, 3)
    with pytest.raises(UsageError, match=r"classes=none\.csv: no such file; .* one of: kinetics400-ucf101"):
        find_map("none.csv")


def test_the_shipped_mapping_covers_ucf101_and_uses_no_class_twice(assets: Path) -> None:
    lines = (assets / "ucf101-splits" / "classInd.txt").read_text().splitlines()
    names = [line.split()[1] for line in lines if line.strip()]
    found = load_map("kinetics400-ucf101", names, 400)
    assert len(found.indices) == 101 and sum(map(bool, found.indices)) == 64
    used = [index for which in found.indices for index in which]
    assert len(used) == len(set(used)), "no class of Kinetics stands for two of UCF101"


def test_the_description_counts_classes_and_the_digest_follows_the_content(tmp_path: Path) -> None:
    path = written(tmp_path, "Archery,4", "Basketball,0", "Fencing,-", "Basketball,2")
    assert describe_map(path) == (
        "scores are of the classes that map.csv maps to the model's, 2 of the 3 in it; "
        "clips of the rest (1) count as wrong"
    )
    before = digest(path)
    assert digest(written(tmp_path, "Archery,4", "Basketball,0", "Fencing,1", "Basketball,2")) != before
    assert "wrong" not in describe_map(path)


def test_a_mapping_may_have_a_mark_other_line_ends_blanks_and_either_spelling(tmp_path: Path) -> None:
    content = "\ufeffclass , model_class\r\nCa\u0301rabe\t,4 \r\n\r\nBasketball,0\r\n"
    (tmp_path / "map.csv").write_bytes(content.encode())
    assert load_map(str(tmp_path / "map.csv"), ["C\u00e1rabe", "Basketball"], 5).indices == [(4,), (0,)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"class,model_class\nArch\xe9ry,0\n", r"map\.csv, line 2: not readable as UTF-8"),
        (b"class,model_class\nArchery," + b"9" * 5000, r"map\.csv, line 2: class '9+\.\.\.9+' is not a whole number"),
        (b"class,model_class\nArchery,0\0\n", r"map\.csv, line 2: it has a NUL byte"),
        (b"class,model_class\n", r"map\.csv: no class in it"),
    ],
)
def test_a_mapping_that_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "map.csv").write_bytes(content)
    with pytest.raises(AnnotationError, match=message):
        load_map(str(tmp_path / "map.csv"), ["Archery"], 5)
    with pytest.raises(UsageError, match="no such file"):
        find_map("x" * 5000)
