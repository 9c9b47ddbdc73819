"""Declarations for MMAction2's zoo. Imports nothing heavy."""
