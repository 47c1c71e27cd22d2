"""Who must not be called: lists of a regulator as mapped files, and the site's own entries, kept in memory."""
