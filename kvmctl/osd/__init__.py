"""What an operator sees and types at a receiver, without I/O: keys in, lines of styled text out."""
