"""What can be done with triggers: a module a noun, the actor first."""
