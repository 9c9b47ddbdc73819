"""Folders of clips: annotated ones, plain videos, and whether they are sound."""
