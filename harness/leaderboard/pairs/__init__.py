"""Every spatial x temporal fusion of a run's methods, and one module for each form it is shown in."""
