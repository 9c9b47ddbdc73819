"""Declarations: architectures, methods and their checkpoints. Imports nothing heavy."""
