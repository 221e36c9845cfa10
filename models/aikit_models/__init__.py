"""Facts about AI models for aikit: context, features and dated prices."""
