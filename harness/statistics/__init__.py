"""Accuracy, intervals and paired tests from stored per-clip class scores. Pure numpy; percentages are 0 to 100."""

from __future__ import annotations

from harness.statistics.bootstrap import RESAMPLES, bootstrap_accuracy, bootstrap_mean, bootstrap_mean_class, interval
from harness.statistics.paired import detectable_difference, mcnemar_p, recovered, sign_flip_p, tied_with_best
from harness.statistics.ranks import holm, kendall_tau
from harness.statistics.scores import Scores, accuracy, fuse, hits, mean_class_accuracy

__all__ = [
    "RESAMPLES",
    "Scores",
    "accuracy",
    "bootstrap_accuracy",
    "bootstrap_mean",
    "bootstrap_mean_class",
    "detectable_difference",
    "fuse",
    "hits",
    "holm",
    "interval",
    "kendall_tau",
    "mcnemar_p",
    "mean_class_accuracy",
    "recovered",
    "sign_flip_p",
    "tied_with_best",
]
