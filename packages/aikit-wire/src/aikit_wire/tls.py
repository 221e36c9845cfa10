"""The TLS context: the system's trust store, host names checked."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext


@lru_cache
def trusted() -> SSLContext:
    """Return the one context of the process; making one takes tens of milliseconds.

    `SSL_CERT_FILE` or `SSL_CERT_DIR` replaces the system's trust store.
    """
    context = with_trust_store()
    context.set_alpn_protocols(["http/1.1"])
    return context


def with_trust_store() -> SSLContext:
    """Return a client's context, which demands a valid certificate for the host's name."""
    import ssl

    if cafile := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=cafile)
    if capath := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=capath)
    if sys.platform not in ("darwin", "win32") and openssl_has_certificates():
        # truststore would do it too, but loads them again for every connection.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        return context
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def openssl_has_certificates() -> bool:
    """Tell whether there are any where this Python's OpenSSL looks; it may come from elsewhere."""
    import ssl

    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return True
    folder = paths.capath
    return bool(folder) and any(name.endswith(".0") for name in os.listdir(folder))
