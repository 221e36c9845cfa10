"""Any service that speaks the OpenAI chat dialect, as an aikit provider."""
