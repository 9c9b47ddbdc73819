"""Nothing that an annotation file can hold ends in anything but a sentence."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.contracts import Dataset
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import HarnessError
from harness_datasets.folder import open_videos
from harness_datasets.hmdb51 import open_dataset as open_hmdb51
from harness_datasets.ixmas import open_dataset as open_ixmas
from harness_datasets.kth import open_dataset as open_kth
from harness_datasets.ucf101 import open_dataset as open_ucf101
from harness_mmaction.class_map import describe_map, load_map

Layout = Callable[..., Path]
Open = Callable[[Path], Dataset]
SEED = 12
MUTATIONS = 50
INSERTED = (
    b"\0", b"9" * 5000, b"-" + b"9" * 400, b"x" * 5000, b"/" * 5000, b"a/" * 3000, b"\xff", b"caf\xe9", b"\xed\xa0\x80",
    b"\xff\xfe", b"\xef\xbb\xbf", b"../", b"..", b"~", b"/", b"\\", b"\r", b"\n", b"\t", b" " * 300, b'"', b",",
    b"\x1b[2J", b"\xe2\x80\xae", b"1e999", b"NaN", "\u0663".encode(), "\u2028".encode(), b"=1+1", b"0x10",
)  # fmt: skip

UCF = ["Run/v_Run_g01_c01.avi", "Sit/v_Sit_g02_c01.avi"]
HMDB = ["clip_wave_u_cm_np1_ri_bad_0.avi", "film_wave_u_cm_np1_ri_bad_0.avi"]
KTH = ["person22_walking_d4", "person13_boxing_d1", "person01_running_d2"]
CLASSES = "run\nsit down\n"
VIDEOS = ["run/a.mp4", "sit/b.mp4"]
CASES: dict[str, tuple[Open, str, dict[str, str], list[str]]] = {
    "annotated": (
        lambda root: AnnotatedDataset(root, "made"), "test.csv",
        {"classes.txt": CLASSES, "test.csv": "id,path,label,group,num_frames\na,run/a.mp4,0,g,4\nb,sit/b.mp4,1,h,5\n"},
        VIDEOS,
    ),
    "classes": (
        lambda root: AnnotatedDataset(root, "made"), "classes.txt",
        {"classes.txt": CLASSES, "test.csv": "id,path,label,group,num_frames\na,run/a.mp4,0,g,4\n"}, VIDEOS,
    ),
    "videos": (
        lambda root: open_videos(root=root), "val.txt",
        {"classes.txt": CLASSES, "val.txt": "run/a.mp4 0\nsit/b.mp4 1\nrun/c 1 0\n"}, [*VIDEOS, "run/c/1.png"],
    ),
    "videos-groups": (
        lambda root: open_videos(root=root, groups="column"), "val.txt",
        {"classes.txt": CLASSES, "val.txt": "run/a.mp4 0 g1\nsit/b.mp4 1 g2\n"}, VIDEOS,
    ),
    "videos-classes": (
        lambda root: open_videos(root=root), "classes.txt",
        {"classes.txt": CLASSES, "val.txt": "run/a.mp4 0\nsit/b.mp4 1\n"}, VIDEOS,
    ),
    "ucf101": (
        lambda root: open_ucf101(root=root), "trainlist01.txt",
        {"classInd.txt": "1 Run\n2 Sit\n", "trainlist01.txt": f"{UCF[0]} 1\n{UCF[1]} 2\n"}, UCF,
    ),
    "ucf101-classes": (
        lambda root: open_ucf101(root=root), "classInd.txt",
        {"classInd.txt": "1 Run\n2 Sit\n", "testlist01.txt": f"{UCF[0]}\n{UCF[1]}\n"}, UCF,
    ),
    "hmdb51": (
        lambda root: open_hmdb51(root=root), "wave_test_split1.txt",
        {"wave_test_split1.txt": f"{HMDB[0]} 1\n{HMDB[1]} 2\n"},
        [f"wave/{name}" for name in HMDB],
    ),
    "kth": (
        lambda root: open_kth(root=root), "00sequences.txt",
        {"00sequences.txt": "".join(f"{name}\tframes\t1-95, 96-185\n" for name in KTH)},
        [f"{name}_uncomp.avi" for name in KTH],
    ),
    "ixmas": (
        lambda root: open_ixmas(root=root), "alba1/truth.txt",
        {f"{name}/truth.txt": "0\n1\n1\n12 12\n" for name in ("alba1", "amel2")},
        ["alba1/cam0/1.png", "amel2/cam0/1.png"],
    ),
}  # fmt: skip
"""How a data set is opened, the file that is changed, all texts, and empty files."""


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A byte changed, some taken away, or something put in that no annotation should hold."""
    place = rng.randrange(len(content) + 1)
    match rng.randrange(4):
        case 0 if place < len(content):
            return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]
        case 1:
            return content[:place] + content[place + rng.randrange(1, 9) :]
        case _:
            return content[:place] + rng.choice(INSERTED) + content[place:]


def look(dataset: Dataset) -> None:
    for split in dataset.splits:
        dataset.clips(split)


def assert_sentence(error: HarnessError) -> None:
    assert len(str(error)) < 3000 and "\0" not in str(error)
    str(error).encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_changed_annotation_is_read_or_refused_with_a_sentence(layout: Layout, name: str) -> None:
    open_dataset, file, texts, empty = CASES[name]
    root = layout(texts, empty)
    look(open_dataset(root))
    rng, refused = random.Random(f"{SEED} {name}"), 0
    for _ in range(MUTATIONS):
        (root / file).write_bytes(mutated(texts[file].encode(), rng))
        try:
            look(open_dataset(root))
        except HarnessError as error:
            refused += 1
            assert_sentence(error)
    assert refused > MUTATIONS // 8


@pytest.mark.slow
def test_a_changed_class_map_is_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    content = b"class,model_class\nArchery,4\nBasketball,0\nBasketball,2\nFencing,-\n"
    rng, refused = random.Random(SEED), 0
    for _ in range(3 * MUTATIONS):
        (tmp_path / "map.csv").write_bytes(mutated(content, rng))
        try:
            load_map(str(tmp_path / "map.csv"), ["Archery", "Basketball", "Fencing"], 5)
            describe_map(str(tmp_path / "map.csv"))
        except HarnessError as error:
            refused += 1
            assert_sentence(error)
    assert refused > MUTATIONS
