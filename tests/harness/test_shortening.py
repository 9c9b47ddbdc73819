from __future__ import annotations

import random

import pytest

from harness.shortening import shortened, told_apart


def test_long_names_lose_their_middle_and_short_ones_nothing() -> None:
    assert shortened(["basicsr:arch=RRDBNet,num_feat=64", "bicubic"], 21) == ["basicsr:ar…um_feat=64", "bicubic"]
    assert shortened([], 5) == [] and shortened(["a", "a"], 5) == ["a", "a"]


def test_names_that_differ_in_the_middle_are_cut_elsewhere() -> None:
    names = [f"basicsr:arch=RRDBNet,num_block={n},weights=x" for n in (5, 6)]
    found = shortened(names, 20)
    assert len(set(found)) == 2 and all(len(name) <= 20 for name in found)


def test_different_names_stay_different_whatever_they_are() -> None:
    rng = random.Random(0)
    for _ in range(200):
        names = ["".join(rng.choices("ab…", k=rng.randint(0, 30))) for _ in range(rng.randint(1, 12))]
        found = shortened(names, rng.randint(0, 12))
        assert len(set(found)) == len(set(names)) and len(found) == len(names)


def test_names_that_differ_in_one_letter_of_thousands_are_told_apart_soon() -> None:
    names = ["a" * 9000 + letter + "b" * 9000 for letter in "xyz"]
    assert len(set(shortened(names, 24))) == 3


TOLD_APART = [
    (["h264:scale=4,severity=1", "h264:scale=4,severity=2"], ["severity=1", "severity=2"]),
    (["h264:crf=30,scale=4", "jpeg:scale=4,severity=2"], ["h264:crf=30", "jpeg:severity=2"]),
    (["bicubic:scale=4", "h264:crf=30,scale=4"], ["bicubic", "h264:crf=30"]),
    (["bicubic:scale=4", "bicubic:antialias=0,scale=4"], ["bicubic:scale=4", "bicubic:antialias=0,scale=4"]),
    (["h264:scale=4"], ["h264:scale=4"]),
    (["a", "b"], ["a", "b"]),
    ([], []),
]


@pytest.mark.parametrize(("names", "expected"), TOLD_APART)
def test_what_all_have_is_left_out_unless_a_name_would_be_lost(names: list[str], expected: list[str]) -> None:
    assert told_apart(names) == expected
