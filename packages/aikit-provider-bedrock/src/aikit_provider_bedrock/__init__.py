"""Amazon Bedrock: models of many vendors, over Converse and InvokeModel."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec

from aikit_provider_bedrock.vendor import BedrockVendor

BEDROCK = BedrockVendor(
    name="bedrock",
    base_url="https://bedrock-runtime.{AWS_REGION}.amazonaws.com",
    base_url_env="AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    api_key_env=("AWS_BEARER_TOKEN_BEDROCK",),
    key_required=False,
)
"""A bearer key is sent where there is one; else requests are signed."""


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [BEDROCK]
