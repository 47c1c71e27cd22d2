"""Whom to call, when and how fast: campaigns, the hopper, the gate every call passes, pacing, trunks, retries."""
