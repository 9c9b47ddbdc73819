"""Folders of clips, annotated or plain videos, and verifying them."""
