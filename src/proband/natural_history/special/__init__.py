"""Models of single diseases, where a table of figures alone would say too little.

A model is a file ``NAME_questions.py`` with a function under :func:`~proband.natural_history.askable.answers`: a bundle that carries the table
that it names is answered by it, whatever the bundle's name.
"""
