"""Subjects -> the files of the site: Markdown, pictures, JSON."""
