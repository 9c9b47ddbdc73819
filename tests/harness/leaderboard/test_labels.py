from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from harness.leaderboard.labels import HEIGHT, alignment, box_of, is_near, overlap, place_labels

FRAME = (0.0, 0.0, 320.0, 500.0)


@pytest.mark.parametrize("seed", range(5))
def test_twenty_names_in_a_crowd_lie_on_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in rng.normal((220, 300), (35, 45), size=(20, 2))]
    names = [f"method{i}" for i in range(20)]
    offsets = place_labels(points, names, FRAME)
    boxes = [box_of(*facts) for facts in zip(points, offsets, names, strict=True)]
    assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
    for left, bottom, right, top in boxes:
        assert not any(left < x < right and bottom < y < top for x, y in points)
        assert FRAME[0] <= left and right <= FRAME[2] and FRAME[1] <= bottom and top <= FRAME[3]


def test_a_lone_point_has_its_name_on_the_right_and_at_the_edge_on_the_left() -> None:
    (free,) = place_labels([(100.0, 100.0)], ["abc"], FRAME)
    assert alignment(free) == "left" and free[1] == 0 and is_near(free)
    (edge,) = place_labels([(315.0, 100.0)], ["abc"], FRAME)
    assert alignment(edge) == "right" and box_of((315.0, 100.0), edge, "abc")[2] < 315
    assert not is_near((16.0, 0.0)) and alignment((0.0, 9.0)) == "center"


def test_a_crowd_without_room_still_gets_names() -> None:
    offsets = place_labels([(10.0, 10.0)] * 3, ["a", "b", "c"], (0.0, 0.0, HEIGHT, HEIGHT))
    assert len(offsets) == 3
