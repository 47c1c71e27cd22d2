"""Settings: what a site may set (model), how files are read (load), how the documented example is made (render)."""
