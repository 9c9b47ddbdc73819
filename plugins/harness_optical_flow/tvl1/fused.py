"""One iteration as a single Triton kernel, for CUDA. Imported only where there is Triton."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from harness_optical_flow.tvl1.iteration import Linear, Steps
from harness_optical_flow.tvl1.planes import State

TILE = (8, 64)
"""Rows and columns of the pixels that one program computes; powers of two."""


class FusedIteration:
    """What `harness_optical_flow.tvl1.iteration.Iteration` does, with every number read once and written once.

    Each iteration reads one state and writes another, and the two change places.
    """

    def __init__(self, state: State, linear: Linear, steps: Steps) -> None:
        self.state, self.linear, self._steps = state, linear, steps
        self._next = State.starting_from(state.flow.here)
        self._parts = [_dense(part) for part in (linear.slope, linear.inverse, linear.rest)]

    def select(self, pairs: Tensor) -> FusedIteration:
        """The same for some pairs, by index, on copies."""
        return FusedIteration(self.state.select(pairs), self.linear.select(pairs), self._steps)

    def run(self, counted: int) -> Tensor | None:
        """One iteration. Returns by how much it changed the first `counted` unknowns: sum of squares ``(N,)``."""
        pairs, unknowns, height, width = self.state.flow.here.shape
        across, down = triton.cdiv(width, TILE[1]), triton.cdiv(height, TILE[0])
        change = self.state.flow.here.new_empty(pairs, across * down)
        steps, parts = self._steps, self._parts
        iterate[(pairs, across, down)](
            *_pointers(self.state), *_pointers(self._next), *parts, change,
            *(stride for part in parts for stride in part.stride()[:2]), height, width,
            steps.lambda_ * steps.theta, steps.theta, steps.tau / steps.theta,
            UNKNOWNS=unknowns, COUNTED=min(counted, unknowns), ROWS=TILE[0], COLUMNS=TILE[1],
        )  # fmt: skip
        self.state, self._next = self._next, self.state
        return change.sum(1) if counted else None


def _dense(part: Tensor) -> Tensor:
    """With the pixels of each plane in one piece; pairs and channels may lie anywhere."""
    return part if part.stride()[2:] == (part.shape[-1], 1) else part.contiguous()


def _pointers(state: State) -> tuple[Tensor, Tensor, Tensor]:
    return state.flow.here, state.dual_x.here, state.dual_y.here


@triton.jit  # type: ignore[untyped-decorator]
def iterate(
    flow: tl.tensor,
    dual_x: tl.tensor,
    dual_y: tl.tensor,
    next_flow: tl.tensor,
    next_x: tl.tensor,
    next_y: tl.tensor,
    slope: tl.tensor,
    inverse: tl.tensor,
    rest: tl.tensor,
    change: tl.tensor,
    slope_pair: tl.tensor,
    slope_channel: tl.tensor,
    inverse_pair: tl.tensor,
    inverse_channel: tl.tensor,
    rest_pair: tl.tensor,
    rest_channel: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    most: tl.tensor,
    theta: tl.tensor,
    rate: tl.tensor,
    UNKNOWNS: tl.constexpr,
    COUNTED: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
) -> None:
    """Equations 13 to 16 of Zach, Pock, Bischof (DAGM 2007) on one tile of one pair.

    For every unknown c at every pixel, with the dual variables p = (x, y), 0 beyond the border::

        r    = clamp(rest + sum over c of inverse_c u_c, -most, most)                 most = lambda theta
        u'_c = u_c + theta (x_c - x_c(left) + y_c - y_c(above)) - slope_c r
        g_c  = (u'_c(right) - u'_c, u'_c(below) - u'_c)                               0 in the last column and row
        p'_c = (p_c + rate g_c) / (1 + rate |g_c|)                                    rate = tau / theta

    A pixel needs u' of its right and lower neighbours, which other programs may be computing: each is computed here as
    well, from the old state, so that programs need not wait for each other. States and `change` are contiguous; the
    planes of `slope`, `inverse` and `rest` are, and lie `.._pair` and `.._channel` numbers apart. `change`
    ``(pairs, tiles)`` becomes the sum of (u' - u)^2 over the first `COUNTED` unknowns of each tile.
    """
    pair = tl.program_id(0).to(tl.int64)
    row = (tl.program_id(2) * ROWS + tl.arange(0, ROWS))[:, None]
    column = (tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    size = height * width
    state = pair * UNKNOWNS * size
    slope += pair * slope_pair
    inverse += pair * inverse_pair
    rest += pair * rest_pair
    inside = (row < height) & (column < width)
    has_right = inside & (column + 1 < width)
    has_below = inside & (row + 1 < height)
    residual = _residual(flow + state, inverse, rest, inverse_channel, row, column, inside, size, width, most, UNKNOWNS)
    right_residual = _residual(
        flow + state, inverse, rest, inverse_channel, row, column + 1, has_right, size, width, most, UNKNOWNS
    )
    below_residual = _residual(
        flow + state, inverse, rest, inverse_channel, row + 1, column, has_below, size, width, most, UNKNOWNS
    )
    here = row * width + column
    changed = tl.zeros((ROWS, COLUMNS), tl.float32)
    for c in tl.static_range(UNKNOWNS):
        plane = state + c * size
        u, x, y, along = flow + plane, dual_x + plane, dual_y + plane, slope + c * slope_channel
        move = _move(x, y, along, row, column, inside, width, theta, residual)
        now = tl.load(u + here, mask=inside, other=0.0) + move
        right = tl.load(u + here + 1, mask=has_right, other=0.0)
        right += _move(x, y, along, row, column + 1, has_right, width, theta, right_residual)
        below = tl.load(u + here + width, mask=has_below, other=0.0)
        below += _move(x, y, along, row + 1, column, has_below, width, theta, below_residual)
        across = tl.where(has_right, right - now, 0.0)
        down = tl.where(has_below, below - now, 0.0)
        norm = 1 + rate * tl.sqrt(across * across + down * down)
        tl.store(next_flow + plane + here, now, mask=inside)
        tl.store(next_x + plane + here, (tl.load(x + here, mask=inside, other=0.0) + rate * across) / norm, mask=inside)
        tl.store(next_y + plane + here, (tl.load(y + here, mask=inside, other=0.0) + rate * down) / norm, mask=inside)
        if c < COUNTED:
            changed += tl.where(inside, move * move, 0.0)
    tile = tl.program_id(2) * tl.num_programs(1) + tl.program_id(1)
    tl.store(change + pair * tl.num_programs(1) * tl.num_programs(2) + tile, tl.sum(tl.sum(changed, 1), 0))


@triton.jit  # type: ignore[untyped-decorator]
def _residual(
    flow: tl.tensor,
    inverse: tl.tensor,
    rest: tl.tensor,
    inverse_channel: tl.tensor,
    row: tl.tensor,
    column: tl.tensor,
    there: tl.tensor,
    size: tl.tensor,
    width: tl.tensor,
    most: tl.tensor,
    UNKNOWNS: tl.constexpr,
) -> tl.tensor:
    """The brightness difference that the thresholding leaves, at pixels that are `there`."""
    place = row * width + column
    found = tl.load(rest + place, mask=there, other=0.0)
    for c in tl.static_range(UNKNOWNS):
        weight = tl.load(inverse + c * inverse_channel + place, mask=there, other=0.0)
        found += weight * tl.load(flow + c * size + place, mask=there, other=0.0)
    return tl.minimum(tl.maximum(found, -most), most)


@triton.jit  # type: ignore[untyped-decorator]
def _move(
    x: tl.tensor,
    y: tl.tensor,
    slope: tl.tensor,
    row: tl.tensor,
    column: tl.tensor,
    there: tl.tensor,
    width: tl.tensor,
    theta: tl.tensor,
    residual: tl.tensor,
) -> tl.tensor:
    """By how much one unknown changes at pixels that are `there`."""
    place = row * width + column
    divergence = tl.load(x + place, mask=there, other=0.0) + tl.load(y + place, mask=there, other=0.0)
    divergence -= tl.load(x + place - 1, mask=there & (column > 0), other=0.0)
    divergence -= tl.load(y + place - width, mask=there & (row > 0), other=0.0)
    return theta * divergence - residual * tl.load(slope + place, mask=there, other=0.0)
