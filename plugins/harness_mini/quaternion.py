"""Unit quaternions (w, x, y, z) in NumPy, on arrays of any leading shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def unit(q: Array) -> Array:
    """Scale quaternions `(..., 4)` to length one."""
    return np.asarray(q / np.linalg.norm(q, axis=-1, keepdims=True), dtype=np.float64)


def multiply(a: Array, b: Array) -> Array:
    """Hamilton product of `(..., 4)` with `(..., 4)`: first the rotation `b`, then `a`."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def rotate(q: Array, v: Array) -> Array:
    """Rotate vectors `(..., 3)` by unit quaternions `(..., 4)`."""
    axis, w = q[..., 1:], q[..., :1]
    t = 2.0 * np.cross(axis, v)
    return np.asarray(v + w * t + np.cross(axis, t), dtype=np.float64)


def from_rotation_vector(r: Array) -> Array:
    """Rotation vectors `(..., 3)` in radians to unit quaternions `(..., 4)`."""
    angle = np.linalg.norm(r, axis=-1, keepdims=True)
    # sin(x/2)/x is 1/2 at 0; np.sinc is the safe way to write it
    return np.concatenate([np.cos(angle / 2), r * 0.5 * np.sinc(angle / (2 * np.pi))], axis=-1)


def between(start: Any, end: Any) -> Array:
    """The shortest rotation `(4,)` that turns direction `start` into direction `end` (3 numbers each, any length)."""
    a = np.asarray(start, dtype=np.float64) / np.linalg.norm(start)
    b = np.asarray(end, dtype=np.float64) / np.linalg.norm(end)
    if np.dot(a, b) < -0.999999:
        side = np.cross(a, [1.0, 0.0, 0.0] if abs(a[0]) < 0.9 else [0.0, 1.0, 0.0])
        return np.concatenate([[0.0], side / np.linalg.norm(side)])
    return unit(np.concatenate([[1.0 + np.dot(a, b)], np.cross(a, b)]))


def interpolate(a: Array, b: Array, share: Array) -> Array:
    """Normalised linear interpolation from `a` to `b`, both `(..., 4)`, along the shorter arc; `share` is in [0, 1]."""
    sign = np.where(np.sum(a * b, axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return unit(a * (1 - share) + b * sign * share)
