"""An error's body, status and headers become the error that says what to do next."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aicore import errors
from aicore.errors import AIError
from aikit_wire.astray import address
from aikit_wire.errors import LONGEST, read_error
from aikit_wire.transport import HTTPRequest

KEY = "correct-horse/battery+staple"


def error_of(
    body: Any = b"", status: int | None = 400, headers: dict[str, str] | None = None
) -> AIError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_error(status, headers or {}, data, provider="acme", model="m1", secrets=(KEY,))


MESSAGES: list[tuple[str, Any]] = [
    ("error.message", {"error": {"message": "said", "type": "x"}, "message": "other"}),
    ("error as text", {"error": "said", "message": "other"}),
    ("message", {"message": "said", "detail": "other"}),
    ("detail as text", {"detail": "said", "err_msg": "other"}),
    ("detail.message", {"detail": {"message": "said"}, "err_msg": "other"}),
    ("detail[0].msg", {"detail": [{"loc": ["body"], "msg": "said"}], "err_msg": "other"}),
    ("detail[0] as text", {"detail": ["said"]}),
    ("err_msg", {"err_msg": "said", "errors": [{"message": "other"}]}),
    ("title alone", {"title": "said", "errors": [{"message": "other"}]}),
    ("errors[0].message", {"errors": [{"message": "said"}], "error_msg": "other"}),
    ("errors[0] as text", {"errors": ["said"], "error_msg": "other"}),
    ("error_msg", {"error_msg": "said"}),
    ("[0].error.message", [{"error": {"code": 400, "message": "said"}}]),
    ("message as an object", {"object": "error", "message": {"detail": [{"msg": "said"}]}}),
    ("detail.error", {"detail": {"error": "said"}}),
    ("error inside an error", {"error": {"error": {"message": "said"}}}),
    ("an empty text is no message", {"error": {"message": " "}, "message": "said"}),
    ("null is no message", {"error": None, "message": None, "detail": "said"}),
]


@pytest.mark.parametrize(("shape", "body"), MESSAGES, ids=[shape for shape, _ in MESSAGES])
def test_the_message_is_found_in_every_shape(shape: str, body: Any) -> None:
    assert error_of(body).message == "said"


def test_title_and_detail_of_a_problem_are_told_together() -> None:
    problem = {"title": "Too many", "detail": "wait a bit", "err_msg": "other"}
    assert error_of(problem).message == "Too many: wait a bit"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the service gave no reason"),
        (b"  \n", "the service gave no reason"),
        (b"upstream connect error", "upstream connect error"),
        (b"<html><title>502 Bad Gateway</title></html>", "502 Bad Gateway"),
        (b"[]", "[]"),
        (b"null", "null"),
        (b'{"error": {}}', '{"error": {}}'),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        (b'\xef\xbb\xbf{"message": "after a byte order mark"}', "after a byte order mark"),
    ],
)
def test_a_body_without_a_message_is_the_message(body: bytes, message: str) -> None:
    assert error_of(body, 502).message.startswith(message)


def test_a_page_is_cut_short() -> None:
    assert len(error_of(b"<p>word " * 1000, 502).message) == 500


def test_of_a_web_page_only_what_a_person_would_read_is_told() -> None:
    page = (
        b"<!DOCTYPE html><html><head><title>Oh &amp; no</title><style>p {color: red}</style>"
        b"<script>if (1 < 2) run()</script></head><!-- <p>hidden</p> --><body>\n<p class='x'>"
        b"Bad   gateway</p></body></html>"
    )
    assert error_of(page, 502).message == "Oh & no Bad gateway"
    assert error_of(b"a < b > c", 502).message == "a < b > c"
    assert error_of(b"<html></html>", 502).message == "the service gave no reason"


def test_a_page_of_nothing_but_brackets_takes_no_long_time() -> None:
    for hostile in (b"<" * 1_000_000, b"<script>" * 100_000, b"<!--" * 200_000):
        started = time.perf_counter()
        error_of(hostile, 502)
        assert time.perf_counter() - started < 5


def test_a_key_that_a_page_writes_in_entities_is_masked() -> None:
    page = "<p>" + "".join(f"&#{ord(letter)};" for letter in KEY) + "</p>"
    assert KEY not in error_of(page.encode(), 502).message


REQUEST = HTTPRequest("POST", "https://ada:pw@llm.example:8443/v2/chat/completions?token=t0p")
ASKED = "POST https://llm.example:8443/v2/chat/completions"


def astray(
    body: bytes | dict[str, Any], status: int, headers: dict[str, str] | None = None
) -> AIError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_error(status, headers or {}, data, provider="acme", secrets=(KEY,), request=REQUEST)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, b"", ""),
        (404, b"404 page not found\n", ": 404 page not found"),
        (404, b"<html><title>Not here</title></html>", ": Not here"),
        (405, b"<h1>405 Not Allowed</h1>", ": 405 Not Allowed"),
        (404, {"detail": "Not Found"}, ": Not Found"),
        (404, {"error": {"message": "Unknown request URL", "code": "unknown_url"}}, None),
    ],
)
def test_an_address_that_is_not_there_is_named_without_its_secrets(
    status: int, body: Any, told: str | None
) -> None:
    error = astray(body, status)
    told = ": Unknown request URL" if told is None else told
    assert error.message == f"no such address: {ASKED} (check base_url){told}"
    assert type(error) is errors.BadConfig
    assert error.status == status


@pytest.mark.parametrize(
    ("location", "to"),
    [
        ("/login?next=t0p", " to https://llm.example:8443/login"),
        ("http://u:p@other.example/v1?t0p", " to http://other.example/v1"),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_a_redirect_names_where_it_leads(location: str, to: str) -> None:
    error = astray(b"<html></html>", 302, {"location": location})
    assert error.message == f"the service redirects{to}: {ASKED} (check base_url)"
    assert type(error) is errors.BadConfig
    assert error.status == 302


def test_a_key_in_an_address_is_masked() -> None:
    error = read_error(
        404, {}, b"", provider="acme", secrets=("s3cret",), request=replaced("/s3cret/chat")
    )
    assert "s3cret" not in error.message
    assert "no such address: POST https://llm.example/**********/chat" in error.message


def replaced(path: str) -> HTTPRequest:
    return HTTPRequest("POST", f"https://llm.example{path}")


def test_an_address_that_cannot_be_read_is_not_shown() -> None:
    assert address("https://[t0p") == "an address that is no URL"


def test_a_model_that_is_not_there_is_no_wrong_address() -> None:
    known = astray({"error": {"message": "no gpt-99", "code": "model_not_found"}}, 404)
    assert (type(known), known.message) == (errors.NotFound, "no gpt-99")
    vague = astray({"error": {"message": "no gpt-99"}}, 404)
    assert (type(vague), vague.message) == (errors.NotFound, f"no gpt-99 ({ASKED})")


CODES: list[tuple[str, Any]] = [
    ("error.code", {"error": {"code": "here", "type": "t", "status": "s"}, "code": "c"}),
    ("error.type", {"error": {"code": None, "type": "here", "status": "s"}, "code": "c"}),
    ("error.status", {"error": {"status": "here"}, "code": "c"}),
    ("code", {"code": "here", "type": "t", "detail": {"status": "d"}}),
    ("type", {"type": "here", "detail": {"status": "d"}}),
    ("detail.status", {"detail": {"status": "here"}, "err_code": "e"}),
    ("err_code", {"err_code": "here", "category": "c"}),
    ("category", {"category": "here", "status": "s"}),
    ("status", {"status": "here"}),
    ("in a list", [{"error": {"code": "here"}}]),
]


@pytest.mark.parametrize(("shape", "body"), CODES, ids=[shape for shape, _ in CODES])
def test_the_code_is_found_in_every_shape(shape: str, body: Any) -> None:
    assert error_of(body).vendor_code == "here"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": 1234}}, "1234"),
        ({"error": {"code": "", "type": "t"}}, "t"),
        ({"error": {"code": True, "type": "t"}}, "t"),
        ({"error": "text"}, None),
        ([], None),
        ("text", None),
    ],
)
def test_a_number_is_a_code_and_nothing_is_none(body: Any, code: str | None) -> None:
    assert error_of(body).vendor_code == code


STATUSES: list[tuple[int, type[AIError]]] = [
    (301, errors.BadConfig),
    (400, errors.InvalidRequest),
    (401, errors.Unauthorized),
    (402, errors.QuotaSpent),
    (403, errors.Forbidden),
    (404, errors.NotFound),
    (405, errors.InvalidRequest),
    (408, errors.TimedOut),
    (409, errors.Overloaded),
    (410, errors.NotFound),
    (413, errors.TooLong),
    (422, errors.InvalidRequest),
    (424, errors.InvalidRequest),
    (425, errors.Overloaded),
    (429, errors.RateLimited),
    (498, errors.Overloaded),
    (500, errors.Overloaded),
    (501, errors.Unsupported),
    (502, errors.Overloaded),
    (503, errors.Overloaded),
    (504, errors.TimedOut),
    (529, errors.Overloaded),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_the_status_decides_when_no_code_does(status: int, kind: type[AIError]) -> None:
    error = error_of({"error": {"message": "m", "code": "unheard_of"}}, status)
    assert type(error) is kind
    assert (error.status, error.provider, error.model) == (status, "acme", "m1")


TELLING: list[tuple[int, str | None, str | None, type[AIError]]] = [
    (429, "insufficient_quota", "insufficient_quota", errors.QuotaSpent),
    (429, None, "insufficient_quota", errors.QuotaSpent),
    (429, None, "exceeded_current_quota_error", errors.QuotaSpent),
    (429, "billing_hard_limit_reached", "insufficient_quota", errors.QuotaSpent),
    (429, "rate_limit_exceeded", "tokens", errors.RateLimited),
    (429, None, "engine_overloaded_error", errors.Overloaded),
    (400, "context_length_exceeded", "invalid_request_error", errors.TooLong),
    (400, None, "exceed_context_size_error", errors.TooLong),
    (400, "content_filter", None, errors.ContentFiltered),
    (400, "model_not_found", "invalid_request_error", errors.NotFound),
    (400, "model_decommissioned", "invalid_request_error", errors.NotFound),
    (400, "invalid_api_key", None, errors.Unauthorized),
    (400, "tool_use_failed", "invalid_request_error", errors.BadReply),
    (400, "json_validate_failed", "invalid_request_error", errors.BadReply),
    (400, None, "overloaded_error", errors.Overloaded),
    (400, "Rate_Limit_Exceeded", None, errors.RateLimited),
    (500, "resource_exhausted", None, errors.RateLimited),
    (413, "rate_limit_exceeded", "tokens", errors.TooLong),
]


@pytest.mark.parametrize(("status", "code", "kind", "expected"), TELLING)
def test_a_telling_code_outweighs_the_status(
    status: int, code: str | None, kind: str | None, expected: type[AIError]
) -> None:
    body = {"error": {"message": "m", "type": kind, "code": code}}
    assert type(error_of(body, status)) is expected


GENERAL: list[tuple[int, str, type[AIError]]] = [
    (401, "invalid_request_error", errors.Unauthorized),
    (404, "invalid_request_error", errors.NotFound),
    (429, "invalid_request_error", errors.RateLimited),
    (400, "server_error", errors.InvalidRequest),
    (429, "api_error", errors.RateLimited),
]


@pytest.mark.parametrize(("status", "code", "expected"), GENERAL)
def test_a_general_code_says_less_than_the_status(
    status: int, code: str, expected: type[AIError]
) -> None:
    assert type(error_of({"error": {"message": "m", "type": code}}, status)) is expected


INSIDE: list[tuple[Any, type[AIError], int | None]] = [
    ({"error": {"message": "m", "type": "server_error"}}, errors.Overloaded, None),
    ({"error": {"message": "m", "type": "invalid_request_error"}}, errors.InvalidRequest, None),
    ({"error": {"message": "m", "code": 429}}, errors.RateLimited, 429),
    ({"error": {"message": "m", "code": "503"}}, errors.Overloaded, 503),
    ({"error": {"message": "m", "status_code": 404, "code": "x"}}, errors.NotFound, 404),
    ({"error": "m", "code": 401}, errors.Unauthorized, 401),
    ({"object": "error", "message": "m", "code": 400}, errors.InvalidRequest, 400),
    ({"error": {"message": "m", "code": 200}}, errors.BadReply, None),
    ({"error": {"message": "m", "code": "9999"}}, errors.BadReply, None),
    ({"error": {"message": "m"}}, errors.BadReply, None),
    (["no object"], errors.BadReply, None),
]


@pytest.mark.parametrize(("body", "kind", "status"), INSIDE)
def test_an_error_inside_an_answer_has_the_status_it_states(
    body: Any, kind: type[AIError], status: int | None
) -> None:
    error = error_of(body, None)
    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize(
    ("header", "body_type", "retryable"),
    [
        ("true", "invalid_request_error", True),
        ("false", "server_error", False),
        (" TRUE ", "invalid_request_error", True),
        ("perhaps", "server_error", True),
        ("perhaps", "invalid_request_error", False),
    ],
)
def test_x_should_retry_has_the_last_word(header: str, body_type: str, retryable: bool) -> None:
    status = 500 if body_type == "server_error" else 400
    error = error_of({"error": {"type": body_type}}, status, {"x-should-retry": header})
    assert error.retryable is retryable


@pytest.mark.parametrize(
    "header",
    ["x-request-id", "request-id", "x-amzn-requestid", "x-ms-request-id", "x-goog-request-id"],
)
def test_the_request_id_is_kept(header: str) -> None:
    assert error_of(b"", 500, {header: "req_1"}).request_id == "req_1"


def test_without_a_request_id_there_is_none() -> None:
    assert error_of(b"", 500).request_id is None


def test_the_wait_is_read_from_headers_and_body() -> None:
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
    body = [{"error": {"code": 429, "message": "m", "details": [{"reason": "r"}, delay]}}]
    assert error_of(body, 429).retry_after == 34
    assert error_of(body, 429, {"retry-after": "2"}).retry_after == 2


def test_a_groq_tool_failure_keeps_what_the_model_wrote() -> None:
    body = {
        "error": {
            "message": "Failed to call a function.",
            "type": "invalid_request_error",
            "code": "tool_use_failed",
            "failed_generation": "<function=f{>",
        }
    }
    error = error_of(body, 400)
    assert error.details == body
    assert error.retryable


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"bad key {KEY}", "code": KEY}},
        {"detail": [{"msg": "no", "input": {"headers": [f"Bearer {KEY}"]}}]},
        f"no such key: {KEY}".encode(),
        b'{"error": "' + KEY.replace("/", "\\/").encode() + b'"}',
        b'{"error": "' + "".join(f"\\u{ord(letter):04x}" for letter in KEY).encode() + b'"}',
    ],
)
def test_a_key_that_the_service_echoes_is_masked(body: Any) -> None:
    error = error_of(body, 401)
    told = f"{error} {error!r} {error.as_dict()} {error.details} {error.vendor_code}"
    assert KEY not in told
    assert "*****" in told


def test_a_key_that_is_a_common_word_leaves_the_body_readable() -> None:
    body = json.dumps({"error": {"message": "no such model: null", "code": 404}}).encode()
    for key in ("error", "message", "null", "code"):
        error = read_error(404, {}, body, provider="acme", secrets=(key,))
        assert isinstance(error, errors.NotFound)
        assert error.message.startswith("no such model")


def test_the_message_of_a_huge_body_is_cut() -> None:
    body = {"error": {"message": "sk-" + "x y" * 350_000, "input": ["z" * 50] * 1000}}
    error = error_of(body, 422)
    assert len(error.message) == LONGEST + 1
    assert error.message.endswith("…")


def test_a_body_nested_deeper_than_json_is_read_is_text() -> None:
    assert error_of(b"[" * 100_000, 500).message == "[" * 500
    assert error_of(b'{"error":' * 150 + b'"deep"' + b"}" * 150, 500).message == "deep"
