"""What a version promises to those that build on it."""
