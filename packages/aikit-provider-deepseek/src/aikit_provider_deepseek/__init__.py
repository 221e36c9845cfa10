"""DeepSeek, as an aikit provider."""
