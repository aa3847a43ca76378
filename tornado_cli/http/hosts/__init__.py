"""The hosts that requests may name."""
