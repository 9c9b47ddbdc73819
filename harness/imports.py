"""Import strings ``"module:attribute"`` to what they name."""

from __future__ import annotations

import importlib
from typing import Any

from harness.errors import PluginError, one_line


def resolve_import(target: str) -> Any:
    """The object behind ``"module:attribute"``. Raises `PluginError` naming the target when it is not there."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"cannot import {target!r}: {one_line(error)}") from error
