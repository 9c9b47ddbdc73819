"""Probes look at restored frames or flow and yield numbers for one clip."""
