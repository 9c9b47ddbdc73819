from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from harness.errors import AnnotationError, UsageError
from harness_datasets.ixmas import open_dataset

TRUTH = "0\n1\n1\n0\n11\n11\n12\n12\n12\n"


def make(root: Path, *names: str, cameras: int = 2) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "truth.txt").write_text(TRUTH)
        for camera in range(cameras):
            folder = root / name / f"cam{camera}"
            folder.mkdir()
            for frame in range(9):
                cv2.imwrite(str(folder / f"img{frame:03d}.png"), np.full((10, 12, 3), 10 * frame, np.uint8))
    return root


def test_performances_are_cut_by_the_ground_truth(tmp_path: Path) -> None:
    dataset = open_dataset(root=make(tmp_path, "alba1", "Amel2_png", "pao1"))
    assert dataset.splits == ("train-amel", "test-amel", "train-alba", "test-alba") and len(dataset.classes) == 11
    clips = dataset.clips("test-alba")
    assert [(clip.id, clip.group) for clip in clips] == [
        ("alba1_cam0_2-3", "alba1_2-3"),
        ("alba1_cam1_2-3", "alba1_2-3"),
        ("alba1_cam0_7-9", "alba1_7-9"),
        ("alba1_cam1_7-9", "alba1_7-9"),
    ]
    assert [dataset.classes[clip.label] for clip in clips[::2]] == ["check watch", "pick up"]
    assert {clip.group[:4] for clip in dataset.clips("train-alba")} == {"amel"}
    video = dataset.open(clips[2])
    assert video.size == (10, 12) and video.read()[:, 0, 0, 0].tolist() == [60, 70, 80]
    resized = open_dataset(root=tmp_path, size="20x6").open(clips[2])
    assert resized.read().shape == (3, 20, 6, 3) and resized.read(1, 2)[0, 3, 3, 0] == 70


def test_faulty_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"should hold the views in png-format .*HARNESS_DATA_IXMAS"):
        open_dataset()
    root = make(tmp_path / "data", "alba1")
    (root / "alba1" / "truth.txt").write_text("1\n15\n")
    with pytest.raises(AnnotationError, match=r"truth\.txt, line 2: '15'; .*from 0 to 14"):
        open_dataset(root=root).clips("test-alba")
    (root / "alba1" / "truth.txt").unlink()
    with pytest.raises(UsageError, match=r"no ground truth of alba1; looked for .*alba1_truth\.txt"):
        open_dataset(root=root).splits  # noqa: B018
    with pytest.raises(UsageError, match="no sequence in"):
        open_dataset(root=root / "alba1" / "cam0").splits  # noqa: B018
