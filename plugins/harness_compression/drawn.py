"""Generators of random numbers that depend on a seed and a clip alone."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random import Generator


def generator(seed: int, clip_id: str, step: int = 0) -> Generator:
    """What draws for one step of a degradation of one clip, whatever else is drawn."""
    words = np.frombuffer(hashlib.sha256(clip_id.encode()).digest(), dtype="<u4").tolist()
    return np.random.default_rng([seed, step, *words])
