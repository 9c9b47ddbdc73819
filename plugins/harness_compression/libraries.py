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


def mixed(given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """The libraries that encode, resize and draw."""
    import cv2
    import numpy

    encoders = [video(given)["library"], picture(given)["library"]]
    return {"library": "; ".join([*map(str, encoders), f"opencv {cv2.__version__}", f"numpy {numpy.__version__}"])}
