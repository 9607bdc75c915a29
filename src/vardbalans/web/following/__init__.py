"""Did we do what we said? The year's plan, outcome and forecast, goals, frozen months, packs and meetings."""
