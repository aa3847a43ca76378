"""Processes that others are forked from: fresh, with third-party modules, or inside the import of the project."""
