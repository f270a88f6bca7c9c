"""Rows in CSV and Parquet files, read piece by piece."""
