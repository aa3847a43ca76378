"""What load balancers and orchestrators ask: is it alive, may it have requests?"""

from ..readiness import does_all_answer  # % if checks
from .base import BaseHandler


class LiveHandler(BaseHandler):
    # % if auth
    is_told_who_asks = False

    # % endif
    def get(self) -> None:
        self.finish({"status": "alive"})


class ReadyHandler(BaseHandler):
    # % if auth
    is_told_who_asks = False

    # % endif
    async def get(self) -> None:
        is_ready = self.settings["is_ready"]
        # % if checks
        is_ready = is_ready and await does_all_answer(self.settings["checks"])
        # % endif
        self.set_status(200 if is_ready else 503)
        self.finish({"status": "ready" if is_ready else "not ready"})
