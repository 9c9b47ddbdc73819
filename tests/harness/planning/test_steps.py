"""Methods in steps: who enlarges by how much, what is missing, and what a row of several steps is counted by."""

from __future__ import annotations

import pytest

from harness.errors import UnknownNameError, UsageError
from harness.planning.benchmark import load_benchmark
from harness.planning.plan import method_part, refuse_training_clips
from harness.planning.steps import factorings, restoring_part
from harness.registry import load_registry
from harness.specs import SRMethodSpec
from harness.syntax import parse_method


def spec(scales: tuple[int, ...] | None) -> SRMethodSpec:
    return SRMethodSpec("x", "x", "x:x", scales=scales)


@pytest.mark.parametrize(
    ("steps", "scale", "expected"),
    [
        ([(4,), (2, 4)], 8, (4, 2)),
        ([(2, 4), (2, 4)], 8, (4, 2)),
        ([(2, 3, 4), (3,)], 6, (2, 3)),
        ([None, (2,)], 8, (4, 2)),
        ([(4,), None], 8, (4, 2)),
        ([None, None], 4, (4, 1)),
        ([(2,), (2,), (2,)], 8, (2, 2, 2)),
        ([(4,)], 8, None),
        ([(4,), (4,)], 8, None),
        ([(8,)], 8, (8,)),
    ],
)
def test_the_first_step_enlarges_by_as_much_as_the_others_can_complete(
    steps: list[tuple[int, ...] | None], scale: int, expected: tuple[int, ...] | None
) -> None:
    assert next(iter(factorings([spec(scales) for scales in steps], scale)), None) == expected


def test_each_step_has_the_checkpoint_of_its_own_scale() -> None:
    part = restoring_part(parse_method("span|span"), load_registry(), 8, "df2k")
    assert part.label == "span|span" and part.missing is None
    assert [(step.scale, step.weights.scale if step.weights else None) for step in part.steps] == [(4, 4), (2, 2)]


def test_where_a_step_lacks_weights_for_its_scale_others_are_tried() -> None:
    part = restoring_part(parse_method("srresnet|bicubic"), load_registry(), 8, "mini-2")  # of 8, trained for 4
    assert part.missing is None and [step.scale for step in part.steps] == [4, 2]


def test_steps_that_cannot_do_the_scale_or_lack_weights_say_so() -> None:
    known = load_registry()
    assert restoring_part(parse_method("span"), known, 8, "df2k").missing == (
        "does scale 2, 4, not 8; 'NAME|bicubic' does it in two steps"
    )
    assert restoring_part(parse_method("esrgan|esrgan"), known, 8, "df2k").missing == (
        "its steps cannot do scale 8 together"
    )
    assert "harness weights pull basicvsr" in str(
        restoring_part(parse_method("basicvsr|span"), known, 8, "reds").missing
    )
    with pytest.raises(UsageError, match="hr restores nothing"):
        restoring_part(parse_method("hr|span"), known, 8, "df2k")
    with pytest.raises(UnknownNameError, match="spam"):
        restoring_part(parse_method("bicubic|spam"), known, 8, "df2k")


def test_every_step_counts_in_the_identity() -> None:
    known, benchmark = load_registry(), load_benchmark("ucf101-published").model_copy(update={"scale": 8})
    texts = ("span|span", "span|bicubic", "bicubic|span", "span|lanczos")
    found = [str(method_part(text, known, benchmark).identity()) for text in texts]
    assert len(set(found)) == len(texts)
    assert method_part("span|bicubic", known, benchmark).identity()["then"]["name"] == "bicubic"


def test_a_later_step_trained_on_the_scored_split_is_refused() -> None:
    known, benchmark = load_registry(), load_benchmark("mini-2")
    part = restoring_part(parse_method("bicubic|srresnet"), known, 4, "mini-2")
    refuse_training_clips([part], benchmark)
    with pytest.raises(UsageError, match="was trained on mini-2/train"):
        refuse_training_clips([part], benchmark.model_copy(update={"split": "train"}))
