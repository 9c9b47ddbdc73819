"""Where to write names beside points, so that no name covers another name or a point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""
HEIGHT, CHARACTER, RADIUS = 10.0, 4.9, 3.5
"""Points of paper: height of a name, width of one of its letters, radius of a mark, all with a little air."""
NEAR = ((7.0, 0.0), (-7.0, 0.0), (0.0, 9.0), (0.0, -9.0))
RINGS, DIRECTIONS = (16.0, 26.0, 38.0, 52.0, 68.0, 86.0), 16


def place_labels(points: Sequence[Point], names: Sequence[str], frame: Box) -> list[Point]:
    """For every point the offset of its name's anchor from it, in points of paper.

    `points` and `frame`, within which names stay, are in points of paper too. A name with an offset to the left ends at
    its anchor, one to the right begins there, one straight above or below is centred. Names in a crowd take the first
    free place around, or the last one tried if there is none.
    """
    taken: list[Box] = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in points]
    offsets: list[Point] = [(0.0, 0.0)] * len(points)
    for i in sorted(range(len(points)), key=lambda i: (-points[i][1], points[i][0], names[i])):
        for offset in _candidates():
            box = box_of(points[i], offset, names[i])
            if _inside(box, frame) and not any(overlap(box, other) for other in taken):
                break
        offsets[i] = offset
        taken.append(box)
    return offsets


def is_near(offset: Point) -> bool:
    """Whether a name stands beside its point, so that no line is needed to tell whose it is."""
    return offset in NEAR


def alignment(offset: Point) -> str:
    """The horizontal alignment that an offset goes with: left, right or center."""
    return "center" if abs(offset[0]) < 1e-6 else "left" if offset[0] > 0 else "right"


def box_of(point: Point, offset: Point, name: str) -> Box:
    """The box that a name fills."""
    width = CHARACTER * len(name)
    x, y = point[0] + offset[0], point[1] + offset[1]
    left = x - {"left": 0.0, "center": width / 2, "right": width}[alignment(offset)]
    return left, y - HEIGHT / 2, left + width, y + HEIGHT / 2


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _candidates() -> Iterator[Point]:
    yield from NEAR
    for radius in RINGS:
        for step in range(DIRECTIONS):
            angle = 2 * math.pi * step / DIRECTIONS
            x = radius * math.cos(angle)
            yield (0.0 if abs(x) < 1e-6 else x), radius * math.sin(angle)


def _inside(box: Box, frame: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
