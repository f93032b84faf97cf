"""The book as PDF and EPUB, made of the pages of the site."""
