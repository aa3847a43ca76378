"""The application: its routes and how they are served."""

# % if pages
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

# % endif
from tornado.web import Application, url

# % if not pages
# %| from .hello import HelloHandler
# % endif
from .handlers.greeting import GreetingHandler  # % if pages
from .handlers.health import LiveHandler, ReadyHandler  # % if pages
from .handlers.home import HomeHandler  # % if pages
from .handlers.not_found import NotFoundHandler  # % if pages
from .handlers.static import StaticHandler  # % if pages
from .modules import Field  # % if pages
from .settings import Settings

# % if pages
HERE = Path(__file__).parent

# % endif
ROUTES = [
    # % if pages
    url(r"/", HomeHandler, name="home"),
    url(r"/greeting", GreetingHandler, name="greeting"),
    url(r"/livez", LiveHandler, name="livez"),
    url(r"/readyz", ReadyHandler, name="readyz"),
    # % else
    # %| url(r"/", HelloHandler, name="hello"),
    # % endif
]


# % if pages
@asynccontextmanager
async def lifespan(app: Application) -> AsyncIterator[None]:
    """Open what the application needs before its first request, close it after the last."""
    app.settings["is_ready"] = True
    try:
        yield
    finally:
        app.settings["is_ready"] = False


# % endif
def make_app(settings: Settings | None = None) -> Application:
    """Build the application; without `settings`, from those of the environment."""
    settings = settings or Settings.from_environment()
    return Application(
        ROUTES,
        debug=settings.debug,
        cross_origin_protection=True,
        # % if pages
        cookie_secret=settings.cookie_secret,
        compress_response=True,
        default_handler_class=NotFoundHandler,
        default_handler_args={"status_code": 404},
        static_path=str(HERE / "static"),
        static_handler_class=StaticHandler,
        template_path=str(HERE / "templates"),
        ui_modules={"Field": Field},
        # % endif
    )
