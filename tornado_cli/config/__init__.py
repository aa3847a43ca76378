"""Settings: each declared once, resolved once, then only read."""
