"""The application: its routes and how they are served."""

# % if not bare
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path  # % if pages

# % endif
from tornado.web import Application, url

# % if bare
# %| from .hello import HelloHandler
# % endif
from .handlers.greeting import GreetingHandler  # % if pages
from .handlers.health import LiveHandler, ReadyHandler  # % if not bare
from .handlers.home import HomeHandler  # % if not bare
from .handlers.not_found import NotFoundHandler  # % if not bare
from .handlers.static import StaticHandler  # % if pages
from .modules import Field  # % if pages
from .settings import Settings

# % if pages
HERE = Path(__file__).parent

# % endif
ROUTES = [
    # % if not bare
    url(r"/", HomeHandler, name="home"),
    url(r"/greeting", GreetingHandler, name="greeting"),  # % if pages
    url(r"/livez", LiveHandler, name="livez"),
    url(r"/readyz", ReadyHandler, name="readyz"),
    # % else
    # %| url(r"/", HelloHandler, name="hello"),
    # % endif
]


# % if not bare
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
        # % if not bare
        compress_response=True,
        default_handler_class=NotFoundHandler,
        default_handler_args={"status_code": 404},
        # % endif
        cookie_secret=settings.cookie_secret.get_secret_value(),  # % if cookies
        # % if pages
        static_path=str(HERE / "static"),
        static_handler_class=StaticHandler,
        template_path=str(HERE / "templates"),
        ui_modules={"Field": Field},
        # % endif
    )
