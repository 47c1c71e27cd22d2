"""The matrices: what there is, what people want it to show, what it reports, and how the one becomes the other."""
