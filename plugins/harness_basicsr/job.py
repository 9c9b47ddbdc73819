"""One training: what is asked for, and the frames it sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from harness.benchmark import Benchmark, full_text, load_benchmark, open_dataset, resolved_degradation
from harness.build import build_degradation, pick_device
from harness.choice import all_options, parse_choice, resolve
from harness.contracts import FlowEstimator, SRMethod
from harness.paths import home
from harness.registry import Registry, registry, resolve_import
from harness.specs import FlowSpec, SRMethodSpec
from harness.training.frame_cache import Layout, open_cache
from harness_basicsr.architectures import architecture
from harness_basicsr.recipe import Recipe, load_recipe, recipe_path


@dataclass(frozen=True)
class Job:
    """A method, the benchmark it is trained for, and how."""

    name: str
    benchmark: Benchmark
    recipe: Recipe
    out: Path
    device: torch.device
    cache: Path
    """Folder of the training split's frames, see `harness.training.frame_cache`."""

    @property
    def trained_on(self) -> str:
        return f"{parse_choice(self.benchmark.dataset).name}/{self.benchmark.train_split}"

    @property
    def checkpoint(self) -> Path:
        """Where the trained weights go."""
        return self.out / f"{self.name}-{self.benchmark.name}-x{self.benchmark.scale}.safetensors"

    def build(self) -> SRMethod:
        """The method with the trained weights."""
        factory = resolve_import(registry().get(SRMethodSpec, self.name).factory)
        method: SRMethod = factory(
            scale=self.benchmark.scale, device=self.device, weights=self.checkpoint, **self.recipe.network
        )
        return method


def prepare(name: str, benchmark: str, *, out: Path, iters: int | None, device: str) -> Job:
    """Read the recipe, make the output folder and fill the cache of frames, which other methods use as well."""
    setting = load_benchmark(benchmark)
    recipe = load_recipe(recipe_path(name, benchmark)).scaled_to(iters)
    out.mkdir(parents=True, exist_ok=True)
    return Job(name, setting, recipe, out, pick_device(device), _frames(name, setting, recipe))


def layout_of(name: str, recipe: Recipe) -> Layout:
    """What the training of a method looks at around each chosen frame.

    Whatever needs flow or a window gets one layout as long as it fits, so that the methods of a comparison share a
    cache, and with it their frames and crops.
    """
    network, flow = architecture(recipe.arch or name), recipe.flow is not None
    if network.view == "clip":
        return Layout(targets=recipe.sequence, flow=flow)
    if not flow and not network.radius:
        return Layout()
    radius = max(3, network.radius)
    return Layout(before=radius, after=radius, targets=2, flow=flow)


def _frames(name: str, setting: Benchmark, recipe: Recipe) -> Path:
    known = registry()
    dataset = open_dataset(setting, known)
    spec, options = resolved_degradation(setting, known)
    estimator, key = _flow(recipe, known)
    return open_cache(
        home() / "training-frames",
        dataset,
        dataset.clips(setting.train_split),
        build_degradation(setting, known),
        key=full_text(spec.name, options) + key,
        frames_per_clip=recipe.frames_per_clip,
        validation_clips=recipe.validation_clips,
        seed=recipe.seed,
        layout=layout_of(name, recipe),
        flow=estimator,
        progress=_print_progress,
    )


def _flow(recipe: Recipe, known: Registry) -> tuple[FlowEstimator | None, str]:
    """The recipe's flow estimator, which runs on the CPU as in a run, and its name with all options."""
    if recipe.flow is None:
        return None, ""
    choice = parse_choice(recipe.flow)
    spec = known.get(FlowSpec, choice.name)
    options = all_options(resolve(choice, spec), spec)
    estimator: FlowEstimator = resolve_import(spec.factory)(device=torch.device("cpu"), **options)
    return estimator, f" {full_text(spec.name, options)}"


def _print_progress(done: int, total: int) -> None:
    if done % max(1, total // 10) == 0 or done == total:
        print(f"decoding and degrading: {done} of {total} clips", flush=True)
