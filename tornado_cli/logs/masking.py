"""What a log must not tell: the values of query keys that name a secret, and characters that a terminal would obey."""

import re
from functools import lru_cache
from urllib.parse import unquote

from tornado_cli.terminal import visible

__all__ = ["mask_query", "mask_text", "visible"]

MASK = "***"

SECRET_WORDS = frozenset(
    {
        *("apikey", "key", "privatekey", "secret", "secretkey", "clientsecret", "sig", "sign", "signature"),
        *("token", "tokens", "accesstoken", "authtoken", "idtoken", "refreshtoken", "bearer", "jwt", "csrf", "xsrf"),
        *("auth", "authorization", "code", "nonce", "otp", "state", "ticket", "session", "sessionid", "sid"),
        *("pass", "passcode", "passphrase", "passwd", "password", "pin", "pwd", "cred", "credential", "credentials"),
    }
)
"""Parts of a key's name: `api_key`, `apiKey` and `user[password]` hold one, `monkey` and `barcode` do not."""

# Separators and signs may be encoded, and encoded again, when one address is a parameter of another.
_SEPARATOR = re.compile(r"[?;]|%(?:25)*(?:3[fb]|26)", re.IGNORECASE)
_EQUALS = re.compile(r"=|%(?:25)*3d", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_QUERY_IN_TEXT = re.compile(r"\?[^\s'\"<>]+")
_DECODINGS = 3
_USUAL_KEY = 64


def mask_query(path: str) -> str:
    """A request's path as sent, with `***` for the values of secret-looking query keys."""
    start = path.find("?")
    if start < 0:
        return path
    return path[: start + 1] + "&".join([_mask_parameter(parameter) for parameter in path[start + 1 :].split("&")])


def mask_text(text: str) -> str:
    """The same for every address in a sentence (Tornado writes the request into its error messages)."""
    if "?" not in text:
        return text
    return _QUERY_IN_TEXT.sub(lambda match: mask_query(match[0]), text)


def _mask_parameter(parameter: str) -> str:
    key, _, value = parameter.partition("=")
    if "%" in parameter or "?" in parameter or ";" in parameter or "=" in value:
        return _mask_nested(parameter)
    return f"{key}={MASK}" if value and is_secret(key) else parameter


def _mask_nested(parameter: str) -> str:
    """Mask a parameter that is encoded, or has parameters of its own."""
    start = 0
    while True:
        equals = _EQUALS.search(parameter, start)
        if equals is None:
            return parameter
        separators = [*_SEPARATOR.finditer(parameter, start, equals.start())]
        key_start = separators[-1].end() if separators else start
        if is_secret(parameter[key_start : equals.start()]):
            # To the very end: what follows may be the rest of the value.
            return parameter[: equals.end()] + MASK
        start = equals.end()


def is_secret(key: str) -> bool:
    """Whether a query key, as sent, names a secret."""
    # Only usual keys are remembered, or a stranger's requests would fill the memory.
    return _is_usual_secret(key) if len(key) <= _USUAL_KEY else _names_secret(key)


def _names_secret(key: str) -> bool:
    for _ in range(_DECODINGS):
        if "%" not in key:
            break
        key = unquote(key)
    words = [word.lower() for word in _WORD.findall(key)]
    return "".join(words) in SECRET_WORDS or not SECRET_WORDS.isdisjoint(words)


_is_usual_secret = lru_cache(maxsize=1024)(_names_secret)
