"""A check, running a list of them, and the comparisons they share."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from harness.contracts import Wants
from harness.errors import ContractError, HarnessError

TOLERANCE = 1e-4
"""Largest difference of values in [0, 1] that counts as equal: a fortieth of an 8-bit level."""
CLIP_LENGTHS = (1, 2, 5, 20, 300)


@dataclass(frozen=True)
class Check:
    """One line of a report: what was checked, whether it held, and what was seen."""

    name: str
    ok: bool
    detail: str = ""
    missing: bool = False
    """Not ok only because weights or a package are not installed, so that what needs them could not be checked."""


Test = Callable[[], str | None]


def run_tests(tests: Iterable[tuple[str, Test]]) -> list[Check]:
    """Run tests in order. What a test returns is the detail of a pass; what it raises is the detail of a failure."""
    return [run_test(name, test) for name, test in tests]


def run_test(name: str, test: Test) -> Check:
    """Run one test."""
    try:
        return Check(name, True, test() or "")
    except Exception as error:  # the code under test is a plugin's: what it raises is a finding, and is shown
        return Check(name, False, describe(error))


def describe(error: Exception) -> str:
    """An error in one line, with its origin unless it is one of the harness's own."""
    text = str(error).split("\n")[0] or "(no message)"
    if isinstance(error, HarnessError):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}{where}"


def require(checks: Sequence[Check]) -> None:
    """Raise `ContractError` listing every check that failed, if any."""
    failed = [check for check in checks if not check.ok]
    if failed:
        lines = "\n".join(f"  {check.name}: {check.detail}" for check in failed)
        raise ContractError(f"{len(failed)} of {len(checks)} checks failed\n{lines}")


def expect(holds: bool, message: str) -> None:
    """Raise `ContractError` with `message` unless `holds`."""
    if not holds:
        raise ContractError(message)


def expect_tensor(found: object, shape: Sequence[int], device: torch.device) -> Tensor:
    """Return `found` if it is a tensor of finite floats with that shape and device; else raise `ContractError`."""
    if not isinstance(found, Tensor):
        raise ContractError(f"returned {type(found).__name__}; expected a torch.Tensor")
    expect(tuple(found.shape) == tuple(shape), f"returned shape {tuple(found.shape)}; expected {tuple(shape)}")
    expect(found.is_floating_point(), f"returned {found.dtype}; expected floating-point numbers")
    expect(found.device.type == device.type, f"returned a tensor on {found.device}; the input was on {device}")
    bad = int((~torch.isfinite(found)).sum())
    expect(bad == 0, f"returned {bad} values that are NaN or infinite")
    return found


def expect_equal(found: Tensor, wanted: Tensor, tolerance: float = TOLERANCE) -> str:
    """Raise `ContractError` unless two tensors agree; otherwise return the largest difference in words."""
    difference = float((found - wanted).abs().max()) if found.numel() else 0.0
    expect(difference <= tolerance, f"largest difference {difference:.3g}; at most {tolerance:g} is allowed")
    return f"largest difference {difference:.1g}"


def expect_wants(wants: Callable[[int], Wants]) -> str:
    """Raise `ContractError` unless `wants` names existing frames, and the same ones twice, for clips of all lengths."""
    for length in CLIP_LENGTHS:
        first = wants(length)
        expect(isinstance(first, Wants), f"wants({length}) returned {type(first).__name__}; expected Wants")
        outside = sorted(frame for frame in first.all_frames() if not 0 <= frame < length)
        expect(not outside, f"wants({length}) names frames {outside[:5]}, which such a clip does not have")
        expect(wants(length) == first, f"wants({length}) differs when called again")
    return f"clips of {', '.join(map(str, CLIP_LENGTHS))} frames"


def expect_untouched(call: Callable[[Tensor], object], given: Tensor) -> None:
    """Raise `ContractError` if `call` changes the tensor it is given."""
    before = given.clone()
    call(given)
    expect(bool(torch.equal(given, before)), "the input was changed in place; work on a copy")
