"""HTTPS: its certificate, its handshakes, and what plain HTTP gets beside it."""
