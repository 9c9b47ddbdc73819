"""The command line: one file a verb, shared options in one place."""
