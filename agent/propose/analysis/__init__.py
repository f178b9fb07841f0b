"""What is known of the code of one definition: scopes, kinds of values, effects, regions."""
