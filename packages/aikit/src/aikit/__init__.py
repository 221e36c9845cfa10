"""One interface to every AI model: install the providers you need, switch models by changing a string."""
