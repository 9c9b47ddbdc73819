"""The median of a small window, by networks of minima and maxima: any device, and what windows share is done once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

Wires = tuple[int, ...]


class Exchange(NamedTuple):
    """Put the smaller of two wires into `low`, the larger into `high`; an end that nobody reads is left out."""

    low: int
    high: int
    wants_low: bool = True
    wants_high: bool = True


class Network(NamedTuple):
    """Exchanges in order, and the wires that hold the result, in ascending order."""

    exchanges: tuple[Exchange, ...]
    result: Wires

    def run(self, values: Sequence[Tensor]) -> list[Tensor]:
        """The results for these values of the wires."""
        wires = list(values)
        for low, high, wants_low, wants_high in self.exchanges:
            a, b = wires[low], wires[high]
            if wants_low:
                wires[low] = torch.minimum(a, b)
            if wants_high:
                wires[high] = torch.maximum(a, b)
        return [wires[i] for i in self.result]


def median_filter(planes: Tensor, size: int) -> Tensor:
    """Each pixel of `planes` ``(..., H, W)`` becomes the median of `size` x `size` around it; the border is repeated.

    `size` is 3 or 5. Columns are sorted once for all windows that they are in, and so are pairs of columns.
    """
    height, width = planes.shape[-2:]
    half = size // 2
    padded = F.pad(planes.flatten(0, -3)[:, None], (half, half, half, half), mode="replicate")
    column = _sort(size).run([padded[..., i : i + height, :] for i in range(size)])
    side = column
    if half == 2:
        side = _merge(size, size).run([x[..., :-1] for x in column] + [x[..., 1:] for x in column])
    parts = ((side, 0), (side, half + 1), (column, half))
    window = [ranks[..., start : start + width] for part, start in parts for ranks in part]
    return _median(len(side), size).run(window)[0].view(planes.shape)


@cache
def _sort(size: int) -> Network:
    """Odd-even transposition."""
    pairs = [(i, i + 1) for turn in range(size) for i in range(turn % 2, size - 1, 2)]
    return Network(tuple(Exchange(*pair) for pair in pairs), tuple(range(size)))


@cache
def _merge(first: int, second: int) -> Network:
    """Of two sorted lists, one after the other, by Batcher's odd-even merge."""
    exchanges: list[Exchange] = []
    result = _merge_wires(tuple(range(first)), tuple(range(first, first + second)), exchanges)
    return Network(tuple(exchanges), result)


def _merge_wires(a: Wires, b: Wires, exchanges: list[Exchange]) -> Wires:
    if not a or not b:
        return a + b
    if len(a) == len(b) == 1:
        exchanges.append(Exchange(a[0], b[0]))
        return a + b
    even, odd = _merge_wires(a[::2], b[::2], exchanges), _merge_wires(a[1::2], b[1::2], exchanges)
    pairs = list(zip(even[1:], odd, strict=False))
    exchanges += [Exchange(*pair) for pair in pairs]
    merged = even[:1] + tuple(wire for pair in pairs for wire in pair)
    return merged + even[1 + len(pairs) :] + odd[len(pairs) :]


@cache
def _median(side: int, size: int) -> Network:
    """Of two sorted lists of `side` and one of `size`, one after the other.

    Entry k of two sorted lists A and C together is the least of max(A[k - i], C[i - 1]) over all i.
    """
    exchanges, rest = _merge(side, side)
    column = range(2 * side, 2 * side + size)
    middle = (2 * side + size) // 2
    largest = [Exchange(column[i - 1], rest[middle - i]) for i in range(1, size + 1)]
    least = [Exchange(rest[middle], rest[middle - i]) for i in range(1, size + 1)]
    return _only_what_is_read([*exchanges, *largest, *least], rest[middle])


def _only_what_is_read(exchanges: list[Exchange], result: int) -> Network:
    wanted, kept = {result}, []
    for low, high, _, _ in reversed(exchanges):
        if low in wanted or high in wanted:
            kept.append(Exchange(low, high, low in wanted, high in wanted))
            wanted |= {low, high}
    return Network(tuple(reversed(kept)), (result,))
