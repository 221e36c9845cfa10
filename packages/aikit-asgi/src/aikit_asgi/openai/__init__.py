"""The OpenAI-compatible front: what official OpenAI clients expect."""
