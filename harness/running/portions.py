"""The portions of a clip, so that memory does not grow with it: which frames, how long, and for which probes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.contracts import Pair, PortionedProbe, Probe, Wants
from harness.errors import ContractError
from harness.running.clock import Clock

Spans = Mapping[int, tuple[int, int]]
"""By its number, the first and the last portion for which a frame is needed."""


@dataclass(frozen=True)
class Look:
    """What a probe looks at in a clip: unit by unit, or, if it cannot, everything at once after the last portion."""

    wants: Wants
    units: Sequence[Wants] | None = None


@dataclass(frozen=True)
class Portion:
    """Wanted frames that are restored together, and what probes look at as soon as they are."""

    number: int
    is_last: bool
    frames: Sequence[int]
    units: Mapping[str, Sequence[Wants]]
    """By the label of the probe; of those that look at the whole clip at once there are none."""
    last_use: Mapping[int | Pair, int] = field(repr=False)
    """The portion in which a frame or a pair of the clip is looked at for the last time."""

    def needs_later(self, item: int | Pair) -> bool:
        """Whether this frame or pair is looked at after this portion."""
        return self.last_use.get(item, -1) > self.number


@dataclass(frozen=True)
class Needs:
    """The frames of a clip that are needed, and how long: HR frames, and LR frames."""

    hr: Spans
    lr: Spans
    portions: int = 1

    @classmethod
    def at_once(cls, hr: Iterable[int], lr: Iterable[int]) -> Needs:
        """Those of a clip that is a single portion."""
        return cls(dict.fromkeys(hr, (0, 0)), dict.fromkeys(lr, (0, 0)))


def look_of(probe: Probe, num_frames: int, *, whole: bool) -> Look:
    """What a probe looks at in a clip of `num_frames`; if `whole`, everything at once.

    Raises `ContractError` if it asks for frames that the clip does not have, or its units are not what it wants.
    """
    wants = check_wants(probe.wants(num_frames), num_frames)
    if whole or not isinstance(probe, PortionedProbe):
        return Look(wants)
    units = probe.units(num_frames)
    other = _items(units) ^ _items([wants])
    if other:
        raise ContractError(f"only one of `wants` and `units` names {next(iter(other))}; let both name the same")
    return Look(wants, units)


def check_wants(wants: Wants, num_frames: int) -> Wants:
    """Raise `ContractError` if a probe asks for frames that the clip does not have."""
    outside = [frame for frame in wants.all_frames() if not 0 <= frame < num_frames]
    if outside:
        raise ContractError(f"wants frames {sorted(outside)} of a clip of {num_frames}")
    return wants


def portions_of(looks: Mapping[str, Look], size: int) -> list[Portion]:
    """The wanted frames in portions of `size`, at least one; a unit is due with the last of its frames."""
    wanted = sorted({frame for look in looks.values() for frame in look.wants.all_frames()})
    pieces = [wanted[start : start + size] for start in range(0, len(wanted), size)] or [[]]
    place = {frame: number for number, piece in enumerate(pieces) for frame in piece}
    units: list[dict[str, list[Wants]]] = [{} for _ in pieces]
    last_use: dict[int | Pair, int] = {}
    for label, look in looks.items():
        if look.units is None:
            last_use.update(dict.fromkeys(_items([look.wants]), len(pieces) - 1))
            continue
        for due in units:
            due[label] = []
        for unit in look.units:
            number = max((place[frame] for frame in unit.all_frames()), default=0)
            units[number][label].append(unit)
            last_use.update((item, max(number, last_use.get(item, 0))) for item in _items([unit]))
    last = len(pieces) - 1
    return [Portion(n, n == last, piece, units[n], last_use) for n, piece in enumerate(pieces)]


def needs_of(portions: Sequence[Portion], clock: Clock, *, hr_radius: int | None, lr_radius: int | None) -> Needs:
    """The frames that methods are shown in each portion, within their radius, and HR frames as long as probes look."""
    hr, lr = _shown(portions, Clock(clock.num_frames), hr_radius), _shown(portions, clock, lr_radius)
    for frame, (first, last) in hr.items():
        hr[frame] = first, max(last, portions[0].last_use.get(frame, 0))
    return Needs(hr, lr, len(portions))


def _shown(portions: Sequence[Portion], clock: Clock, radius: int | None) -> dict[int, tuple[int, int]]:
    if radius is None:
        return dict.fromkeys(range(clock.lr_frames), (0, len(portions) - 1))
    spans: dict[int, tuple[int, int]] = {}
    for portion in portions:
        for frame in clock.shown(portion.frames, radius):
            spans[frame] = spans.get(frame, (portion.number, 0))[0], portion.number
    return spans


def _items(wants: Iterable[Wants]) -> set[int | Pair]:
    """The frames and pairs of wants, and the frames of the pairs."""
    items: set[int | Pair] = set()
    for want in wants:
        items.update(want.all_frames(), want.pairs)
    return items
