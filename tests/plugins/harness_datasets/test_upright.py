"""Clips that ask to be turned are turned, unless the data set is told to leave them as coded."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from harness.planning.resolving import open_dataset, resolve_part
from harness.registry import load_registry
from harness.specs import DatasetSpec
from harness_datasets import harness_datasets

REGISTRY = load_registry()
SPECS = {spec.name: spec for spec in harness_datasets()}


@pytest.fixture
def filmed_upright(tmp_path: Path) -> Path:
    """A folder with one clip of 24x16 that asks to be turned by a quarter; its left half is white."""
    path = tmp_path / "walk" / "a.mp4"
    path.parent.mkdir()
    image = np.zeros((16, 24, 3), np.uint8)
    image[:, :12] = 255
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 16, 24, "yuv420p"
        stream.set_display_rotation(-90)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    return tmp_path


@pytest.mark.parametrize("name", ["videos", "lowres"])
def test_frames_are_upright_unless_told_otherwise(filmed_upright: Path, name: str) -> None:
    upright, as_coded = (open_dataset(choice, REGISTRY, filmed_upright) for choice in (name, f"{name}:upright=false"))
    turned, coded = (data.open(data.clips("all")[0]).read() for data in (upright, as_coded))
    assert coded.shape == (3, 16, 24, 3) and turned.shape == (3, 24, 16, 3)
    assert np.array_equal(turned[0], np.rot90(coded[0], -1))
    assert turned[0, :10].mean() > 200 and turned[0, 14:].mean() < 50


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if "upright" in spec.options])
def test_the_option_is_named_only_where_it_is_off(name: str) -> None:
    assert "upright" not in resolve_part(DatasetSpec, name, REGISTRY).text()
    assert "upright=false" in resolve_part(DatasetSpec, f"{name}:upright=false", REGISTRY).text()


def test_every_data_set_of_video_files_has_the_option() -> None:
    assert {name for name, spec in SPECS.items() if "upright" in spec.options} == set(SPECS) - {"ixmas"}
