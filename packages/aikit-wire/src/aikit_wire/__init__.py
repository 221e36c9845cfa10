"""How bytes travel between aikit and model services, and the OpenAI chat dialect."""
