"""A closed world: a virtual Asterisk in memory and on the AMI wire, customers, agents at work, scenarios, invariants."""
