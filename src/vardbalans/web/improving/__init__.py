"""The page Åtgärder: what is changed, whether it works, and what people write about it."""
