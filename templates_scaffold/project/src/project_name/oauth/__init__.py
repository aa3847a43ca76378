"""Logins by other providers (OAuth 2 with state and PKCE)."""
