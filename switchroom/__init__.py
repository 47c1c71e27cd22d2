"""The product put together: the switchboard, the application, the command line."""
