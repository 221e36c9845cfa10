"""The interfaces of aikit: what a request, an event, a call, a provider and a plugin are.

Import from the modules (`from aicore.messages import Message`); nothing is loaded before it is
named. People who call models want `aikit`; people who write plugins want this package.
"""
