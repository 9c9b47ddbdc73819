"""Clips as they come out of the world: blur, resizing, noise and compression, twice, drawn for each clip."""
