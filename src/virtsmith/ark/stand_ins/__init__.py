"""Stand-ins for what a domain names of the machine that it comes from, so that versions are judged and not the machine.

A disk becomes an empty image, a network the user's, an assigned device something that sits at its address. What the
guest sees is kept wherever that is possible, and each replacement is listed.
"""
