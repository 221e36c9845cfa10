"""The Gemini dialect: `generateContent` and what stands beside it, wherever Google serves it."""
