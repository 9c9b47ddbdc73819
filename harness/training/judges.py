"""Recognisers that SR methods are trained for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.contracts import JudgingStream
from harness.errors import UsageError, WeightsMissingError
from harness.planning.building import Given, build
from harness.planning.cells import Part
from harness.planning.plan import stream_parts
from harness.planning.resolving import resolve_given
from harness.specs import OptionValue, RecognizerSpec
from harness.training.setting import Setting

STREAM = "spatial"
"""The stream that looks at single frames."""


@dataclass(frozen=True)
class Judge:
    """The spatial stream of a recogniser under a benchmark's protocol. Made by `judge_of`."""

    part: Part[RecognizerSpec]
    setting: Setting

    @property
    def name(self) -> str:
        return self.part.spec.name

    @property
    def title(self) -> str:
        """Name and weights in a few words."""
        return f"{self.name} ({self.part.weights.tag if self.part.weights else 'weights of your own'})"

    @property
    def text(self) -> str:
        """Everything that its features depend on."""
        return self.part.text()

    @property
    def options(self) -> Mapping[str, OptionValue]:
        """Options that differ from the declared defaults and make its network, without the benchmark's protocol."""
        given = resolve_given(self.part)
        fixed = self.setting.benchmark.recognizers.get(self.name, {}) if self.setting.benchmark else {}
        return {key: value for key, value in given.items() if key not in fixed and key not in ("checkpoint", "weights")}

    @cached_property
    def stream(self) -> JudgingStream:
        """The live stream. Raises `UsageError` if it does not show what its network makes of single frames."""
        classes = tuple(self.setting.dataset.classes)
        built = build(self.part, Given(device=self.setting.device, classes=classes))
        if not isinstance(built, JudgingStream):
            raise UsageError(
                f"judge: {self.name} does not show features of single frames (harness.contracts.JudgingStream); name a "
                "recogniser that does, such as those that `harness train` trains"
            )
        return built

    @cached_property
    def labels(self) -> Mapping[str, int]:
        """The class of each training clip, by its id."""
        return {clip.id: clip.label for clip in self.setting.clips}


def judge_of(text: str, setting: Setting) -> Judge:
    """The spatial stream of the recogniser ``NAME`` or ``NAME:option=value``.

    Raises `UsageError` without a benchmark, whose classes it knows, and for a recogniser without a spatial stream;
    `WeightsMissingError` if its weights are not here.
    """
    if setting.benchmark is None:
        raise UsageError(f"judge: {text} knows the classes of a benchmark: give --benchmark instead of videos alone")
    parts = {part.stream: part for part in stream_parts(text, setting.registry, setting.benchmark)}
    if STREAM not in parts:
        raise UsageError(f"judge: {text} has no spatial stream; frames are judged by one")
    if parts[STREAM].missing:
        raise WeightsMissingError(f"judge: {parts[STREAM].missing}")
    return Judge(parts[STREAM], setting)
