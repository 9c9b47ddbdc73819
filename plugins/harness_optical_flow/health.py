"""Faults of OpenCV installations: its two packages own the same folder ``cv2``."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from harness.errors import HarnessError

PACKAGES = ("opencv-python", "opencv-contrib-python")


def require_one_version() -> None:
    """Raises `HarnessError` if the two packages differ in version or one is missing."""
    versions = _versions()
    if len(set(versions.values())) > 1:
        found = ", ".join(f"{name} {installed or 'is not installed'}" for name, installed in versions.items())
        raise HarnessError(f"{found}, but the two share a folder and must be of one version; {_cure()}")


def require_optflow() -> None:
    """Raises `HarnessError` if cv2 lacks the contributed module ``optflow``, ImportError if there is no cv2."""
    import cv2

    if not hasattr(cv2, "optflow"):
        raise HarnessError(f"no; {PACKAGES[0]} overwrote {PACKAGES[1]}; {_cure()}")


def _cure() -> str:
    versions = _versions()
    wanted = versions[PACKAGES[1]] or versions[PACKAGES[0]] or "4.*"
    return f"pip install --force-reinstall {' '.join(f'{name}=={wanted}' for name in PACKAGES)}"


def _versions() -> dict[str, str | None]:
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
