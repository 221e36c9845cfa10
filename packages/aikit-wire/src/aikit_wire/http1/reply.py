"""The answers of one connection as they are parsed: bytes in, heads and pieces of bodies out."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from aikit_wire.http1.fields import Fields

HEAD_BYTES = 100 << 10
"""How long a head may be, interim heads before it included; likewise what is between two pieces
of a body (chunk extensions) and behind it (trailers)."""
FIELDS = 256
"""How many header fields an answer may have."""
FEW = FIELDS * len("a:\r\n")
"""A head as short as this cannot have more."""


class Malformed(Exception):
    """What came is no HTTP/1.1; the message never repeats it."""


class ReplyParser:
    """Parses the answers to the requests of one connection, one after the other.

    The parser is llhttp in its strict mode, which refuses what makes two readers disagree: two
    Content-Lengths, one beside Transfer-Encoding (RFC 9112, section 6.3), folded lines (5.2),
    bare CR or LF, NUL. What it leaves to its user is decided here. It is not asked for header
    fields, for a head that it let pass is easily read, and a call back for each of 25 took a
    quarter of a call's time; nor for trailers, which may be dropped (RFC 9110, section 6.5.1).

    `complete` is true before the first request, and between an answer and the next request.
    """

    __slots__ = (
        "_bodiless",
        "_fault",
        "_held",
        "_parser",
        "_spent",
        "complete",
        "headed",
        "headers",
        "inside_head",
        "interim",
        "on_body",
        "pieces",
        "reusable",
        "status",
    )

    def __init__(self) -> None:
        self.status = 0
        self.headers = NONE
        self.pieces: list[bytes] = []
        self.headed = self.complete = self.reusable = True
        self._bodiless = False
        self._fault = ""
        self._held = b""  # what has come, until the head is complete
        self.interim = 0  # bytes of it that are heads of interim answers
        self._spent = 0  # bytes since the last that were of use
        self.inside_head = False
        self.on_body = self.pieces.append  # a method that did this: 20 % more for a chunk
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    def expect(self, *, bodiless: bool) -> None:
        """Get ready for the answer to the next request; to HEAD, it comes without its body."""
        if self._bodiless:  # the parser still waits for the body that does not come
            self._parser = HttpResponseParser(self)
        self._bodiless = bodiless
        self.headed = self.complete = False
        self.interim = self._spent = 0

    @property
    def begun(self) -> bool:
        """Whether any byte of the answer has come."""
        return self.headed or bool(self._held)

    def feed(self, data: bytes | memoryview) -> bool:
        """Parse what came; tell whether it brought the head, more of the body, or the end.

        Raises:
            Malformed: it is no answer.
        """
        parser, headed, known = self._parser, self.headed, len(self.pieces)
        assert parser is not None
        if not headed:
            if not self._held and data[0] != FIRST:
                # llhttp knows RTSP and ICE too, and skips empty lines
                raise Malformed("it does not begin with HTTP/1")
            self._held += data
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.complete:
                raise Malformed(self._fault or str(error)) from None
            # More than the answer came. It belongs to no request, so it is dropped, and the
            # connection with it (RFC 9112, section 6.3, last paragraph).
            self.reusable = False
        if self.complete:
            if self._bodiless and self.pieces:
                self.reusable = False
                self.pieces.clear()
            return True
        if len(self.pieces) > known:
            self._spent = 0
            return True
        self._spent += len(data)
        if self._spent > HEAD_BYTES:
            raise Malformed(f"more than {HEAD_BYTES} bytes came without a body in them")
        return self.headed and not headed

    def end(self) -> bool:
        """Note that nothing more comes; tell whether that ends the answer.

        It does when the answer has no length of its own (RFC 9112, section 6.3, rule 8).
        """
        self.reusable = False
        if self.headed and FRAMING.isdisjoint(self.headers):
            self.complete = True
        return self.complete

    def drop(self) -> None:
        """Let go of the parser, which holds methods of this object: a reference cycle."""
        self._parser = None
        self.reusable = False

    # What the parser calls

    def on_message_begin(self) -> None:
        if self.complete:
            raise Malformed
        self.inside_head = True

    def on_headers_complete(self) -> None:
        parser, held, start = self._parser, self._held, self.interim
        assert parser is not None
        current = held.startswith(b"HTTP/1.1", start)
        if not current and not held.startswith(b"HTTP/1.0", start):  # nor empty lines before it
            self._refuse("it does not begin with HTTP/1.1 or HTTP/1.0")
        end = held.index(b"\r\n\r\n", start) + 2
        self.inside_head = False
        status = parser.get_status_code()
        if status < 200:
            if status < 100 or status == 101:
                self._refuse("it has a status that nobody asked for")
            self.interim = end + 2  # any number of them may come first (RFC 9110, 15.2)
            return
        head = held[start:end].decode("latin-1")
        if len(head) > FEW and head.count("\r\n") > FIELDS + 1:
            self._refuse(f"it has more than {FIELDS} header fields")
        headers = Fields(head)
        if CODING in headers and headers[CODING].lower() != "chunked":
            # Nobody asked for another one, and without chunks its end is a guess (RFC 9112, 6.1).
            self._refuse("it has a transfer coding that nobody asked for")
        self.status, self.headers = status, headers
        self.headed = True
        self._held = b""
        # RFC 9112, section 9.3; HTTP/1.0 is not trusted to keep a connection in good order.
        self.reusable = current and parser.should_keep_alive()
        if self._bodiless:
            self.complete = True

    def on_message_complete(self) -> None:
        if self.headed:
            self.complete = True

    def _refuse(self, fault: str) -> None:
        self._fault = fault
        raise Malformed(fault)


FIRST = ord("H")
NONE = Fields("\r\n")
CODING = "transfer-encoding"
FRAMING = frozenset({CODING, "content-length"})
