"""vLLM, the self-hosted inference server, as an aikit provider."""
