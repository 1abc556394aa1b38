"""The site: what is published of the drawings. It imports the core, `actmax`; the core knows nothing of it."""
