"""How steps hang together: their order, and what runs showed of them."""
