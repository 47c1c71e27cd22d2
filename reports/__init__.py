"""Reports and figures over spans of time; nothing is built of it yet."""
