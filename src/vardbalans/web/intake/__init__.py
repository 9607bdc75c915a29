"""Data in by the browser: upload, preview, commit; profiles of sources; and the page that says how the data are."""
