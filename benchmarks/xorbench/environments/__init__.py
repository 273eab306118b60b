"""Other environments: made beside the project, asked what they have, and who runs there."""
