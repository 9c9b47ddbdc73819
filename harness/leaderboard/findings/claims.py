"""What a finding claims, and the verdict that a run allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from harness.leaderboard.accuracy import uses_ceiling
from harness.leaderboard.findings.evidence import FAMILY, Evidence

MINUS = "\u2212"
HOLDS, FAILS, OPEN, MISSING = "holds", "does not hold", "cannot be told apart", "not measured"


@dataclass(frozen=True)
class Judgement:
    """One comparison: an estimate with its 95 % interval, on how much data it rests, and what follows.

    `estimate`, `low` and `high` are in `unit`, None if nothing was measured; `sides` says what was compared, in
    numbers; `details` are lines to unfold.
    """

    what: str
    verdict: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = "points"
    sides: str = ""
    scope: str = ""
    details: Sequence[str] = ()


class Claim(Protocol):
    """Something that a run can speak for or against."""

    @property
    def reading(self) -> str:
        """How to read its judgements; empty if what the page says about all claims is enough."""

    def judge(self, evidence: Evidence) -> list[Judgement]: ...


@dataclass(frozen=True)
class Finding:
    """A statement of a publication. It holds when all claims do, or with `any_claim` when one does."""

    statement: str
    claims: tuple[Claim, ...]
    any_claim: bool = False

    def verdict(self, judgements: Sequence[Judgement]) -> str:
        """From the verdicts on the claims; if one was not measured there is no verdict, unless one is enough."""
        found = [judgement.verdict for judgement in judgements]
        if self.any_claim:
            found = [verdict for verdict in found if verdict != MISSING]
        if not found or MISSING in found:
            return MISSING
        decisive, rest = (HOLDS, FAILS) if self.any_claim else (FAILS, HOLDS)
        if decisive in found:
            return decisive
        return rest if set(found) == {rest} else OPEN


@dataclass(frozen=True)
class Contrast:
    """In one stream, the mean accuracy of `higher` is above that of `lower`.

    A name is a row's, or ``@family`` for all lone methods of a family. An `optional` contrast is left out if one of
    its sides was not measured.
    """

    stream: str
    higher: tuple[str, ...]
    lower: tuple[str, ...]
    optional: bool = False
    reading: ClassVar[str] = ""

    def judge(self, evidence: Evidence) -> list[Judgement]:
        sides = [evidence.members(self.stream, names) for names in (self.higher, self.lower)]
        if not all(sides):
            what = _what(self.stream, _side(self.higher), _side(self.lower))
            return [] if self.optional else [Judgement(what, MISSING)]
        named = [_side(names, own) for names, own in zip((self.higher, self.lower), sides, strict=True)]
        return [_measured(evidence, self.stream, sides, _what(self.stream, *named))]


@dataclass(frozen=True)
class Leads:
    """In one stream, a row is above the best lone method, the floor, and the best of the other pairs of the run."""

    stream: str
    name: str
    reading: ClassVar[str] = ""

    def judge(self, evidence: Evidence) -> list[Judgement]:
        rows = evidence.hit[self.stream]
        if self.name not in rows:
            return [Judgement(_what(self.stream, self.name, "every other"), MISSING)]
        pairs = [p for p in rows if p in evidence.pairs and p != self.name and not uses_ceiling(p)]
        parts = [self._against("best lone method", [m for m in evidence.lone(self.stream) if m != self.name], evidence)]
        parts.append(self._against("floor", [evidence.floor] * (evidence.floor in rows), evidence))
        return [*parts, self._against("best other pair", pairs, evidence)] if pairs else parts

    def _against(self, role: str, rivals: Sequence[str], evidence: Evidence) -> Judgement:
        if not rivals:
            return Judgement(_what(self.stream, self.name, role), MISSING)
        best = min(rivals, key=lambda name: (-evidence.top1(self.stream, name), name))
        what = _what(self.stream, self.name, f"{best} ({role})")
        return _measured(evidence, self.stream, [[self.name], [best]], what)


def _measured(evidence: Evidence, stream: str, sides: Sequence[Sequence[str]], what: str) -> Judgement:
    found = evidence.difference(stream, sides[0], sides[1])
    verdict = OPEN if not found.told_apart else HOLDS if found.value > 0 else FAILS
    values = [_mean_top1(evidence, stream, names) for names in sides]
    sides_text = f"{values[0]:.1f} % against {values[1]:.1f} %"
    return Judgement(what, verdict, found.value, found.low, found.high, sides=sides_text, scope=evidence.scope)


def _mean_top1(evidence: Evidence, stream: str, names: Sequence[str]) -> float:
    return sum(evidence.top1(stream, name) for name in names) / len(names)


def _what(stream: str, higher: str, lower: str) -> str:
    return f"{stream}: {higher} {MINUS} {lower}"


def _side(names: Sequence[str], members: Sequence[str] = ()) -> str:
    """``perceptual methods (esrgan, sosr)`` for a family, the name itself for a row."""
    families = [name.removeprefix(FAMILY) for name in names if name.startswith(FAMILY)]
    if not families:
        return ", ".join(names)
    return f"{' and '.join(families)} methods" + (f" ({', '.join(members)})" if members else "")
