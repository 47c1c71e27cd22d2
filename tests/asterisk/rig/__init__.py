"""A real Asterisk, a SIP carrier and SIP phones on loopback, private to one test run."""
