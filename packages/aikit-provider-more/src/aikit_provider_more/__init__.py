"""More services that speak the OpenAI chat dialect: most differ in their address and key alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

CHAT = frozenset({"chat"})


def row(name: str, base_url: str, keys: str, **differences: Any) -> Manifest:
    """Describe a service; documents and sound are for those that are known to take them."""
    fields = {"files": "", "audio": "", **differences}
    return Manifest(name=name, base_url=base_url, api_key_env=tuple(keys.split()), **fields)


ROWS = (
    row("ai21", "https://api.ai21.com/studio/v1", "AI21_API_KEY"),
    row("atlascloud", "https://api.atlascloud.ai/v1", "ATLASCLOUD_API_KEY"),
    row("baseten", "https://inference.baseten.co/v1", "BASETEN_API_KEY"),
    row(
        "bedrock-mantle",
        "https://bedrock-mantle.{AWS_REGION}.api.aws",
        "AWS_BEARER_TOKEN_BEDROCK",
        chat_path="/v1/chat/completions",
        completions_path="/v1/completions",
        embeddings_path="/v1/embeddings",
        models_path="/v1/models",
        responses_path="/openai/v1/responses",
        responses_paths={"openai.gpt-oss*": "/v1/responses"},
        responses_files="",
        counted_call_ids=True,
        abilities=CHAT | {"responses", "complete", "embed", "models"},
        audio="base64",
    ),
    row(
        "cloudflare",
        "https://api.cloudflare.com/client/v4/accounts/{CLOUDFLARE_ACCOUNT_ID}/ai/v1",
        "CLOUDFLARE_API_TOKEN",
    ),
    row("crusoe", "https://api.inference.crusoecloud.com/v1", "CRUSOE_API_KEY"),
    row(
        "databricks",
        "{DATABRICKS_HOST}/serving-endpoints",
        "DATABRICKS_TOKEN",
        abilities=CHAT | {"embed"},
    ),
    row("edenai", "https://api.edenai.run/v3", "EDENAI_API_KEY"),
    row("featherless", "https://api.featherless.ai/v1", "FEATHERLESS_API_KEY"),
    row(
        "github",
        "https://models.github.ai",
        "GITHUB_TOKEN",
        abilities=CHAT | {"embed", "models"},
        chat_path="/inference/chat/completions",
        embeddings_path="/inference/embeddings",
        models_path="/catalog/models",
    ),
    row("gmicloud", "https://api.gmi-serving.com/v1", "GMI_CLOUD_APIKEY GMI_API_KEY"),
    row(
        "gpustack",
        "http://localhost/v1",
        "GPUSTACK_API_KEY",
        base_url_env="GPUSTACK_BASE_URL",
        key_required=False,
        reasoning_history="reasoning_content",
    ),
    row("heroku", "https://us.inference.heroku.com/v1", "HEROKU_INFERENCE_KEY"),
    row("inception", "https://api.inceptionlabs.ai/v1", "INCEPTION_API_KEY"),
    row("llama-api", "https://api.llama.com/compat/v1", "LLAMA_API_KEY"),
    row("meta", "https://api.meta.ai/v1", "MODEL_API_KEY"),
    row(
        "minimax",
        "https://api.minimax.io/v1",
        "MINIMAX_API_KEY",
        json_schema="prompt",
        think_tags={"*": "outside"},
    ),
    row("nebius", "https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY"),
    row("novita", "https://api.novita.ai/v3/openai", "NOVITA_API_KEY"),
    row("nscale", "https://inference.api.nscale.com/v1", "NSCALE_API_KEY"),
    row(
        "ollama-cloud",
        "https://ollama.com/v1",
        "OLLAMA_API_KEY",
        tool_media=True,
        reasoning_fields=("reasoning",),
        reasoning_history="reasoning",
    ),
    row("ovhcloud", "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", "OVHCLOUD_API_KEY"),
    row(
        "portkey",
        "https://api.portkey.ai/v1",
        "PORTKEY_API_KEY",
        auth="header",
        auth_header="x-portkey-api-key",
    ),
    row("requesty", "https://router.requesty.ai/v1", "REQUESTY_API_KEY"),
    row("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    row("siliconflow", "https://api.siliconflow.cn/v1", "SILICONFLOW_API_KEY"),
    row(
        "snowflake",
        "https://{SNOWFLAKE_ACCOUNT}.snowflakecomputing.com/api/v2/cortex/v1",
        "SNOWFLAKE_TOKEN",
        abilities=CHAT,
        fields={"max_tokens": "max_completion_tokens"},
        strict_tools=False,
        reasoning_request="reasoning",
        reasoning_history="reasoning_details",
    ),
    row("telnyx", "https://api.telnyx.com/v2/ai", "TELNYX_API_KEY"),
    row("upstage", "https://api.upstage.ai/v1/solar", "UPSTAGE_API_KEY"),
    row(
        "writer",
        "https://api.writer.com/v1",
        "WRITER_API_KEY",
        abilities=CHAT | {"complete", "models"},
        chat_path="/chat",
    ),
    row(
        "zai",
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        abilities=CHAT | {"embed", "models"},
        reasoning_request="thinking",
        reasoning_fields=("reasoning_content",),
        reasoning_history="reasoning_content",
        finish_reasons={"model_context_window_exceeded": "length"},
        json_schema="",
    ),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return ROWS
