"""Every list that a page shows, as csv, as a workbook and as rows for the API: the same rows in the same order."""
