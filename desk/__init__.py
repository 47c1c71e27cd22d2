"""The desk: the HTTP API, the live socket, the metrics and the pages people work with."""
