"""A login under way: what only the browser that began it knows."""

import base64
import hashlib
import secrets
from functools import partial

from pydantic import BaseModel, Field


class Attempt(BaseModel):
    provider: str
    next_page: str = ""  # % if pages
    state: str = Field(default_factory=partial(secrets.token_urlsafe, 32))
    """Comes back with the answer: who was sent here by somebody else's attempt has another."""
    verifier: str = Field(default_factory=partial(secrets.token_urlsafe, 48))
    """Shown when the code is spent: a code that was stolen on its way is worth nothing."""

    @property
    def challenge(self) -> str:
        """What the provider is told before of the verifier (PKCE, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_answered(self, provider: str, state: str) -> bool:
        is_same = secrets.compare_digest(self.state.encode(), state.encode())
        return is_same and self.provider == provider
