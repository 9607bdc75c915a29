"""Writers: rows become files. Identical input gives byte-identical output."""
