"""What is kept: the collections, and one repository for each kind of thing."""
