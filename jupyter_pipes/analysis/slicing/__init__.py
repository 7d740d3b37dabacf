"""Which part of local modules code reaches, with what they do when they are imported."""
