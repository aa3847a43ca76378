"""Requests and connections that are refused: by which kind, with which answer, and how that is told."""
