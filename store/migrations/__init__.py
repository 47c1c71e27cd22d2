"""The history of the tables; ``store.open`` brings a database to the newest."""
