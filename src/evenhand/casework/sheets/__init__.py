"""Read lists that people keep in spreadsheets: cells, dates, codes in their own words, and what is wrong with a row."""
