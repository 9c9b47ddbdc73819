"""Runs that differ in the degradation alone, as one table: how accuracy falls, and what is left of it on average."""

from __future__ import annotations

from harness.leaderboard.robustness.measure import Robustness, robustness_of

__all__ = ["Robustness", "robustness_of"]
