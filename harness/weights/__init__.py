"""Checkpoints: which there are, how to get them, and safe loading."""
