"""Groq: open models at speed, as an aikit provider."""
