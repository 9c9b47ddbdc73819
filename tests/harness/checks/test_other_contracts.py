"""The contracts of everything but SR methods: correct objects pass, and each fault is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.checks import (
    Check,
    check_dataset,
    check_declaration,
    check_degradation,
    check_flow,
    check_probe,
    check_recognizer,
    drifting_texture,
    require,
    synthetic_clip,
)
from harness.contracts import Measurement, Sample, Wants
from harness.datasets.annotated import AnnotatedDataset
from harness.specs import Column, DegradationSpec, RecognizerSpec, SRMethodSpec, Weights
from harness.video.degrade import Bicubic
from harness.video.frames import Bytes, to_tensor, to_uint8


def failed(checks: Sequence[Check]) -> set[str]:
    return {check.name for check in checks if not check.ok}


def test_synthetic_clips_move_as_documented() -> None:
    clip = synthetic_clip(7, 20, 24)
    assert clip.shape == (7, 3, 20, 24) and 0 <= float(clip.min()) < float(clip.max()) <= 1
    assert not torch.equal(clip[0], clip[1])
    drifting = drifting_texture(3, 20, 24, right=2, down=1)
    assert torch.equal(drifting[1][:, 1:, 2:], drifting[0][:, :-1, :-2])
    assert not torch.equal(drifting[1], drifting[0])


class Stream:
    """A recogniser of five classes: projections of the mean picture, or of the mean flow."""

    def __init__(self, temporal: bool = False) -> None:
        self.temporal = temporal
        self.weights = torch.arange(10.0).reshape(5, 2).sin()

    def wants(self, num_frames: int) -> Wants:
        last = num_frames - 1
        if self.temporal:
            return Wants(pairs=tuple((min(i, last), min(i + 1, last)) for i in range(4)))
        return Wants(frames=(0, last // 2, last))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        seen = flow if self.temporal else frames
        left = seen[..., : seen.shape[-1] // 2].mean((1, 2, 3)).mean()
        return self.weights @ torch.stack([left, seen.mean()])


class Changed(Stream):
    """A stream with one of its functions changed."""

    def __init__(self, temporal: bool = False, **changes: Callable[..., Any]) -> None:
        super().__init__(temporal)
        for name, change in changes.items():
            setattr(self, name, lambda *given, original=getattr(self, name), change=change: change(original, *given))


@pytest.mark.parametrize("stream", ["spatial", "temporal"])
def test_a_correct_recogniser_passes(stream: str) -> None:
    require(check_recognizer(Stream(stream == "temporal"), stream=stream, num_classes=5))


RECOGNIZER_FAULTS: dict[str, tuple[dict[str, Callable[..., Any]], set[str]]] = {
    "beyond the end": ({"wants": lambda wants, n: Wants(frames=(0, n // 2, n))}, {"wanted frames"}),
    "before the start": ({"wants": lambda wants, n: Wants(frames=(-1, 0))}, {"wanted frames"}),
    "short clips": ({"wants": lambda wants, n: Wants(frames=tuple(range(25)))}, {"wanted frames", "one frame"}),
    "random frames": (
        {"wants": lambda wants, n: Wants(frames=(int(torch.randint(0, n, (1,))),))}, {"wanted frames"}),
    "pairs in the spatial stream": ({"wants": lambda wants, n: Wants(pairs=((0, n - 1),))}, {"looks at"}),
    "number of classes": ({"scores": lambda scores, f, v: scores(f, v)[:4]}, {"scores"}),
    "batch dimension": ({"scores": lambda scores, f, v: scores(f, v)[None]}, {"scores"}),
    "NaN": ({"scores": lambda scores, f, v: scores(f, v) / 0 - torch.inf}, {"scores"}),
    "dropout": ({"scores": lambda scores, f, v: scores(f, v) + torch.rand(5)}, {"determinism"}),
    "constant": ({"scores": lambda scores, f, v: torch.zeros(5)}, {"depends on the clip"}),
    "one size": ({"scores": lambda scores, f, v: scores(f.reshape(-1, 3, 112, 112), v)}, {"odd sizes"}),
    "in place": ({"scores": lambda scores, f, v: scores(f.sub_(0.4), v)}, {"input untouched"}),
}  # fmt: skip


@pytest.mark.parametrize("name", RECOGNIZER_FAULTS)
def test_every_fault_of_a_recogniser_is_found(name: str) -> None:
    changes, expected = RECOGNIZER_FAULTS[name]
    assert expected <= failed(check_recognizer(Changed(**changes), stream="spatial", num_classes=5))


class Translation:
    """One whole-pixel translation per pair by exhaustive search, independent of the project's estimators."""

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        flows = []
        for a, b in zip(first, second, strict=True):
            shifts = [(u, v) for u in range(-4, 5) for v in range(-4, 5)]
            moved = [b.roll((-v, -u), (1, 2)) for u, v in shifts]
            error = [float((a - m)[:, 8:-8, 8:-8].square().sum()) for m in moved]
            u, v = shifts[error.index(min(error))]
            flows.append(torch.tensor([float(u), float(v)])[:, None, None].expand(2, *a.shape[1:]))
        return torch.stack(flows)


FLOW_FAULTS: dict[str, tuple[Callable[[Tensor], Tensor], set[str]]] = {
    "the other way": (lambda flow: -flow, {"direction"}),
    "row before column": (lambda flow: flow.flip(1), {"direction"}),
    "share of the width": (lambda flow: flow / flow.shape[-1], {"direction"}),
    "channels last": (lambda flow: flow.permute(0, 2, 3, 1), {"shape, type and device", "odd sizes"}),
    "never still": (lambda flow: flow + 1, {"still picture", "direction"}),
    "noise": (lambda flow: flow + 0.1 * torch.rand_like(flow), {"determinism"}),
    "mean of the batch": (lambda flow: flow + len(flow) - 1, {"batch independence"}),
}


def test_a_correct_flow_estimator_passes() -> None:
    require(check_flow(Translation()))


@pytest.mark.parametrize("name", FLOW_FAULTS)
def test_every_fault_of_a_flow_estimator_is_found(name: str) -> None:
    fault, expected = FLOW_FAULTS[name]

    class Wrong(Translation):
        def flow(self, first: Tensor, second: Tensor) -> Tensor:
            return fault(super().flow(first, second))

    assert expected <= failed(check_flow(Wrong()))


DEGRADATION_FAULTS: dict[str, tuple[Callable[[Tensor], Tensor], set[str]]] = {
    "too large": (lambda lr: lr[..., :-1], {"shape and type"}),
    "0 to 255": (lambda lr: lr * 255, {"range", "likeness"}),
    "BGR": (lambda lr: lr.flip(1), {"likeness"}),
    "noise": (lambda lr: (lr + 0.01 * torch.rand_like(lr)).clamp(0, 1), {"determinism"}),
    "drops a frame": (lambda lr: lr[1:], {"shape and type", "one frame"}),
}


@pytest.mark.parametrize("name", DEGRADATION_FAULTS)
def test_every_fault_of_a_degradation_is_found(name: str) -> None:
    fault, expected = DEGRADATION_FAULTS[name]

    class Wrong(Bicubic):
        def degrade(self, hr: Tensor) -> Tensor:
            return fault(super().degrade(hr))

    assert expected <= failed(check_degradation(Wrong(scale=4), scale=4))
    require(check_degradation(Bicubic(scale=4), scale=4))
    assert failed(check_degradation(Bicubic(scale=4), scale=2)) >= {"scale", "shape and type"}


class Speckled(Bicubic):
    """Bicubic frames with noise that is drawn by the clip's id. With a `fault`, in the way that its name says."""

    def __init__(self, fault: str = "") -> None:
        super().__init__(scale=4)
        self.fault, self.shared = fault, np.random.default_rng(0)

    def degrade_clip(self, frames: Iterator[Bytes], clip_id: str) -> Iterator[Bytes]:
        seed = 0 if self.fault == "ignores the id" else int.from_bytes(clip_id.encode(), "big")
        draw = self.shared if self.fault == "one generator for all" else np.random.default_rng(seed)
        for number, frame in enumerate(frames):
            low = to_uint8(self.degrade(to_tensor(frame[None])))[0]
            noisy = low ^ (draw.random(low.shape) < 0.1).astype(np.uint8)
            if not (self.fault == "drops a frame" and number == 3):
                yield noisy.astype(float) if self.fault == "other numbers" else noisy  # type: ignore[misc]


DRAWN_FAULTS = {
    "ignores the id": {"a clip's own draw"},
    "one generator for all": {"a clip's own draw", "clips at once"},
    "drops a frame": {"whole clip"},
    "other numbers": {"whole clip"},
}


@pytest.mark.parametrize("fault", DRAWN_FAULTS)
def test_every_fault_of_a_degradation_that_draws_is_found(fault: str) -> None:
    assert failed(check_degradation(Speckled(fault), scale=4)) == DRAWN_FAULTS[fault]
    require(check_degradation(Speckled(), scale=4))


class Brightness:
    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.calls = 0

    def wants(self, num_frames: int) -> Wants:
        beyond = 1 if self.fault == "beyond" else 0
        return Wants(frames=(0, num_frames - 1 + beyond))

    def measure(self, sample: Sample) -> Measurement:
        self.calls += 1
        frames = list(range(sample.num_frames)) if self.fault == "unannounced" else [0, sample.num_frames - 1]
        value = float(sample.sr(frames).mean()) + (self.calls if self.fault == "counts" else 0)
        if self.fault == "one frame" and sample.num_frames == 1:
            value = float("nan")
        key = "brightness" if self.fault != "misspelt" else "britghness"
        return Measurement({key: value, "undefined": None}, {"levels": np.zeros(3, dtype=np.float32)})


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", set()),
        ("beyond", {"wanted frames"}),
        ("unannounced", {"numbers"}),
        ("counts", {"determinism"}),
        ("one frame", {"one frame"}),
        ("misspelt", {"declared columns"}),
    ],
)
def test_faults_of_a_probe_are_found(fault: str, expected: set[str]) -> None:
    found = failed(check_probe(Brightness(fault), scale=4, columns=(Column("brightness", "brightness"),)))
    assert expected <= found and bool(found) == bool(expected)


def test_a_correct_data_set_passes_and_a_wrong_label_is_found(made_clips: Callable[..., Path]) -> None:
    folder = made_clips()
    require(check_dataset(AnnotatedDataset(folder, "made")))
    table = folder / "test.csv"
    table.write_text(table.read_text().replace("clip_1,test/clip_1.mp4,1", "clip_1,test/clip_1.mp4,7"))
    assert failed(check_dataset(AnnotatedDataset(folder, "made"))) == {"splits", "split test"}


WEIGHTS = Weights("mini-2", "a" * 64, "mini-2/train", "MIT", url="https://example.org/w.safetensors", scale=4)
METHOD = SRMethodSpec("mine", "a method", "harness.methods:Bicubic")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (METHOD, set()),
        (replace(METHOD, needs_weights=True, weights=(WEIGHTS,)), set()),
        (replace(METHOD, name="a+b"), {"name"}),
        (replace(METHOD, name="all"), {"name"}),
        (replace(METHOD, summary=""), {"summary"}),
        (replace(METHOD, summary="two\nlines"), {"summary"}),
        (replace(METHOD, licence=""), {"licence"}),
        (replace(METHOD, factory="harness.methods:Bicubik"), {"factory"}),
        (replace(METHOD, factory="harness.methods:torch"), {"factory"}),
        (replace(METHOD, options={"depth": 3}), {"factory"}),
        (replace(METHOD, factory="harness.weights.catalogue:find"), {"factory"}),
        (replace(METHOD, needs_weights=True), {"weights"}),
        (replace(METHOD, weights=(replace(WEIGHTS, sha256="abc"),)), {"weights"}),
        (replace(METHOD, weights=(replace(WEIGHTS, file="harness:w.pth"),)), {"weights"}),
        (replace(METHOD, weights=(replace(WEIGHTS, licence=""),)), {"weights"}),
        (replace(METHOD, weights=(replace(WEIGHTS, trained_on=""),)), {"weights"}),
        (replace(METHOD, weights=(replace(WEIGHTS, options={"width": 2}),)), {"weights"}),
        (replace(METHOD, trainer="harness.methods:train"), {"trainer"}),
        (replace(METHOD, scales=()), {"scales"}),
        (replace(METHOD, source="sr"), {"scales"}),
        (DegradationSpec("d", "blur", "harness.video.degrade:Bicubic"), {"option scale"}),
        (
            DegradationSpec("d", "blur", "harness.video.degrade:Bicubic", options={"scale": 4}, severities=5),
            {"severities"},
        ),
        (RecognizerSpec("r", "net", "builtins:dict", streams=("sound",), needs_weights=False), {"streams"}),
    ],
)
def test_correct_declarations_pass_and_each_fault_is_found(spec: Any, expected: set[str]) -> None:
    assert failed(check_declaration(spec)) == expected
