"""The programming interface at /api/v1/: what the pages show and do, for the region's own integrations."""
