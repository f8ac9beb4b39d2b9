"""What runs in the locked processes: the standard library, the engine, and no line of the portal.

Started by ``vaultportal.sandbox.zygote``; the portal itself never imports this package.
"""
