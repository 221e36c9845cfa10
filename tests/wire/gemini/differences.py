"""The differences between a recorded request and ours that mean the same to Google.

Each is a function that takes the recorded and the sent body, changes both so that they agree on
that one matter, and says in its docstring why the service cannot tell them apart.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping

from ..api import Difference
from ..corpus import Json
from .names import camel, listed
from .schemas import json_schema


def names_have_two_spellings(recorded: Json, sent: Json) -> None:
    """The parser of protocol buffers takes a field's name in snake_case and in camelCase."""
    for body in (recorded, sent):
        renamed = camel(body)
        body.clear()
        body.update(renamed)


def count_may_be_of_a_request(recorded: Json, sent: Json) -> None:
    """A count is of `contents`, or of the whole `generateContentRequest` that they stand in.

    The model in such a request is the one of the path.
    """
    for body in (recorded, sent):
        whole = body.pop("generateContentRequest", {})
        whole.pop("model", None)
        body.update(whole)


def one_may_be_a_list(recorded: Json, sent: Json) -> None:
    """A repeated field may be given as its only value."""
    for body in (recorded, sent):
        body["contents"] = listed(body.get("contents", []))
        if "tools" in body:
            body["tools"] = listed(body["tools"])
        for content in contents(body):
            if "parts" in content:
                content["parts"] = listed(content["parts"])


def instructions_have_no_role(recorded: Json, sent: Json) -> None:
    """The role of a system instruction is ignored (`systemInstruction` in the API's reference)."""
    for body in (recorded, sent):
        body.get("systemInstruction", {}).pop("role", None)


def nothing_is_absent(recorded: Json, sent: Json) -> None:
    """An empty message or string, and false, are what a field is that is not there (proto3)."""
    for body in (recorded, sent):
        for part in parts(body):
            for kind, name in (("functionCall", "args"), ("functionResponse", "response")):
                inside = part.get(kind, {})
                if name in inside and not inside[name]:
                    del inside[name]
        for item in functions(body):
            if item.get("description") == "":
                del item["description"]
        generation = body.get("generationConfig", {})
        if generation.get("stopSequences") == []:
            del generation["stopSequences"]
        for inside, name in (
            (generation.get("thinkingConfig", {}), "includeThoughts"),
            (body.get("toolConfig", {}), "includeServerSideToolInvocations"),
        ):
            if inside.get(name) is False:
                del inside[name]
        for place, name in (
            (generation, "thinkingConfig"),
            (body, "toolConfig"),
            (body, "generationConfig"),
            (body, "tools"),
        ):
            if name in place and not place[name]:
                del place[name]


def bytes_have_two_alphabets(recorded: Json, sent: Json) -> None:
    """The parser takes bytes in both alphabets of base64, padded or not."""
    for body in (recorded, sent):
        for part in parts(body):
            places = [part, part.get("inlineData", {})]
            places += [
                item.get("inlineData", {})
                for item in part.get("functionResponse", {}).get("parts", ())
            ]
            for place in places:
                for name in ("thoughtSignature", "data"):
                    if isinstance(value := place.get(name), str):
                        standard = value.replace("-", "+").replace("_", "/")
                        place[name] = standard.rstrip("=")


def schemas_have_two_forms(recorded: Json, sent: Json) -> None:
    """A schema may be given in OpenAPI's form or as JSON Schema, each in a field of its own.

    Functions whose parameters are an object without properties take none.
    """
    for body in (recorded, sent):
        generation = body.get("generationConfig", {})
        if "responseSchema" in generation:
            generation["responseJsonSchema"] = generation.pop("responseSchema")
        if "responseJsonSchema" in generation:
            generation["responseJsonSchema"] = json_schema(generation["responseJsonSchema"])
        for item in functions(body):
            if "parameters" in item:
                item["parametersJsonSchema"] = item.pop("parameters")
            schema = json_schema(item.get("parametersJsonSchema"))
            item["parametersJsonSchema"] = schema or {"type": "object", "properties": {}}


def tools_have_no_order(recorded: Json, sent: Json) -> None:
    """Functions may be declared in several entries, and entries stand in any order."""
    for body in (recorded, sent):
        declared = list(functions(body))
        served = [
            {kind: value}
            for entry in body.get("tools", ())
            for kind, value in entry.items()
            if kind != "functionDeclarations"
        ]
        if declared or served:
            body["tools"] = [*sorted(served, key=repr), {"functionDeclarations": declared}]
        else:
            body.pop("tools", None)


def all_functions_are_any(recorded: Json, sent: Json) -> None:
    """Naming all the functions that may be called in mode ANY is naming none."""
    for body in (recorded, sent):
        calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
        names = {item["name"] for item in functions(body)}
        if calling.get("mode") == "ANY" and set(calling.get("allowedFunctionNames", ())) == names:
            calling.pop("allowedFunctionNames", None)


def words_have_no_case(recorded: Json, sent: Json) -> None:
    """The parser takes the words of an enum in either case.

    Levels of thinking are documented in lower case, modes of function calling in upper case.
    """
    for body in (recorded, sent):
        calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
        if "mode" in calling:
            calling["mode"] = calling["mode"].upper()
        thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
        if "thinkingLevel" in thinking:
            thinking["thinkingLevel"] = thinking["thinkingLevel"].upper()
        generation = body.get("generationConfig", {})
        if "responseModalities" in generation:
            modalities = listed(generation["responseModalities"])
            generation["responseModalities"] = [item.upper() for item in modalities]


def turns_have_few_roles(recorded: Json, sent: Json) -> None:
    """A turn without a role is the user's, and `function` is an old name of the role of responses.

    The responses to the calls of one turn are one turn of the user, in one content or in several.
    """
    for body in (recorded, sent):
        turns: list[Json] = []
        for content in body.get("contents", ()):
            if content.setdefault("role", "user") in ("function", "tool"):
                content["role"] = "user"
            before = turns[-1] if turns else {}
            if before.get("role") == "user" and responds(before) and responds(content):
                before["parts"] += content["parts"]
            else:
                turns.append(content)
        body["contents"] = turns


def responds(content: Json) -> bool:
    """Tell whether a content holds responses of functions and nothing else."""
    inside = content.get("parts") or [{}]
    return content["role"] == "user" and all("functionResponse" in part for part in inside)


def calls_may_say_that_they_are_not_signed(recorded: Json, sent: Json) -> None:
    """The word for a missing signature turns off the check of one, which has no other effect.

    Only ours may say so where the recorded client did not.
    """
    for old, new in zip(parts(recorded), parts(sent), strict=False):
        unsigned = "functionCall" in old and "thoughtSignature" not in old
        if unsigned and new.get("thoughtSignature") == UNSIGNED:
            del new["thoughtSignature"]


UNSIGNED = base64.b64encode(b"skip_thought_signature_validator").decode().rstrip("=")


def types_of_files_may_be_told(recorded: Json, sent: Json) -> None:
    """The media type of a file at an address is optional; only ours may add what its name says."""
    for old, new in zip(parts(recorded), parts(sent), strict=False):
        if "fileData" in old and "mimeType" not in old["fileData"]:
            new.get("fileData", {}).pop("mimeType", None)


def contents(body: Json) -> Iterator[Json]:
    yield from body.get("contents", ())
    if "systemInstruction" in body:
        yield body["systemInstruction"]


def parts(body: Json) -> Iterator[Json]:
    for content in contents(body):
        yield from content.get("parts", ())
    for request in body.get("requests", ()):
        yield from request.get("content", {}).get("parts", ())


def functions(body: Json) -> Iterator[Json]:
    for entry in body.get("tools", ()):
        yield from listed(entry.get("functionDeclarations", []))


def embedded_contents_have_no_role(recorded: Json, sent: Json) -> None:
    """A content that is embedded is nobody's turn: its role is optional and says nothing."""
    for body in (recorded, sent):
        for request in body["requests"]:
            request["content"].pop("role", None)


def instances_have_two_spellings(recorded: Json, sent: Json) -> None:
    """Vertex AI documents `task_type` in the REST API, its clients send `taskType` as well."""
    for body in (recorded, sent):
        for item in body["instances"]:
            if "taskType" in item:
                item["task_type"] = item.pop("taskType")
        if body.get("parameters") == {}:
            del body["parameters"]


CHAT: Iterable[Difference] = (
    names_have_two_spellings,
    count_may_be_of_a_request,
    one_may_be_a_list,
    instructions_have_no_role,
    turns_have_few_roles,
    bytes_have_two_alphabets,
    calls_may_say_that_they_are_not_signed,
    types_of_files_may_be_told,
    schemas_have_two_forms,
    tools_have_no_order,
    words_have_no_case,
    all_functions_are_any,
    nothing_is_absent,
)

ALLOWED: Mapping[str, tuple[Difference, ...]] = {
    "gemini-generateContent": tuple(CHAT),
    "gemini-streamGenerateContent": tuple(CHAT),
    "gemini-countTokens": tuple(CHAT),
    "gemini-batchEmbedContents": (
        names_have_two_spellings,
        bytes_have_two_alphabets,
        embedded_contents_have_no_role,
    ),
    "vertex-predict": (instances_have_two_spellings,),
}


def allowed(api: str, provider: str) -> tuple[Difference, ...]:
    return ALLOWED[api]
