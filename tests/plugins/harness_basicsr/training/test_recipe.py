from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import harness_basicsr
import harness_sosr
import harness_tosr
from harness.errors import UsageError
from harness_basicsr.training.recipe import Recipe, load_recipe, recipe_path

PLUGINS = (harness_basicsr, harness_sosr, harness_tosr)
SPECS = {spec.name: spec for plugin in PLUGINS for spec in plugin.harness_sr_methods()}
SHIPPED = [name for name, spec in SPECS.items() if any(weights.tag == "mini" for weights in spec.weights)]
FAMILIES = {
    "pixel loss": ("vdsr", "srresnet", "edsr", "rcan"),
    "perceptual loss": ("srgan", "esrgan", "sosr"),
    "several frames": ("spmc", "duf16", "duf28", "duf52"),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_recipes_make_the_declared_networks(name: str) -> None:
    recipe = load_recipe(recipe_path(name, "mini"))
    (weights,) = SPECS[name].weights
    assert recipe.network == dict(weights.options)
    assert recipe.arch == SPECS[name].options.get("arch")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_one_budget(family: str) -> None:
    recipes = [load_recipe(recipe_path(name, "mini")) for name in FAMILIES[family]]
    budgets = {
        (r.seed, r.frames_per_clip, r.patch, r.batch, r.flow, r.crops, sum(s.iterations for s in r.stages))
        for r in recipes
    }
    assert len(budgets) == 1


@pytest.mark.parametrize(("name", "baseline"), [("tosr", "duf16"), ("sosr", "esrgan"), ("vdsr-tc", "vdsr")])
def test_the_paper_s_methods_have_the_budget_of_their_baselines(name: str, baseline: str) -> None:
    """The same network, frames and crops, and as many frames restored in each iteration."""
    found, wanted = (load_recipe(recipe_path(method, "mini")) for method in (name, baseline))
    assert found.arch == baseline
    same = ("network", "seed", "frames_per_clip", "validation_clips", "patch", "crops")
    assert [getattr(found, key) for key in same] == [getattr(wanted, key) for key in same]

    def restored(recipe: Recipe) -> list[tuple[int, int]]:
        return [(stage.iterations, (stage.batch or recipe.batch) * (1 + stage.pairs)) for stage in recipe.stages]

    assert restored(found) == restored(wanted)


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
