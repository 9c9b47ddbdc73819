"""Which recipe is meant, and what a number of iterations does to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.errors import UsageError
from harness_basicsr.training.recipe import load_recipe, recipe_path


def test_where_recipes_are_looked_for(tmp_path: Path) -> None:
    training = recipe_path("vdsr", "mini").parent.parent
    assert recipe_path("swinir", "mini") == training / "paper" / "swinir.yaml", "the published one where no other is"
    assert recipe_path("vdsr", None) == training / "paper" / "vdsr.yaml"
    assert recipe_path("vdsr", "mini", "paper") == training / "paper" / "vdsr.yaml"
    assert recipe_path("sosr", "mini", "ablation/vdsr-wmse") == training / "mini" / "ablation" / "vdsr-wmse.yaml"
    assert recipe_path("sosr", None, "mini/ablation/vdsr-wmse") == training / "mini" / "ablation" / "vdsr-wmse.yaml"
    file = tmp_path / "own.yaml"
    with pytest.raises(UsageError, match="the file does not exist"):
        recipe_path("vdsr", "mini", str(file))
    file.write_text("")
    assert recipe_path("vdsr", "mini", str(file)) == file
    with pytest.raises(UsageError, match=r"no recipe .*nothing\.yaml; methods with a recipe for mini: .*for paper: "):
        recipe_path("vdsr", "mini", "nothing")


def test_schedules_follow_the_number_of_iterations() -> None:
    rcan = load_recipe(recipe_path("rcan", None)).scaled_to(100).stages[0]
    assert rcan.iterations == 100 and rcan.train["scheduler"]["milestones"] == [20, 40, 60, 80]
    srresnet = load_recipe(recipe_path("srresnet", None)).scaled_to(7).stages[0]
    assert sum(srresnet.train["scheduler"]["periods"]) >= 7


def test_two_stages_of_one_name_are_refused(tmp_path: Path) -> None:
    good = yaml.safe_load(recipe_path("vdsr", "mini").read_text())
    file = tmp_path / "vdsr.yaml"
    file.write_text(yaml.safe_dump({**good, "stages": [good["stages"][0]] * 2}))
    with pytest.raises(UsageError, match="two stages of one name among vdsr, vdsr"):
        load_recipe(file)
