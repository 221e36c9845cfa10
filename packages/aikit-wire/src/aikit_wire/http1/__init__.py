"""HTTP/1.1 of our own, over TCP and TLS: RFC 9110 (semantics) and RFC 9112 (messages)."""
