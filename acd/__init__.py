"""Routing calls to agents: who is free, who is reserved, who talks, and what comes after."""
