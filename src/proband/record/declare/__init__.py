"""How commands, gates and changes of state are declared; nothing here names one of them.

A command is a class of data below :func:`~proband.record.declare.command.command`; what its event changes is a function
below :func:`~proband.record.declare.change.changes`; a condition that the record enforces is a function below
:func:`~proband.record.declare.gate.gate`. Executor, replay, documentation, permissions and the command line read these
declarations, so that nothing about a command has to be said in a second place.
"""
