from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import harness_basicsr
import harness_sosr
import harness_tosr
from harness.errors import UsageError
from harness.training.recipes import find_recipe, read_recipe
from harness_basicsr.training.recipe import Recipe

PLUGINS = (harness_basicsr, harness_sosr, harness_tosr)
SPECS = {spec.name: spec for plugin in PLUGINS for spec in plugin.harness_sr_methods()}
SHIPPED = [name for name, spec in SPECS.items() if any(weights.tag == "mini-2" for weights in spec.weights)]
FAMILIES = {
    "pixel loss": ("vdsr", "srresnet", "edsr", "rcan"),
    "perceptual loss": ("srgan", "esrgan", "sosr"),
    "several frames": ("spmc", "duf16", "duf28", "duf52"),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_recipes_make_the_declared_networks(name: str) -> None:
    (weights,) = (weights for weights in SPECS[name].weights if weights.tag == "mini-2")
    recipe = read_recipe(find_recipe(name, "mini-2"), Recipe)
    assert recipe.network == dict(weights.options)
    assert recipe.arch == SPECS[name].options.get("arch")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_one_budget(family: str) -> None:
    recipes = [read_recipe(find_recipe(name, "mini-2"), Recipe) for name in FAMILIES[family]]
    budgets = {
        (r.seed, r.frames_per_clip, r.patch, r.batch, r.flow, r.crops, sum(s.iterations for s in r.stages))
        for r in recipes
    }
    assert len(budgets) == 1


@pytest.mark.parametrize(("name", "baseline"), [("tosr", "duf16"), ("sosr", "esrgan"), ("vdsr-tc", "vdsr")])
def test_the_paper_s_methods_have_the_budget_of_their_baselines(name: str, baseline: str) -> None:
    """The same network, frames and crops, and as many frames restored in each iteration."""
    found, wanted = (read_recipe(find_recipe(method, "mini-2"), Recipe) for method in (name, baseline))
    assert found.arch == baseline
    same = ("network", "seed", "frames_per_clip", "validation_clips", "patch", "crops")
    assert [getattr(found, key) for key in same] == [getattr(wanted, key) for key in same]

    def restored(recipe: Recipe) -> list[tuple[int, int]]:
        return [(stage.iterations, (stage.batch or recipe.batch) * (1 + stage.pairs)) for stage in recipe.stages]

    assert restored(found) == restored(wanted)


def test_iterations_are_shared_over_the_stages() -> None:
    recipe = read_recipe(find_recipe("esrgan", "mini-2"), Recipe)
    scaled = recipe.scaled_to(40)
    assert sum(stage.iterations for stage in scaled.stages) == 40
    assert scaled.stages[0].iterations > scaled.stages[1].iterations >= 1
    assert recipe.scaled_to(None) is recipe


def test_mistakes_name_file_and_key(tmp_path: Path) -> None:
    good = yaml.safe_load(find_recipe("vdsr", "mini-2").read_text())
    file = tmp_path / "vdsr.yaml"
    file.write_text(yaml.safe_dump({**good, "batch": 0, "pach": 3}))
    two = r"vdsr\.yaml: 2 mistake\(s\)\n  batch: .*greater than or equal to 1, found 0\n  pach: "
    with pytest.raises(UsageError, match=two):
        read_recipe(file, Recipe)
    file.write_text("a: [")
    with pytest.raises(UsageError, match="not YAML"):
        read_recipe(file, Recipe)


def test_schedules_follow_the_number_of_iterations() -> None:
    rcan = read_recipe(find_recipe("rcan", None), Recipe).scaled_to(100).stages[0]
    assert rcan.iterations == 100 and rcan.train["scheduler"]["milestones"] == [20, 40, 60, 80]
    srresnet = read_recipe(find_recipe("srresnet", None), Recipe).scaled_to(7).stages[0]
    assert sum(srresnet.train["scheduler"]["periods"]) >= 7


def test_two_stages_of_one_name_are_refused(tmp_path: Path) -> None:
    good = yaml.safe_load(find_recipe("vdsr", "mini-2").read_text())
    file = tmp_path / "vdsr.yaml"
    file.write_text(yaml.safe_dump({**good, "stages": [good["stages"][0]] * 2}))
    with pytest.raises(UsageError, match="two stages of one name among vdsr, vdsr"):
        read_recipe(file, Recipe)
