"""Probes: what looks at restored frames or flow and yields numbers for one clip."""
