"""How bytes travel between aikit and model services: transport, frames, auth, the OpenAI chat dialect."""
