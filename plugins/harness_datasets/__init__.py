"""Third-party data sets, read from the folders that their archives unpack to. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec


@hookimpl
def harness_datasets() -> Iterator[DatasetSpec]:
    """Option ``size`` (HEIGHTxWIDTH) resizes all clips, for protocols with a single frame size.

    ``upright=false`` leaves frames as coded, where a file asks for turning or mirroring them. ``only`` restricts UCF101
    to some of its classes, separated by ``/``, and ``middle`` to so many frames in the middle of each clip.
    """
    yield DatasetSpec(
        "ucf101",
        "101 classes of sports and daily life, three official splits (train1, test1, ...)",
        "harness_datasets.ucf101:open_dataset",
        options={"size": "", "upright": True, "only": "", "middle": 0},
        later=("upright", "only", "middle"),
        citation="Soomro, Zamir, Shah, UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild, 2012",
        licence="videos by their owners, for research",
    )
    yield DatasetSpec(
        "hmdb51",
        "51 classes of human motion from films and the web, three official splits (train1, test1, ...)",
        "harness_datasets.hmdb51:open_dataset",
        options={"size": "", "upright": True},
        later=("upright",),
        citation="Kuehne et al., HMDB: A Large Video Database for Human Motion Recognition, ICCV 2011",
        licence="CC BY 4.0 (annotation), videos by their owners",
    )
    yield DatasetSpec(
        "kth",
        "6 classes of human motion, 25 people, split by person (train, train8, validation, test)",
        "harness_datasets.kth:open_dataset",
        options={"size": "", "upright": True},
        later=("upright",),
        citation="Schuldt, Laptev, Caputo, Recognizing Human Actions: A Local SVM Approach, ICPR 2004",
        licence="for research",
    )
    yield DatasetSpec(
        "ixmas",
        "11 classes of daily motion, 10 actors seen by 5 cameras, leave one actor out (train-alba, test-alba, ...)",
        "harness_datasets.ixmas:open_dataset",
        options={"size": ""},
        citation="Weinland, Ronfard, Boyer, Free Viewpoint Action Recognition using Motion History Volumes, CVIU 2006",
        licence="for research",
    )
    yield DatasetSpec(
        "videos",
        "any class folders of videos, or lists as MMAction2 and Kinetics have them",
        "harness_datasets.folder:open_videos",
        options={"size": "", "videos": "", "groups": "", "upright": True},
        later=("groups", "upright"),
        licence="yours",
    )
    yield DatasetSpec(
        "lowres",
        "as `videos`, for clips that are low-resolution by nature (benchmarks with `degradation: none`)",
        "harness_datasets.folder:open_lowres",
        options={"videos": "", "groups": "", "upright": True},
        later=("groups", "upright"),
        licence="yours",
    )
