"""The OpenAI chat dialect: chat completions, text completions, embeddings and model lists."""
