"""Every recipe that is shipped: it can be read, fits its network, and names what BasicSR's registries know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import harness_sosr.train  # noqa: F401
import harness_tosr.train  # noqa: F401  (they register with basicsr)
from harness.choice import parse_choice, resolve
from harness.paths import benchmarks_folder
from harness.registry import registry
from harness.specs import FlowSpec, SRMethodSpec
from harness.training.recipes import read_recipe
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.networks.registered import create, find_class
from harness_basicsr.training import spmc_model, sr4ir_model, std_model, stereo_model  # noqa: F401
from harness_basicsr.training.fitting import check
from harness_basicsr.training.job import window_of
from harness_basicsr.training.losses import perceptual, published_losses, task_driven  # noqa: F401
from harness_basicsr.training.options import stage_options
from harness_basicsr.training.recipe import Recipe

from basicsr.archs import vgg_arch  # isort: skip
from basicsr.losses import build_loss  # isort: skip
from basicsr.models import MODEL_REGISTRY, lr_scheduler  # isort: skip

FOLDER = benchmarks_folder() / "training"
RECOGNISERS = ("tsn", "stresnet", "attentive", "coupled")
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if not path.stem.startswith(RECOGNISERS))
RECIPES = pytest.mark.parametrize("file", FILES, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())


def method_of(file: Path) -> str:
    """A row of an ablation, and what starts from published weights, is a recipe of sosr or tosr; a row of the study of
    distillation is one of the network that its name begins with."""
    if file.parent.name == "sr4ir":
        return "edsr"
    if file.stem == "rrdb":
        return "esrgan"
    shared = file.parent.name in ("ablation", "published")
    if file.parent.name == "std":
        return file.stem.split("-")[0]
    return ("tosr" if file.stem.startswith("tosr") else "sosr") if shared else file.stem


@pytest.fixture(autouse=True)
def small_vgg(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers of VGG-19 in place of its weights, which torchvision would download."""

    class Untrained(nn.Module):
        features = nn.Sequential(*(nn.Identity() for _ in range(37)))

    monkeypatch.setattr(vgg_arch.vgg, "vgg19", lambda **_: Untrained())


def test_there_are_recipes_to_look_at() -> None:
    papers = {path.stem for path in FILES if path.parent.name == "paper"}
    assert papers >= {
        "vdsr",
        "srresnet",
        "srgan",
        "edsr",
        "rcan",
        "esrgan",
        "swinir",
        "spmc",
        "sosr",
        "tosr",
        "vdsr-tc",
    }
    assert papers >= {"duf16", "duf28", "duf52"}
    assert sum(path.parent.name == "ablation" and path.parts[-3] == "mini-2" for path in FILES) == 11


@RECIPES
def test_a_shipped_recipe_fits(file: Path, tmp_path: Path) -> None:
    recipe, name = read_recipe(file, Recipe), method_of(file)
    check(registry().get(SRMethodSpec, name), recipe, scale=4)
    window_of(name, recipe)
    network = arguments_of(recipe.arch or name, 4, recipe.network)
    find_class(network["type"])
    if network["type"] != "SwinIR":  # computes with numbers while it is built
        with torch.device("meta"):
            assert sum(p.numel() for p in create(network).parameters()) > 1000
    if recipe.flow:
        choice = parse_choice(recipe.flow)
        resolve(choice, registry().get(FlowSpec, choice.name))
    for stage in recipe.stages:
        options = stage_options(
            name, recipe, stage, scale=4, cache=tmp_path, start=None, state=None, done=0, use_gpu=False
        )
        assert stage.model in MODEL_REGISTRY
        check_training(options["train"])
        if stage.network_d:
            with torch.device("meta"):
                create(stage.network_d)


def check_training(train: dict[str, object]) -> None:
    for loss in list(sections(train)):
        build_loss(loss)
    kind = dict(train["scheduler"])  # type: ignore[call-overload]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    kind_name = {"MultiStepLR": "MultiStepRestartLR"}.get(kind["type"], kind["type"])
    getattr(lr_scheduler, kind_name)(optimizer, **{key: value for key, value in kind.items() if key != "type"})
    assert sum(kind.get("periods", [train["total_iter"]])) == train["total_iter"]


def sections(train: dict[str, object]) -> Iterator[dict[str, object]]:
    for key in ("pixel_opt", "perceptual_opt", "gan_opt", "pair_opt", "motion_opt", "consistency_opt"):
        if isinstance(section := train.get(key), dict):
            yield section


def test_stages_that_an_ablation_shares_are_the_same() -> None:
    """What is trained once may be copied from row to row."""
    first: dict[str, Recipe] = {}
    same = {"arch", "network", "seed", "frames_per_clip", "patch", "batch", "flow", "crops"}
    for file in (path for path in FILES if path.parent.name == "ablation"):
        recipe = read_recipe(file, Recipe)
        known = first.setdefault(str(recipe.arch), recipe)
        assert recipe.stages[0] == known.stages[0]
        assert recipe.model_dump(include=same) == known.model_dump(include=same)
    for method, arch in (("sosr", "esrgan"), ("tosr", "duf16")):
        whole = read_recipe(FOLDER / "mini-2" / f"{method}.yaml", Recipe)
        assert whole.model_dump(include=same - {"arch"}) == first[arch].model_dump(include=same - {"arch"})
        assert whole.stages[0] == first[arch].stages[0]


def test_the_complete_row_is_the_recipe_sosr() -> None:
    whole, row = (read_recipe(FOLDER / "mini-2" / f"{name}.yaml", Recipe) for name in ("sosr", "ablation/esrgan-all"))
    assert whole.stages[1].model_copy(update={"name": row.stages[1].name}) == row.stages[1]


def test_the_rows_over_span_differ_in_their_losses_alone() -> None:
    rows = {path.stem: read_recipe(path, Recipe) for path in (FOLDER / "published").glob("sosr-span*.yaml")}
    assert len(rows) == 5
    whole = rows["sosr-span"]
    for recipe in rows.values():
        assert recipe.model_dump(exclude={"stages", "notes"}) == whole.model_dump(exclude={"stages", "notes"})
        (stage,) = recipe.stages
        assert stage.iterations == whole.stages[0].iterations
        same = {key: stage.train[key] for key in ("optim_g", "scheduler", "ema_decay")}
        assert same == {key: whole.stages[0].train[key] for key in same}
