from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import harness_basicsr
from harness.errors import UsageError
from harness_basicsr.recipe import load_recipe, recipe_path

METHODS = [spec.name for spec in harness_basicsr.harness_sr_methods()]


@pytest.mark.parametrize("name", METHODS)
def test_the_shipped_recipes_make_the_declared_networks(name: str) -> None:
    recipe = load_recipe(recipe_path(name, "mini"))
    spec = next(spec for spec in harness_basicsr.harness_sr_methods() if spec.name == name)
    assert recipe.network == dict(spec.weights[0].options)


def test_pixel_methods_have_one_budget() -> None:
    recipes = [load_recipe(recipe_path(name, "mini")) for name in ("vdsr", "srresnet", "rcan")]
    budgets = {(r.seed, r.frames_per_clip, r.patch, r.batch, sum(s.iterations for s in r.stages)) for r in recipes}
    assert len(budgets) == 1


def test_iterations_are_shared_over_the_stages() -> None:
    recipe = load_recipe(recipe_path("esrgan", "mini"))
    scaled = recipe.scaled_to(40)
    assert sum(stage.iterations for stage in scaled.stages) == 40
    assert scaled.stages[0].iterations > scaled.stages[1].iterations >= 1
    assert recipe.scaled_to(None) is recipe


def test_a_recipe_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"bicubic\.yaml; methods with a recipe for mini: .*esrgan"):
        recipe_path("bicubic", "mini")


def test_mistakes_name_file_and_key(tmp_path: Path) -> None:
    good = yaml.safe_load(recipe_path("vdsr", "mini").read_text())
    file = tmp_path / "vdsr.yaml"
    file.write_text(yaml.safe_dump({**good, "batch": 0, "pach": 3}))
    with pytest.raises(UsageError, match=r"vdsr\.yaml: .*batch: .*greater than or equal to 1.*pach: "):
        load_recipe(file)
    file.write_text("a: [")
    with pytest.raises(UsageError, match="not YAML"):
        load_recipe(file)
