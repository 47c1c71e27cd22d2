"""The matching engine: which agent takes which call, decided at once on every event, without a clock and without waiting."""

from acd.routing.requests import Match, Request, Step
from acd.routing.router import Router
from acd.routing.values import PLAIN, Rule, Values

__all__ = ["PLAIN", "Match", "Request", "Router", "Rule", "Step", "Values"]
