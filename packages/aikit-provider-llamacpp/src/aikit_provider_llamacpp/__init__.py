"""llama.cpp in process: any GGUF model, as an aikit provider."""
