"""The dialect of Anthropic's Messages API, whoever hosts it."""
