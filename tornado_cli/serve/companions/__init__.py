"""Companions: programs that run beside the dev server, as `npm run watch` does."""
