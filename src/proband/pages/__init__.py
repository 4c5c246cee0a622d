"""Public pages from a programme's claims, facts, evidence tables and record; a page with an unsupported number does not build.

All HTML and SVG of the library is made here. A renderer takes a result, never a bundle, and returns HTML; what it needs of
words and numbers is computed below. ``site`` builds the public pages of programmes; the packages beside it hold documents of
one result each: ``headline``, ``examination``, ``screening``, ``product``.
"""
