"""What load balancers and orchestrators ask: is it alive, may it have requests?"""

from .base import BaseHandler


class LiveHandler(BaseHandler):
    def get(self) -> None:
        self.finish({"status": "alive"})


class ReadyHandler(BaseHandler):
    def get(self) -> None:
        is_ready = self.settings.get("is_ready", False)
        self.set_status(200 if is_ready else 503)
        self.finish({"status": "ready" if is_ready else "not ready"})
