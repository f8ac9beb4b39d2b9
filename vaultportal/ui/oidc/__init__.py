"""Signing in at a provider of OpenID Connect: what django-allauth leaves open, and nothing more."""
