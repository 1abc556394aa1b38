"""What the author asks for: `extra.gallery` of mkdocs.yml, checked and resolved."""
