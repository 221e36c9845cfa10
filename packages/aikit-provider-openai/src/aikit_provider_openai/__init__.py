"""OpenAI chat completions, embeddings and text completions, as an aikit provider."""
