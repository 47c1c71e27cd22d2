"""Answering machine detection as a stage of a call: who listens and for how long, what it says, how often it errs."""
