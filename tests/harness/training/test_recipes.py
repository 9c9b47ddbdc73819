"""Which file a recipe's name stands for, for SR methods and recognisers alike, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.training.recipes import find_recipe, read_recipe

SHIPPED = benchmarks_folder() / "training"


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        (("vdsr", "mini-2"), "mini-2/vdsr"),
        (("swinir", "mini-2"), "paper/swinir"),
        (("vdsr", None), "paper/vdsr"),
        (("vdsr", "mini-2", "paper"), "paper/vdsr"),
        (("sosr", "mini-2", "ablation/vdsr-wmse"), "mini-2/ablation/vdsr-wmse"),
        (("sosr", None, "mini-2/ablation/vdsr-wmse"), "mini-2/ablation/vdsr-wmse"),
        (("tsn", "mini-2"), "mini-2/tsn"),
        (("tsn", "mini-2", "ucf101-x4-lite/tsn"), "ucf101-x4-lite/tsn"),
        (("tsn", "ucf101-x4", "mini-2"), "mini-2/tsn"),
        (("tsn", "mini-2", "mix/tsn"), "mini-2/mix/tsn"),
        (("stresnet", "ucf101-x4", "stresnet-star"), "ucf101-x4/stresnet-star"),
    ],
)
def test_a_recipe_name_stands_for_one_file(asked: tuple[str, ...], file: str) -> None:
    assert find_recipe(*asked) == SHIPPED / f"{file}.yaml"


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    """The user's own benchmark, called `mine`."""
    file = tmp_path / "somewhere" / "file.yaml"
    file.parent.mkdir()
    file.write_text((benchmarks_folder() / "mini-2.yaml").read_text().replace("name: mini-2", "name: mine"))
    return file


def test_recipes_of_the_users_benchmark_are_found_beside_its_file(benchmark: Path) -> None:
    own = benchmark.parent / "training" / "mine"
    (own / "quick").mkdir(parents=True)
    for name in ("tsn", "fast", "quick/tsn"):
        (own / f"{name}.yaml").write_text("")
    assert find_recipe("tsn", str(benchmark)) == own / "tsn.yaml"
    assert find_recipe("tsn", str(benchmark), "fast") == own / "fast.yaml"
    assert find_recipe("tsn", str(benchmark), "quick") == own / "quick" / "tsn.yaml"
    assert find_recipe("tsn", str(benchmark), "mini-2") == SHIPPED / "mini-2" / "tsn.yaml", "shipped as well"
    assert find_recipe("vdsr", str(benchmark)) == SHIPPED / "paper" / "vdsr.yaml"


def test_a_missing_recipe_is_never_suggested_inside_the_installation(benchmark: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_recipe("tsn", str(benchmark))
    own = benchmark.parent / "training" / "mine"
    assert str(caught.value) == (
        f"no recipe for tsn on benchmark mine: looked in {own} and the shipped recipes; write {own}/tsn.yaml, or give "
        "--recipe NAME|FILE (shipped for tsn: mini-2/mix/tsn, mini-2/tsn, ucf101-x4-lite/tsn, ucf101-x4/tsn)"
    )
    with pytest.raises(UsageError) as caught:
        find_recipe("tsn", "hmdb51-x4", "nothing")
    told = str(caught.value)
    assert "no recipe 'nothing' for tsn on benchmark hmdb51-x4: looked in the shipped recipes; give" in told
    assert "write" not in told and str(SHIPPED) not in told
    with pytest.raises(UsageError, match=r"no recipe for bicubic: .*shipped for bicubic: none"):
        find_recipe("bicubic", None)


def test_a_recipe_given_as_a_file_must_exist(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    with pytest.raises(UsageError, match=r"no recipe .*own\.yaml: the file does not exist"):
        find_recipe("tsn", "mini-2", str(file))
    file.write_text("")
    assert find_recipe("tsn", "mini-2", str(file)) == file


class Counted(BaseModel):
    count: int


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("- 1", "expected a mapping of keys to values, found list"),
        ("", "expected a mapping of keys to values, found NoneType"),
        ("count: many", r"1 mistake\(s\)\n  count: Input should be a valid integer.*, found 'many'"),
    ],
)
def test_a_broken_file_is_named_with_its_mistakes(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=rf"own\.yaml: {message}"):
        read_recipe(file, Counted)
