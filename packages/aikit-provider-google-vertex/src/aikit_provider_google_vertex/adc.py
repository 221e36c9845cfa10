"""Access tokens from google-auth: of a service account, or of the default credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from types import ModuleType
from typing import Any

from aicore.errors import BadConfig, MissingKey, Unauthorized, Unreachable
from aicore.secrets import Secret
from aikit_wire.tokens import Fetch, Token, in_thread

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
EXTRA = "aikit-provider-google-vertex[adc]"


def renewing(given: Any, provider: str) -> Fetch:
    """Return what fetches tokens, in a thread, because google-auth blocks.

    `given` is the path or the content of the JSON file of a service account, or credentials of
    google-auth; None stands for the default credentials of where the program runs.
    """
    made: list[Any] = []

    def renew() -> Token:
        auth = library(provider)
        try:
            if not made:
                made.append(credentials(given, provider, auth))
            return renewed(made[0])
        except auth.exceptions.DefaultCredentialsError as error:
            raise MissingKey(
                f"no credentials for {provider!r}: set GOOGLE_VERTEX_AUTH_TOKEN or "
                "GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`",
                provider=provider,
            ) from error
        except auth.exceptions.TransportError as error:
            raise Unreachable(
                f"no access token could be got: {type(error).__name__}", provider=provider
            ) from error
        except auth.exceptions.GoogleAuthError as error:
            raise Unauthorized(
                f"no access token could be got ({type(error).__name__}: {reason(error)}); "
                "see that the credentials are still good",
                provider=provider,
            ) from error

    async def fetch() -> Token:
        return await in_thread(renew)

    return fetch


def library(provider: str) -> ModuleType:
    """Import google-auth.

    Raises:
        BadConfig: it is not installed.
    """
    try:
        import google.auth
        import google.auth.exceptions
        import google.auth.transport.requests
    except ImportError:
        raise BadConfig(
            f"{provider!r} gets access tokens by google-auth: `pip install '{EXTRA}>=1'`, or give "
            "an `auth_token`, which may be a function"
        ) from None
    return google.auth


def credentials(given: Any, provider: str, auth: Any) -> Any:
    """Return credentials of google-auth.

    Raises:
        BadConfig: what is given is none, nor the file of a service account.
    """
    if given is None:
        found, _ = auth.default(scopes=SCOPES)
        return found
    if hasattr(given, "refresh"):
        return given
    from google.oauth2 import service_account

    made: Any = service_account.Credentials
    try:
        info = given if isinstance(given, Mapping) else json.loads(Path(given).read_text("utf-8"))
        return made.from_service_account_info(info, scopes=SCOPES)
    except (OSError, TypeError, ValueError) as error:
        raise BadConfig(
            f"provider {provider!r}: 'credentials' must be the JSON file of a service account, or "
            f"its content ({type(error).__name__}); for other kinds set "
            "GOOGLE_APPLICATION_CREDENTIALS"
        ) from None


def renewed(held: Any) -> Token:
    """Have credentials get a new token; the connection for it is closed again."""
    from google.auth.transport.requests import Request

    request = Request()
    try:
        held.refresh(request)
    finally:
        request.session.close()
    expires = held.expiry.replace(tzinfo=UTC).timestamp() if held.expiry else None
    project = getattr(held, "quota_project_id", None)
    headers = {"x-goog-user-project": project} if project else {}
    return Token(Secret(held.token), expires, headers)


def reason(error: Exception) -> str:
    """Return what the service says, without the answer that google-auth puts beside it."""
    return str(error.args[0]) if error.args else ""
