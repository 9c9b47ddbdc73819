"""Half precision against full: how far results are from each other. Only what is declared as safe can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import log10

import torch
from torch import Tensor, nn

from harness.checks.base import Check, expect, run_test
from harness.checks.clips import synthetic_clip
from harness.checks.recognizer import inputs_of
from harness.checks.sr_method import asked
from harness.contracts import SRMethod, StreamRecognizer
from harness.planning.computing import HALVES
from harness.running.precision import halve_method, halve_recognizer

LEAST_PSNR = 45.0
"""dB from full precision that are expected of what is declared as safe; rounding to 8 bits alone is at 59."""
SEEDS = range(4)


def check_half_method(build: Callable[[], SRMethod], device: torch.device, declared: str = "") -> Iterator[Check]:
    """What half precision changes of a network's frames, for every precision that makes sense on `device`.

    `build` makes the method anew, each time in full precision. Nothing is checked of what keeps no `network`.
    """
    if not isinstance(getattr(build(), "network", None), nn.Module):
        return
    for precision in tried_on(device):
        yield _tried(precision, declared, partial(_psnr, build, precision, device))


def check_half_recognizer(
    recognizer: StreamRecognizer, device: torch.device, declared: str = "", precisions: Sequence[str] | None = None
) -> Iterator[Check]:
    """How often half precision keeps the first class, and how far scores move.

    Without `precisions` only on a GPU: a processor without instructions for bf16 takes ten times as long as in fp32.
    """
    if precisions is None:
        precisions = () if device.type == "cpu" else tried_on(device)
    for precision in precisions:
        yield _tried(precision, declared, partial(_agreement, recognizer, precision, device))


def tried_on(device: torch.device) -> tuple[str, ...]:
    """Processors have instructions for bf16 alone."""
    return HALVES[:1] if device.type == "cpu" else HALVES


def _tried(precision: str, declared: str, test: Callable[[bool], str]) -> Check:
    found = run_test(f"in {precision}", partial(test, precision == declared))
    if found.ok or precision == declared:
        return found
    return Check(found.name, True, f"not to be had, and not declared: {found.detail}")


def _psnr(build: Callable[[], SRMethod], precision: str, device: torch.device, declared: bool) -> str:
    full, half = build(), build()
    halve_method(half, precision, device)
    lr = synthetic_clip().to(device)
    with torch.inference_mode():
        wanted, found = (asked(method, lr.clone(), [3]).float().clamp(0, 1) for method in (full, half))
    expect(bool(torch.isfinite(found).all()), "frames are not finite")
    decibels = -10 * log10(max(float((found - wanted).square().mean()), 1e-12))
    seen = f"{decibels:.1f} dB from fp32"
    expect(not declared or decibels >= LEAST_PSNR, f"{seen}; declared as half, so at least {LEAST_PSNR:g} are expected")
    return seen


def _agreement(recognizer: StreamRecognizer, precision: str, device: torch.device, declared: bool) -> str:
    half = halve_recognizer(recognizer, precision, device)
    full = torch.stack([_scores(recognizer, seed, device) for seed in SEEDS])
    found = torch.stack([_scores(half, seed, device) for seed in SEEDS])
    expect(bool(torch.isfinite(found).all()), "scores are not finite")
    same = int((full.argmax(1) == found.argmax(1)).sum())
    difference = float((full - found).abs().max())
    seen = f"{same} of {len(SEEDS)} clips keep their class, scores differ by up to {difference:.2g}"
    expect(not declared or same == len(SEEDS), f"{seen}; declared as half, so all should")
    return seen


def _scores(recognizer: StreamRecognizer, seed: int, device: torch.device) -> Tensor:
    with torch.inference_mode():
        return recognizer.scores(*inputs_of(recognizer, 20, 112, 112, seed, device)).float()
