"""Ciphertext: the key tree, message format 1, and what seals and opens with them."""
