"""Keep of an exchange only what the lists here name, and no secret in any of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from aikit_wire.errors import REQUEST_IDS
from aikit_wire.redact import LOOKS_SECRET, MASK
from aikit_wire.transport import HTTPRequest

from aikit_testing.tape import Asked, Exchange, TapeError

REQUEST_HEADERS = frozenset(
    {"accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta"}
)
RESPONSE_HEADERS = frozenset(
    {"content-type", "retry-after", "retry-after-ms", "x-should-retry", *REQUEST_IDS}
)
LIMITS = ("x-ratelimit-", "anthropic-ratelimit-")
"""How the names of further headers of a response begin that are kept."""
QUERY = frozenset({"after", "alt", "api-version", "beta", "limit", "order"})

CREDENTIAL = re.compile(r"auth|cookie|key|secret|session|token")
CREDENTIAL_LENGTH = 8
LENGTH = 16
"""A value that is not kept counts as a secret from so many characters on, a credential sooner.

Shorter ones would be found in the middle of words. Only a credential may have a space in it.
"""
HARMLESS = frozenset({"user-agent"})
BEGINS = r"(?:\b|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
FOREIGN = re.compile(LOOKS_SECRET.pattern.replace(r"\b", BEGINS).encode())
"""Keys of vendors, which in JSON may also begin after the letters of an escape."""
ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|(.))", re.S)


class Scrubber:
    """Scrubs one exchange after another, and learns from each request what is secret.

    Keys travel in headers, so the Kit's are known without being told; `secrets` are further ones.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(filter(None, secrets))

    def learn(self, request: HTTPRequest) -> bool:
        """Note the secrets of a request, and tell whether there was a new one."""
        found = secrets_of(request)
        new = not found <= self._secrets
        self._secrets |= found
        return new

    def asked(self, request: HTTPRequest) -> Asked:
        """Return what may be kept of a request."""
        url = urlsplit(request.url)
        query = [item for item in parse_qsl(url.query, True) if item[0] in QUERY]
        path = f"{url.path or '/'}?{urlencode(query)}" if query else url.path or "/"
        headers = kept(request.headers, REQUEST_HEADERS)
        who = request.provider, request.ability
        return self.masked(Asked(request.method, path, headers, request.body, *who))

    def masked(self, asked: Asked) -> Asked:
        """Mask every secret that is known by now."""
        return replace(
            asked,
            path=self._masked(asked.path),
            headers={name: self._masked(value) for name, value in asked.headers.items()},
            body=None if asked.body is None else self._hidden(asked.body, MASK.encode()),
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return what may be kept of an exchange.

        In an answer every letter of a secret becomes an asterisk, so that all borders stay where
        they are, also when one runs through a secret.

        Raises:
            TapeError: it still holds a secret, in some other spelling.
        """
        body, chunks, start = self._hidden(exchange.body), [], 0
        for chunk in exchange.chunks:
            end = start + len(chunk.data)
            chunks.append(replace(chunk, data=body[start:end]))
            start = end
        answered, ended = exchange.answered, exchange.ended
        if answered:
            headers = kept(answered.headers, RESPONSE_HEADERS, LIMITS)
            headers = {name: self._masked(value) for name, value in headers.items()}
            answered = replace(answered, headers=headers)
        ended = replace(ended, message=self._masked(ended.message))
        scrubbed = Exchange(exchange.asked, answered, tuple(chunks), ended)
        self.check(scrubbed)
        return scrubbed

    def check(self, exchange: Exchange) -> None:
        """Look for secrets as they are, and behind escapes of JSON and of URLs.

        Raises:
            TapeError: there is one.
        """
        asked, answered = exchange.asked, exchange.answered
        texts = [asked.path, *asked.headers.values(), exchange.ended.message]
        texts += [(asked.body or b"").decode("utf-8", "replace")]
        texts += [exchange.body.decode("utf-8", "replace")]
        texts += answered.headers.values() if answered else ()
        for text in texts:
            for spelling in (text, ESCAPE.sub(unescaped, text), unquote(text)):
                if any(secret in spelling for secret in self._secrets):
                    raise TapeError(
                        f"the exchange {asked.method} {asked.path} holds a secret that could not "
                        f"be masked, so it is not written"
                    )

    def _masked(self, text: str) -> str:
        return self._hidden(text.encode(), MASK.encode()).decode()

    def _hidden(self, data: bytes, mask: bytes | None = None) -> bytes:
        spellings = {spelling for secret in self._secrets for spelling in spelled(secret)}
        for spelling in sorted(spellings, key=lambda item: (-len(item), item)):
            data = data.replace(spelling, mask or b"*" * len(spelling))
        return FOREIGN.sub(lambda found: mask or b"*" * len(found[0]), data)


def kept(
    headers: Mapping[str, str], names: frozenset[str], prefixes: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return the headers that are listed, by their names in lower case."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {
        name: lowered[name]
        for name in sorted(lowered)
        if name in names or name.startswith(prefixes)
    }


def secrets_of(request: HTTPRequest) -> frozenset[str]:
    """Find what of a request is secret: whatever is neither kept nor known to be harmless."""
    url = urlsplit(request.url)
    named = [("authorization", url.password or "")]
    named += [item for item in parse_qsl(url.query) if item[0] not in QUERY]
    for name, value in request.headers.items():
        if name.lower() not in REQUEST_HEADERS | HARMLESS:
            named.append((name.lower(), value.strip()))
    return frozenset(secret for name, value in named for secret in parts(name, value))


def parts(name: str, value: str) -> Iterator[str]:
    """Yield what of a header or of the query is secret: a key may follow a word such as Bearer."""
    if CREDENTIAL.search(name):
        for part in (value, value.partition(" ")[2].strip()):
            if len(part) >= CREDENTIAL_LENGTH:
                yield part
    elif len(value) >= LENGTH and " " not in value:
        yield value


def spelled(secret: str) -> tuple[bytes, ...]:
    """Write a secret in the ways in which a service may repeat it."""
    return secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()


def unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]
