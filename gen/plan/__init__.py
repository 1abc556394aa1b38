"""What will be published: subjects, their recipes, and every address of the site. Pure."""
