"""What a person sees: commands, configuration, rendering."""
