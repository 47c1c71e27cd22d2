"""Recordings of conversations: begun before the bridge, catalogued by call id, missed when they are missing."""
