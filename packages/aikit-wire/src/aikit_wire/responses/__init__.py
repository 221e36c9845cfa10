"""The OpenAI Responses dialect: conversations as lists of items, and tools the service runs."""
