"""One view class an address, by the nouns of the contract."""
