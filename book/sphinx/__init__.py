"""Extensions of Sphinx, which _config.yml names."""
