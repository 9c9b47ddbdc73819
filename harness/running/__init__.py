"""Doing it: the run context, the loop over clips, and the run folder."""
