"""Other environments: their creation, the query of what they contain, and the implementations that run there."""
