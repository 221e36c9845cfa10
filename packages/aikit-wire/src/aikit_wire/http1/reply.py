"""One answer as it is parsed: bytes in, status, headers and pieces of the body out."""

from __future__ import annotations

from functools import lru_cache

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

HEAD_BYTES = 100 << 10
"""How long a head may be, interim heads before it included; likewise what is between two pieces
of a body (chunk extensions) and behind it (trailers)."""
FIELDS = 256
"""How many header fields an answer may have."""


class Malformed(Exception):
    """What came is no HTTP/1.1; the message never repeats it."""


class Reply:
    """The answer to one request.

    The parser is llhttp in its strict mode, which refuses what makes two readers disagree: two
    Content-Lengths, one beside Transfer-Encoding (RFC 9112, section 6.3), folded lines (5.2),
    bare CR or LF, NUL. What it leaves to its user is decided here.
    """

    __slots__ = (
        "_begun",
        "_bodiless",
        "_fault",
        "_parser",
        "_repeated",
        "_spent",
        "_until_close",
        "complete",
        "headed",
        "headers",
        "heads",
        "inside_head",
        "pieces",
        "reusable",
        "size",
        "status",
    )

    def __init__(self, *, bodiless: bool) -> None:
        self._bodiless = bodiless  # the answer to HEAD describes a body that does not come
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        self._fault = ""
        self._repeated = 0
        self._spent = 0  # bytes since the last that were of use
        self._begun = self._until_close = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.size = 0  # of the pieces
        self.heads = 0  # interim ones that are complete
        self.inside_head = False
        self.headed = self.complete = self.reusable = False

    @property
    def begun(self) -> bool:
        """Whether any byte has come."""
        return self._begun

    def feed(self, data: bytes | memoryview) -> None:
        """Parse what came.

        Raises:
            Malformed: it is no answer.
        """
        parser, size = self._parser, self.size
        assert parser is not None
        if not self._begun:
            self._begun = True
            if data[0] != ord("H"):  # llhttp knows RTSP and ICE too, and skips empty lines
                raise Malformed("it does not begin with HTTP/1")
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.complete:
                raise Malformed(self._fault or str(error)) from None
            # More than the answer came. It belongs to no request, so it is dropped, and the
            # connection with it (RFC 9112, section 6.3, last paragraph).
            self.reusable = False
        if self.complete:
            self.drop()
        elif self.size == size:
            self._spent += len(data)
            if self._spent > HEAD_BYTES:
                raise Malformed(f"more than {HEAD_BYTES} bytes came without a body in them")

    def end(self) -> bool:
        """Note that nothing more comes; tell whether that ends the answer.

        It does when the answer has no length of its own (RFC 9112, section 6.3, rule 8).
        """
        self.reusable = False
        if self._until_close:
            self.complete = True
            self.drop()
        return self.complete

    def drop(self) -> None:
        """Let go of the parser, which holds methods of this object: a reference cycle."""
        self._parser = None

    def take(self) -> bytes:
        """Return what has come of the body since the last time."""
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = 0
        return data

    # What the parser calls

    def on_message_begin(self) -> None:
        if self.complete:
            raise Malformed
        self.inside_head = True

    def on_header(self, raw: bytes, value: bytes) -> None:
        if self.headed:
            return  # a trailer may be dropped (RFC 9110, section 6.5.1)
        name, text = field_name(raw), value.decode("latin-1").rstrip(" \t")
        headers = self.headers
        if name in headers:
            self._repeated += 1
            if self._repeated > FIELDS:
                self._refuse(f"it has more than {FIELDS} header fields")
            text = f"{headers[name]}, {text}"
        headers[name] = text

    def on_headers_complete(self) -> None:
        parser, headers = self._parser, self.headers
        assert parser is not None
        status = parser.get_status_code()
        self.inside_head = False
        if 100 <= status < 200 and status != 101:
            self.heads += 1  # any number of interim answers may come first (RFC 9110, 15.2)
            headers.clear()
            return
        if status < 200:
            self._refuse("it has a status that nobody asked for")
        if len(headers) > FIELDS:
            self._refuse(f"it has more than {FIELDS} header fields")
        version = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            self._refuse("it is of another version of HTTP")
        coding = headers.get("transfer-encoding")
        if coding is not None and coding.lower() != "chunked":
            # Nobody asked for another one, and without chunks its end is a guess (RFC 9112, 6.1).
            self._refuse("it has a transfer coding that nobody asked for")
        self.status = status
        self.headed = True
        # RFC 9112, section 9.3; HTTP/1.0 is not trusted to keep a connection in good order.
        self.reusable = version == "1.1" and parser.should_keep_alive()
        self._until_close = coding is None and "content-length" not in headers
        if self._bodiless:
            self.complete = True
            self._until_close = False

    def on_body(self, data: bytes) -> None:
        if self.complete:
            self.reusable = False
            return
        self.pieces.append(data)
        self.size += len(data)
        self._spent = 0

    def on_message_complete(self) -> None:
        if self.headed:
            self.complete = True

    def _refuse(self, fault: str) -> None:
        self._fault = fault
        raise Malformed(fault)


@lru_cache(maxsize=1024)
def field_name(raw: bytes) -> str:
    """Return the name of a header field in lower case; servers send the same few ever again."""
    return raw.decode("ascii").lower()
