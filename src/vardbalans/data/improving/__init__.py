"""The life of measures on a store: their register, series, monthly effects, status and benefits."""
