"""What every page shares: frame, headers, language, theme, health checks, error pages."""
