"""Simulated KVM devices: each speaks its protocol as its maker does, and misbehaves on request."""
