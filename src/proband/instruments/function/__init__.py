"""Function, movement, pain, goals and harms: instruments of the mitochondrial and spinal-cord programmes.

Item texts stand here only where they may be used freely. Where a manual is sold or a form is under copyright, the structure
stands here (how many items, which answers, how they are summed) with a pointer to where the texts are had.
"""
