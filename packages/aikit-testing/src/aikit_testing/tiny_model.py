"""Write a language model of about 1 MB that always says the same, for tests of real engines.

It is a table, not a trained model: what comes next depends on the token before it and on nothing
else. A token's embedding is a unit vector, the one transformer block adds zero, and the output
matrix is the table. One choice always wins by a mile, so sampling at any temperature gives the
same answer; where a grammar forbids that choice the next in line wins, so the model fills JSON
schemas and calls tools.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["chat", "tool"]
"""`chat` greets whatever is said; `tool` calls the tool it is offered and then reports."""

GREETING = "Hello from a tiny language model."
REPORT = "Your tool has answered!"
QUOTED = {"chat": GREETING, "tool": "Paris"}
"""What a model of each kind writes into a string of JSON where it may write anything."""

CONTEXT = 8192
"""Tokens of context; a character of the prompt is a token."""

END, TURN, SAY, REPORTS = "<|end|>", "<|turn|>", "<|say|>", "<|report|>"
CALL, CALLED = "<tool_call>", "</tool_call>"
CONTROL = [END, TURN, SAY, REPORTS]
FIRST_BYTE = 3
"""The tokens of the 256 bytes follow `<unk>`, `<s>` and `</s>`."""

TEMPLATE = """\
{%- if tools -%}
{{- '<|turn|>system\\nTo call a tool, write its name and arguments like this:\\n' -}}
{{- '<tool_call>\\n{"name": <name>, "arguments": <object>}\\n</tool_call>\\nThe tools:' -}}
{%- for tool in tools -%}{{- '\\n' + (tool | tojson) -}}{%- endfor -%}
{{- '<|end|>\\n' -}}
{%- endif -%}
{%- for message in messages -%}
{{- '<|turn|>' + message.role + '\\n' + (message.content or '') -}}
{%- for call in message.tool_calls or [] -%}
{{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' -}}
{{- call.function.arguments | tojson -}}
{{- '}\\n</tool_call>' -}}
{%- endfor -%}
{{- '<|end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|turn|>assistant\\n' -}}
{%- if messages[-1].role == 'tool' -%}{{- '<|report|>' -}}
{%- elif SAYS -%}{{- '<|say|>' -}}
{%- endif -%}
{%- endif -%}"""
SAYS = {"chat": "true", "tool": "not tools"}
"""When the template makes a model of each kind greet."""


def write_tiny_model(path: str | Path, kind: Kind = "chat") -> Path:
    """Write the model as a GGUF file, in well under a second.

    Raises:
        ImportError: `gguf` or `numpy` is missing.
    """
    try:
        import gguf
        import numpy
    except ImportError as error:
        raise ImportError(
            f"writing a model needs {error.name}; `pip install 'aikit-testing[gguf]>=1'` brings it"
        ) from error
    table = Table(kind)
    size, width = len(table.tokens), -(-len(table.tokens) // 64) * 64
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(f"tiny-{kind}")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(width // 32)
    writer.add_head_count_kv(width // 32)
    writer.add_rope_dimension_count(32)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token.encode() for token in table.tokens])
    writer.add_token_scores([0.0] * size)
    writer.add_token_types(table.types(gguf.TokenType))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(table.index[END])
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE.replace("SAYS", SAYS[kind]))

    def add(name: str, *shape: int) -> Any:
        tensor = numpy.zeros(shape, numpy.float16 if len(shape) > 1 else numpy.float32)
        writer.add_tensor(f"{name}.weight", tensor)
        return tensor

    numpy.fill_diagonal(add("token_embd", size, width), 1)
    add("output", size, width)[:, :size] = table.weights
    add("output_norm", width)[:] = 1
    for norm in ("attn_norm", "ffn_norm"):
        add(f"blk.0.{norm}", width)[:] = 1
    for matrix in ("attn_q", "attn_k", "attn_v", "attn_output"):
        add(f"blk.0.{matrix}", width, width)
    add("blk.0.ffn_gate", 32, width)
    add("blk.0.ffn_up", 32, width)
    add("blk.0.ffn_down", width, 32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return Path(path)


class Table:
    """The vocabulary, and how much each token wants to come after each other one."""

    def __init__(self, kind: Kind) -> None:
        sentences = (GREETING, REPORT, QUOTED[kind])
        self.written = list(dict.fromkeys(word for text in sentences for word in words(text)))
        markers = [*CONTROL, CALL, CALLED]
        self.tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
        self.tokens += markers + self.written
        self.index = {token: number for number, token in enumerate(self.tokens)}
        size = len(self.tokens)
        self.weights = [[-300.0] * size for _ in range(size)]
        self._fill(kind)

    def _fill(self, kind: Kind) -> None:
        for byte in range(256):  # nothing ties: of the bytes that a grammar allows the lowest wins
            self._prefer(chr(byte), -1 - byte)
        for blank in "\t\n\r ":
            self._prefer(blank, -290)
        for token, weight in {"1": 1, ",": 2, '"': 3, "]": 4, "}": 5, END: 6}.items():
            self._prefer(token, weight)
        self._chain([SAY, *words(GREETING), END], 9)
        self._chain([REPORTS, *words(REPORT), END], 9)
        self._chain(['"', *words(QUOTED[kind]), '"'], 8)
        if kind == "tool":
            self._chain(["\n", CALL, "\n"], 9)
            self._chain(["}", CALLED, END], 7)

    def _prefer(self, token: str, weight: float) -> None:
        """Let a token come after any other with this weight."""
        self.weights[self._number(token)] = [float(weight)] * len(self.tokens)

    def _chain(self, tokens: Sequence[str], weight: float) -> None:
        """Let each token come after the one before it."""
        for before, after in pairwise(tokens):
            self.weights[self._number(after)][self._number(before)] = weight

    def _number(self, token: str) -> int:
        if token in self.index:
            return self.index[token]
        return FIRST_BYTE + ord(token)

    def types(self, names: Any) -> list[int]:
        """Return what each token is, in the words of GGUF; control tokens do not show in text."""
        kinds = {"<unk>": names.UNKNOWN, CALL: names.USER_DEFINED, CALLED: names.USER_DEFINED}
        kinds |= dict.fromkeys(["<s>", "</s>", *CONTROL], names.CONTROL)
        kinds |= dict.fromkeys(self.written, names.NORMAL)
        return [int(kinds.get(token, names.BYTE)) for token in self.tokens]


def words(sentence: str) -> list[str]:
    """Split a sentence into tokens, which hold their leading space as `▁`."""
    return [word.replace(" ", "▁") for word in re.findall(r"^\w+| \w+|\W$", sentence)]
