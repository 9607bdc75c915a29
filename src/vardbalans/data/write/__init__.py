"""Writers: rows become files. Identical input gives byte-identical output."""

from vardbalans.data.write.fix_list import fix_list_csv, fix_list_workbook
from vardbalans.data.write.sheets import write_csv, write_parquet, write_templates, write_workbook

__all__ = ["fix_list_csv", "fix_list_workbook", "write_csv", "write_parquet", "write_templates", "write_workbook"]
