"""Writers: rows become files. Identical input gives byte-identical output."""

from vardbalans.data.write.sheets import write_csv, write_parquet, write_templates, write_workbook

__all__ = ["write_csv", "write_parquet", "write_templates", "write_workbook"]
