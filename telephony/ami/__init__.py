"""Asterisk over its manager interface: headers into events, commands into actions, and the link that carries both."""
