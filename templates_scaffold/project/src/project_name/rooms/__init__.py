"""Rooms: who is in them, what was said there, and how it comes to everybody."""
