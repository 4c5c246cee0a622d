"""Beginning a programme: a folder that checks clean as a draft, in which every gap says what is to be written there."""

from proband.programme.beginning.folder import Beginning, begin
from proband.programme.beginning.kinds import KINDS, ProgrammeKind

__all__ = ["KINDS", "Beginning", "ProgrammeKind", "begin"]
