"""The wall: row security in the database, so that a fault in a page cannot show a row."""
