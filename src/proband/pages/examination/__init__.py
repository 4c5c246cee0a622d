"""What is entered and read at an examination: entry forms of instruments, the ISNCSCI sheet as a picture."""
