"""The nouns of the trade: numbers, events, facts, commands, calls, agents, outcomes."""
