"""tcli: dev server, production runner and project scaffolder for Tornado."""

__version__ = "0.1.0"
