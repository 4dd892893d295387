"""Write the sheets of a release in the forms that readers use, the same cells in each."""
