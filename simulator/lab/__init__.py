"""The pacing lab: agents, lines and customers by their laws alone, fast enough to try a rule over days in seconds."""
