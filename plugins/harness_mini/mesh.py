"""Triangle meshes with texture coordinates: the parts of bodies, props and rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness_mini.quaternion import Array

Triple = tuple[float, float, float]
Triangles = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """vertices and normals `(V, 3)` in metres, uvs `(V, 2)` in textures, triangles `(F, 3)` of vertex numbers."""

    vertices: Array
    normals: Array
    uvs: Array
    triangles: Triangles


def _tube(radii: Array, heights: Array, slopes: Array, sides: int, tiles: tuple[float, float]) -> Mesh:
    """A surface of revolution about -y: rings of `radii` at `heights` (downwards), normals tilted by `slopes`."""
    turn = np.linspace(0.0, 2 * np.pi, sides + 1)
    circle = np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], axis=-1)
    down = np.array([0.0, -1.0, 0.0])
    vertices = radii[:, None, None] * circle + heights[:, None, None] * down
    flat = np.sqrt(np.maximum(1 - slopes**2, 0.0))
    normals = flat[:, None, None] * circle + slopes[:, None, None] * down
    along = np.linspace(0.0, tiles[1], len(radii))
    uvs = np.stack(np.broadcast_arrays(np.linspace(0.0, tiles[0], sides + 1)[None, :], along[:, None]), axis=-1)
    return Mesh(vertices.reshape(-1, 3), normals.reshape(-1, 3), uvs.reshape(-1, 2), _grid(len(radii) - 1, sides))


def _grid(rows: int, columns: int) -> Triangles:
    """Triangles `(2 * rows * columns, 3)` over `(rows + 1) * (columns + 1)` vertices in row order."""
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    below = corner + columns + 1
    upper, lower = [corner, corner + 1, below], [corner + 1, below + 1, below]
    return np.concatenate([np.stack(upper, axis=-1), np.stack(lower, axis=-1)])


def limb(length: float, top: float, bottom: float, tiles: tuple[float, float] = (1.0, 1.0)) -> Mesh:
    """A tapered capsule from the origin down to `-length` on y, with radii `top` and `bottom`."""
    cap = np.linspace(0.0, np.pi / 2, 4)
    radii = np.concatenate([top * np.sin(cap), bottom * np.cos(cap)])
    heights = np.concatenate([-top * np.cos(cap), length + bottom * np.sin(cap)])
    slopes = np.concatenate([-np.cos(cap), np.sin(cap)])
    return _tube(radii, heights, slopes, 10, tiles)


def ellipsoid(radii: Triple, centre: Triple, tiles: tuple[float, float] = (1.0, 1.0)) -> Mesh:
    """An ellipsoid with half-axes `radii` about `centre`."""
    cap = np.linspace(0.0, np.pi, 9)
    ball = _tube(np.sin(cap), -np.cos(cap), -np.cos(cap), 12, tiles)
    normals = ball.normals / np.asarray(radii)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return Mesh(ball.vertices * np.asarray(radii) + np.asarray(centre), normals, ball.uvs, ball.triangles)


def rectangle(width: float, height: float, tiles: tuple[float, float]) -> Mesh:
    """A flat rectangle in the x-y plane about the origin, seen from +z, in pieces small enough to be lit smoothly."""
    pieces = 6
    at = np.linspace(-0.5, 0.5, pieces + 1)
    x, y = (grid.ravel() for grid in np.meshgrid(at, at))
    vertices = np.stack([x * width, y * height, np.zeros_like(x)], axis=-1)
    uvs = np.stack([(x + 0.5) * tiles[0], (y + 0.5) * tiles[1]], axis=-1)
    return Mesh(vertices, np.tile([0.0, 0.0, 1.0], (len(x), 1)), uvs, _grid(pieces, pieces))
