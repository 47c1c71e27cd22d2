"""Nothing the product writes or sends gives a whole number away."""
