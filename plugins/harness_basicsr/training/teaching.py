"""The network that ``--teacher`` names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.specs import SRMethodSpec
from harness.training.setting import Setting
from harness_basicsr.declared.architectures import ARCHITECTURES, Architecture, architecture, arguments_of
from harness_basicsr.training.recipe import Recipe
from harness_basicsr.training.starting import Start, starting_point


@dataclass(frozen=True)
class Teacher:
    """A network with its weights."""

    arch: str
    start: Start
    network: Mapping[str, Any]
    """As BasicSR's option files describe it."""

    @property
    def name(self) -> str:
        """For people: the method and its weights."""
        return self.start.name if self.start.options is not None else f"{self.arch} {self.start.name}"


def teacher_of(text: str | None, student: str, recipe: Recipe, setting: Setting) -> Teacher | None:
    """The teacher ``METHOD:TAG`` or ``METHOD:FILE`` for a student network; None for a recipe that learns without one.

    Raises `UsageError` if the recipe and ``--teacher`` do not agree, or a network cannot teach or be taught, and
    `WeightsMissingError` with the command that gets the weights.
    """
    if recipe.distils:
        require_feature(student)
    if not recipe.taught:
        if text is not None:
            raise UsageError(
                f"--teacher {text}: this recipe learns from no teacher; leave it out, or give --recipe std"
            )
        return None
    if text is None:
        raise UsageError("this recipe learns from a teacher: give --teacher METHOD:TAG, such as basicvsr:vimeo-bi")
    name, _, weights = text.partition(":")
    specs = setting.registry.all(SRMethodSpec)
    arch = str(specs[name].options.get("arch") or name) if name in specs else name
    if not weights or arch not in ARCHITECTURES:
        raise UsageError(
            f"--teacher {text}: not METHOD:TAG or METHOD:FILE of a network of BasicSR; methods that can teach: "
            + ", ".join(_able())
        )
    require_feature(arch)
    start = starting_point(weights, arch, setting, f"--teacher {text}")
    teacher = Teacher(arch, start, arguments_of(arch, setting.scale, start.options or {}))
    _check(architecture(arch), recipe, arch)
    return teacher


def require_feature(arch: str) -> None:
    """Raise `UsageError` for a network that declares no feature of HR size."""
    if architecture(arch).feature is None:
        raise UsageError(
            f"{arch} declares no feature of HR size, so it can neither teach nor be taught; these do: "
            + ", ".join(_able())
        )


def _able() -> list[str]:
    return sorted(name for name, entry in ARCHITECTURES.items() if entry.feature is not None)


def _check(entry: Architecture, recipe: Recipe, arch: str) -> None:
    """Raise `UsageError` if the examples are too small for the teacher."""
    if recipe.patch < entry.least:
        raise UsageError(f"the teacher {arch} needs frames of {entry.least} pixels: set patch: {entry.least}")
    if recipe.patch % entry.multiple:
        raise UsageError(f"the teacher {arch} needs sides that are multiples of {entry.multiple}: change patch")
    if entry.view == "clip" and recipe.sequence < entry.shortest:
        raise UsageError(f"the teacher {arch} needs clips of {entry.shortest} frames: set sequence: {entry.shortest}")
