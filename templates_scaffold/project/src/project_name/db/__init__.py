"""What is kept: the tables, and one repository for each kind of thing."""
