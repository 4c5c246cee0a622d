"""Excel workbooks (.xlsx, .xlsm): sheets as tables, read by the same mapping as CSV."""
