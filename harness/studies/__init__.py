"""Questions that take several trainings and a run: each trains what is not there yet, runs, and writes one table."""
