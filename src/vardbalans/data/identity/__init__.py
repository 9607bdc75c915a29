"""People in the data: who is meant, what stands in the store in their place, and what keeps them out of sight.

``numbers`` reads identifiers, ``pseudonyms`` replaces them, ``keyring`` holds the key for it outside the store,
``sealing`` keeps original files unreadable without it, ``masking`` keeps numbers out of sentences and logs. The design
and what it promises: ``docs/explanation/identity.md``.
"""
