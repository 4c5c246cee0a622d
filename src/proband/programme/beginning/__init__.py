"""Beginning a programme: a folder that checks clean as a draft, in which every gap says what is to be written there."""

from proband.programme.beginning.folder import Beginning, begin
from proband.programme.beginning.kinds import KINDS, ProgrammeKind
from proband.programme.beginning.registry_entry import RegistryEntry, read_entry

__all__ = ["KINDS", "Beginning", "ProgrammeKind", "RegistryEntry", "begin", "read_entry"]
