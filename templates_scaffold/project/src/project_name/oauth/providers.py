"""The providers that are known, and what each was told of this application."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings
from tornado.httputil import url_concat

from .attempt import Attempt


@dataclass(frozen=True, kw_only=True)
class Provider:
    title: str
    scope: str
    authorize_url: str
    token_url: str
    person_url: str
    subject_field: str
    """What in its answer is one person's for ever; names and addresses are not."""
    name_field: str


PROVIDERS = {
    "github": Provider(
        title="GitHub",
        scope="read:user",
        authorize_url="https://github.com/login/oauth/authorize",
        token_url="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
        person_url="https://api.github.com/user",
        subject_field="id",
        name_field="login",
    ),
    "google": Provider(
        title="Google",
        scope="openid profile",
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        person_url="https://openidconnect.googleapis.com/v1/userinfo",
        subject_field="sub",
        name_field="name",
    ),
}


class Person(BaseModel):
    """Who somebody is, as a provider says it."""

    model_config = ConfigDict(coerce_numbers_to_str=True, frozen=True)

    provider: str
    subject: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Client:
    """This application as a provider knows it."""

    provider: Provider
    client_id: str
    client_secret: SecretStr

    @property
    def origin(self) -> str:
        parts = urlsplit(self.provider.authorize_url)
        return f"{parts.scheme}://{parts.netloc}"

    def authorize_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where somebody is asked whether this application may know who they are."""
        return url_concat(
            self.provider.authorize_url,
            {
                "response_type": "code",
                "client_id": self.client_id,
                "redirect_uri": redirect_uri,
                "scope": self.provider.scope,
                "state": attempt.state,
                "code_challenge": attempt.challenge,
                "code_challenge_method": "S256",
            },
        )


def clients_in(settings: BaseSettings) -> dict[str, Client]:
    """The providers that can be used: those for which there is an id."""
    return {
        name: Client(
            provider=provider,
            client_id=client_id,
            client_secret=getattr(settings, f"{name}_client_secret"),
        )
        for name, provider in PROVIDERS.items()
        if (client_id := getattr(settings, f"{name}_client_id"))
    }


def goes_with_id(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    """Refuse one without the other; the id is declared before and so known here."""
    its_id = str(info.field_name).replace("secret", "id")
    if bool(secret) is not bool(info.data.get(its_id)):
        problem = "this and {id} are needed both, or neither"
        raise PydanticCustomError("half", problem, {"id": its_id.upper()})
    return secret


NO_SECRET = SecretStr("")
ClientSecret = Annotated[SecretStr, AfterValidator(goes_with_id)]
