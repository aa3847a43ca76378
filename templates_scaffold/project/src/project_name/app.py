"""The application: its routes and how they are served."""

# % if not bare
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path  # % if html

# % endif
from tornado.web import Application, url

# % if bare
# %| from .hello import HelloHandler
# % endif
from .db.engine import opened  # % if db
from .db.sessions import Sessions  # % if auth
from .handlers.auth import ROUTES as AUTH_ROUTES  # % if auth
from .handlers.files import ROUTES as FILE_ROUTES  # % if pages
from .handlers.greeting import GreetingHandler  # % if pages
from .handlers.health import LiveHandler, ReadyHandler  # % if not bare
from .handlers.home import HomeHandler  # % if not bare
from .handlers.items import ItemHandler, ItemsHandler  # % if crud
from .handlers.language import LanguageHandler  # % if i18n
from .handlers.metrics import MetricsHandler  # % if metrics
from .handlers.not_found import NotFoundHandler  # % if not bare
from .handlers.oauth import ROUTES as OAUTH_ROUTES  # % if oauth
from .handlers.openapi import DocsHandler, OpenApiHandler  # % if openapi
from .handlers.primes import PrimesHandler  # % if worker and pages
from .handlers.primes_socket import PrimesSocket  # % if worker
from .handlers.room import RoomHandler, RoomSocket  # % if rooms
from .handlers.static import StaticHandler  # % if html
from .handlers.wall import ROUTES as WALL_ROUTES  # % if pages
from .languages import LANGUAGES, load_translations  # % if i18n
from .modules import Field  # % if pages
from .oauth.exchange import Exchange  # % if oauth
from .oauth.providers import clients_in  # % if oauth
from .passwords import Passwords  # % if auth
from .rooms.brokers import fanout_by  # % if broker
from .rooms.hub import Hub  # % if rooms
from .settings import Settings
from .throttle import Throttle  # % if auth
from .tracing import tracing  # % if otel
from .wall import Wall  # % if pages
from .work.jobs import Jobs  # % if worker
from .work.processes import Processes  # % if worker
from .work.webhook import Webhook  # % if worker
from .wsgi import WSGI_ROUTE  # % if wsgi

# % if html
HERE = Path(__file__).parent

# % endif
ROUTES = [
    # % if not bare
    url(r"/", HomeHandler, name="home"),
    url(r"/greeting", GreetingHandler, name="greeting"),  # % if pages
    url(r"/language", LanguageHandler, name="language"),  # % if i18n
    url(r"/primes", PrimesHandler, name="primes"),  # % if worker and pages
    url(r"/primes/socket", PrimesSocket, name="primes-socket"),  # % if worker
    url(r"/rooms/([a-z0-9-]{1,32})", RoomHandler, name="room"),  # % if rooms
    url(r"/rooms/([a-z0-9-]{1,32})/socket", RoomSocket, name="room-socket"),  # % if rooms
    url(r"/metrics", MetricsHandler, name="metrics"),  # % if metrics
    WSGI_ROUTE,  # % if wsgi
    url(r"/livez", LiveHandler, name="livez"),
    url(r"/readyz", ReadyHandler, name="readyz"),
    url(r"/items", ItemsHandler, name="items"),  # % if crud
    url(r"/items/([0-9a-f]{32})", ItemHandler, name="item"),  # % if crud
    url(r"/openapi.json", OpenApiHandler, name="openapi"),  # % if openapi
    url(r"/docs", DocsHandler, name="docs"),  # % if openapi
    *AUTH_ROUTES,  # % if auth
    *OAUTH_ROUTES,  # % if oauth
    *FILE_ROUTES,  # % if pages
    *WALL_ROUTES,  # % if pages
    # % else
    # %| url(r"/", HelloHandler, name="hello"),
    # % endif
]


# % if not bare
@asynccontextmanager
async def lifespan(app: Application) -> AsyncIterator[None]:
    """Open what the application needs before its first request, close it after the last."""
    config: Settings = app.settings["config"]  # % if db
    async with AsyncExitStack() as resources:
        await resources.enter_async_context(tracing())  # % if otel
        # % if db
        database = await resources.enter_async_context(opened(config.database_url))
        app.settings["database"] = database
        app.settings["checks"]["database"] = database.ping
        # % endif
        # % if sessions == redis
        # %| sessions = Sessions.opened(database, config.redis_url)
        # %| app.settings["sessions"] = await resources.enter_async_context(sessions)
        # %| app.settings["checks"]["redis"] = app.settings["sessions"].ping
        # % elif auth
        app.settings["sessions"] = Sessions(database)
        # % endif
        resources.callback(app.settings["passwords"].close)  # % if auth
        await resources.enter_async_context(app.settings["oauth"].running())  # % if oauth
        await resources.enter_async_context(app.settings["hub"].running())  # % if rooms
        # % if worker
        for name in ("webhook", "jobs", "processes"):
            await resources.enter_async_context(app.settings[name].running())
        # % endif
        resources.callback(app.settings["wall"].wake)  # % if pages
        app.settings["is_ready"] = True
        resources.callback(app.settings.update, is_ready=False)
        yield


# % endif
def make_app(settings: Settings | None = None) -> Application:
    """Build the application; without `settings`, from those of the environment."""
    settings = settings or Settings.from_environment()
    load_translations()  # % if i18n
    return Application(
        ROUTES,
        debug=settings.debug,
        cross_origin_protection=True,
        # % if not bare
        config=settings,
        is_ready=False,
        checks={},  # % if checks
        # % if auth
        passwords=Passwords(),
        oauth=Exchange(clients_in(settings)),  # % if oauth
        throttle_of_addresses=Throttle(tries=20, pause=3.0),
        throttle_of_names=Throttle(tries=5, pause=12.0),
        # % endif
        compress_response=True,
        default_handler_class=NotFoundHandler,
        # % endif
        cookie_secret=settings.cookie_secret.get_secret_value(),  # % if cookies
        # % if html
        static_path=str(HERE / "static"),
        static_handler_class=StaticHandler,
        template_path=str(HERE / "templates"),
        # % endif
        ui_modules={"Field": Field},  # % if pages
        languages=LANGUAGES,  # % if i18n
        wall=Wall(),  # % if pages
        # % if rooms
        # % if broker
        hub=Hub(fanout_by(settings.broker_url)),
        # % else
        # %| hub=Hub(),
        # % endif
        # % endif
        metrics_token=settings.metrics_token,  # % if metrics
        # % if worker
        jobs=Jobs(),
        processes=Processes(),
        webhook=Webhook(settings.webhook_url),
        # % endif
        # % if rooms or worker
        websocket_max_message_size=8 * 1024,
        websocket_ping_interval=30,
        # % endif
    )
