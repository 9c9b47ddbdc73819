"""Versions of the encoders, as options that results depend on."""

from __future__ import annotations

from collections.abc import Mapping

from harness.specs import OptionValue


def video(given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """The library that encodes videos."""
    import av

    return {"library": "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))}


def picture(given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """The library that encodes JPEG."""
    from PIL import features

    return {"library": f"libjpeg {features.version('jpg')}"}
