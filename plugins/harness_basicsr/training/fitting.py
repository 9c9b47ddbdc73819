"""Whether a recipe's parts fit each other, asked before anything is decoded."""

from __future__ import annotations

from harness.errors import UsageError
from harness.specs import SRMethodSpec
from harness_basicsr.declared.architectures import Architecture, architecture
from harness_basicsr.training.dataset import LUMA_VIEWS
from harness_basicsr.training.judging import needs_judge
from harness_basicsr.training.recipe import Recipe, Stage

DISCRIMINATOR_SIDE = 128
"""What BasicSR's VGGStyleDiscriminator takes if its ``input_size`` is not given."""
STEREO = "StereoModel"
"""See `harness_basicsr.training.stereo_model`."""


def check(spec: SRMethodSpec, recipe: Recipe, scale: int) -> None:
    """Raise `UsageError` if the method cannot do the scale factor, or a stage does not fit network or patch."""
    if spec.scales is not None and scale not in spec.scales:
        raise UsageError(f"{spec.name} cannot do scale {scale}; it can do {', '.join(map(str, spec.scales))}")
    network = architecture(recipe.arch or spec.name)
    for stage in recipe.stages:
        for problem in _problems(stage, recipe, network, scale):
            raise UsageError(f"recipe of {spec.name}, stage {stage.name}: {problem}")


def _problems(stage: Stage, recipe: Recipe, network: Architecture, scale: int) -> list[str]:
    discriminator = stage.network_d or {}
    channels = 1 if network.view in LUMA_VIEWS else 3
    side, wanted = recipe.patch * scale, discriminator.get("input_size", DISCRIMINATOR_SIDE)
    found = []
    if needs_judge(stage) and recipe.judge is None:
        found.append("it is tuned to a recogniser: name one, such as judge: tsn")
    if stage.distil is not None and stage.pairs:
        found.append("distil sees whole clips, and pairs two frames: leave pairs out")
    found += _stereo_problems(stage, recipe, network)
    if (stage.pairs or stage.motion_weight) and recipe.flow is None:
        found.append("pairs and motion_weight need flow: name an estimator in the recipe")
    if stage.motion_weight and network.sees_clips:
        found.append(f"motion_weight is for single frames, and {network.type} restores whole clips")
    if network.sees_clips and recipe.sequence < network.shortest:
        found.append(f"{network.type} needs clips of {network.shortest} frames: set sequence: {network.shortest}")
    if network.view == "doubled-clip" and recipe.sequence % 2 == 0:
        found.append(f"{network.type} makes frames between others: set sequence: {recipe.sequence + 1}, an odd number")
    if network.sees_clips and recipe.patch < network.least:
        found.append(f"{network.type} needs frames of {network.least} pixels: set patch: {network.least}")
    if discriminator.get("num_in_ch", channels) != channels:
        given = discriminator["num_in_ch"]
        found.append(f"{network.type} restores {channels} channel(s), but network_d has num_in_ch: {given}")
    if discriminator.get("type") == "VGGStyleDiscriminator" and side != wanted:
        found.append(f"patches of {side} HR pixels, but the discriminator takes {wanted}: set patch: {wanted // scale}")
    if recipe.crops is not None and recipe.crops.stride % scale:
        found.append(f"crops: stride {recipe.crops.stride} is no multiple of scale {scale}")
    return found


def _stereo_problems(stage: Stage, recipe: Recipe, network: Architecture) -> list[str]:
    """What does not fit a network of two views, or a network of one to what only those learn by."""
    if (network.views > 1) != (stage.model == STEREO):
        return [f"model: {STEREO} trains networks of two views, and nothing else does"]
    if network.views == 1:
        return []
    found = [] if stage.pairs else [f"{STEREO} compares moments and views: set pairs: true"]
    if recipe.crops is not None:
        found.append("crops are chosen by the motion of one view: leave crops out")
    if recipe.patch % network.multiple:
        found.append(f"{network.type} needs sides that are multiples of {network.multiple}: change patch")
    return found
