"""Which files can be written: containers, codecs and quality."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.video.encoding import CODECS, CONTAINERS, Codec, Encoding, container_of, installed


@pytest.mark.parametrize("name", ["clip.gif", "clip.avi", "clip.jpg", "clip.mp3", "clip"])
def test_a_name_of_another_kind_is_refused_with_the_kinds_there_are(name: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}: .*give a name that ends in \.mp4, .*\.webm"):
        Encoding().check(Path(name))


@pytest.mark.parametrize("name", ["10:00.MP4", "file:x.Mkv", "%03d.mov"])
def test_the_suffix_alone_says_which_kind_a_file_is(name: str) -> None:
    Encoding().check(Path(name))
    assert container_of(Path(name)).format in ("mp4", "matroska", "mov")


@pytest.mark.parametrize(
    ("name", "codec"), [("a.webm", "h264"), ("a.mov", "av1"), ("a.ts", "av1"), ("a.webm", "lossless")]
)
def test_a_codec_that_the_container_cannot_hold_is_refused_with_those_that_can(name: str, codec: str) -> None:
    with pytest.raises(UsageError, match=rf"cannot hold {codec}; give a name that ends in \.mp4"):
        Encoding(codec).check(Path(name))


@pytest.mark.parametrize(
    ("codec", "quality", "message"),
    [
        ("vp9", None, "--codec vp9: unknown; there are h264, h265, av1, lossless"),
        ("lossless", 3, "lossless loses nothing, so it has no --quality"),
        ("h264", 52, "--quality 52: for h264 it goes from 0, the best, to 51"),
        ("av1", 64, "--quality 64: for av1 it goes from 0, the best, to 63"),
        (None, -1, "--quality -1: for h264"),
    ],
)
def test_an_impossible_wish_is_refused(codec: str | None, quality: int | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Encoding(codec, quality).check(Path("a.mp4"))


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_every_container_has_a_usual_codec_that_it_can_hold(suffix: str, deep: bool) -> None:
    encoder, options = Encoding().encoder(Path(f"a{suffix}"), deep)
    assert encoder in [CODECS[name].encoder(deep) for name in CONTAINERS[suffix].codecs]
    assert installed(encoder) and "crf" in options


def test_quality_is_the_rate_factor_of_the_encoder() -> None:
    assert Encoding("h265", 20).encoder(Path("a.mp4"), False)[1]["crf"] == "20"
    assert Encoding("av1").encoder(Path("a.mp4"), False)[1]["crf"] == "18"
    assert Encoding().encoder(Path("a.mp4"), False)[1] == {"crf": "12", "preset": "medium"}
    assert "crf" not in Encoding("lossless").encoder(Path("a.mp4"), False)[1]


def test_an_encoder_that_is_not_installed_is_refused_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = CODECS["h264"].eight._replace(library="libnone")
    monkeypatch.setitem(CODECS, "h264", Codec(absent, absent, 12))
    with pytest.raises(UsageError, match="no encoder libnone; try --codec h265 or av1 or lossless"):
        Encoding("h264").encoder(Path("a.mp4"), False)
