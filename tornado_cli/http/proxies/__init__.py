"""Proxies in front: who is trusted to speak for clients, and how clients are introduced by them."""
