"""A setting that is a secret: never shown, and a real one unless the application is worked on."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError

PLACEHOLDER = SecretStr("change-me")
SHORTEST = 32


def real(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    """Refuse the placeholder and its like; `debug` is declared before and so known here."""
    if len(secret.get_secret_value()) < SHORTEST and not info.data.get("debug"):
        problem = "this has to be a real secret (.env.example says how)"
        raise PydanticCustomError("placeholder", problem)
    return secret


Secret = Annotated[SecretStr, AfterValidator(real)]
