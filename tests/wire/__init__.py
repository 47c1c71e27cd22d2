"""The wire to the PBX, against a scripted server and beside plain panoramisk."""
