"""Deterministic providers and tools for testing programs that use aikit."""
