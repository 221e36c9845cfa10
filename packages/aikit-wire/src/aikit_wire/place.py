"""Where a URL leads: its host by name, and the same URL by one of the host's addresses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

from aicore.errors import BadInput

PORTS = {"http": 80, "https": 443}
IN_URLS = "/%:@!$&'()*+,;=~?[]"
"""What stands in a URL as it is, beside letters and digits; `%` begins what is quoted already."""


@dataclass(frozen=True, slots=True)
class Place:
    """A URL taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Place:
        """Take a URL apart.

        Raises:
            BadInput: it is none of http or https, or holds a password.
        """
        try:
            parts = urlsplit(url)
            scheme, port = parts.scheme.lower(), parts.port
            host = (parts.hostname or "").encode("idna").decode()
        except (ValueError, UnicodeError) as error:
            raise BadInput(f"it is no URL ({error})") from None
        if scheme not in PORTS or not host:
            raise BadInput("only URLs of http and https are fetched")
        if parts.username is not None or parts.password is not None:
            raise BadInput("a URL with a user or password is not fetched")
        path = quote(parts.path or "/", safe=IN_URLS)
        if parts.query:
            path += f"?{quote(parts.query, safe=IN_URLS)}"
        return cls(scheme, host, PORTS[scheme] if port is None else port, path)

    @property
    def netloc(self) -> str:
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{bracketed(self.host)}{port}"

    def url(self, host: str) -> str:
        """Return the URL with another host, such as one of its addresses."""
        return f"{self.scheme}://{bracketed(host)}:{self.port}{self.path}"


def bracketed(host: str) -> str:
    """Write a host as it stands in a URL."""
    try:
        return f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        return host


def joined(url: str, location: str) -> str:
    """Return where a redirect leads.

    Raises:
        BadInput: to what is no URL.
    """
    try:
        return urljoin(url, location)
    except ValueError:
        raise BadInput("it redirects to what is no URL") from None
