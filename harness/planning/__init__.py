"""What a run will do: benchmark files, the grid of cells, their identity, and what is comparable."""
