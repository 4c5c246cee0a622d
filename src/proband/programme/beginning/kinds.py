"""The kinds of programme that one can begin with; what is not among them begins with the nearest."""

from __future__ import annotations

from dataclasses import dataclass

from proband.programme.access import Route
from proband.programme.product import ProductKind
from proband.programme.routes import AdministrationRoute


@dataclass(frozen=True, slots=True)
class ProgrammeKind:
    """What sets one kind of programme apart in its first draft; all of it can be changed afterwards."""

    id: str
    about: str
    product: ProductKind
    route: AdministrationRoute
    access: Route
    persists: bool
    controlled: bool
    product_name: str
    question: str
    manipulation: str = "none"
    preparer: str = "Pharmacist who prepares"
    releaser: str = "Second pharmacist who checks and releases"

    @property
    def biological(self) -> bool:
        """Whether it is made of cells or genes, and so is tested for germs and their poisons."""
        return self.product.is_biological


KINDS: dict[str, ProgrammeKind] = {
    kind.id: kind
    for kind in (
        ProgrammeKind(
            "n-of-1", "one person, a small molecule, compared with the weeks before", ProductKind.SMALL_MOLECULE,
            AdministrationRoute.ORAL, Route.EXPANDED_ACCESS, persists=False, controlled=False,
            product_name="The substance",
            question="In this person, how does the outcome differ from the weeks before?",
        ),
        ProgrammeKind(
            "single-arm-cells", "a person's own cells, everybody is given them", ProductKind.AUTOLOGOUS_CELLS,
            AdministrationRoute.INTRAVENOUS, Route.HOSPITAL_EXEMPTION, persists=True, controlled=False,
            product_name="The person's own cells", manipulation="substantial",
            question="How do people fare after the cells, beside what is published of people who were not given them?",
            preparer="Cell-laboratory operator", releaser="Quality officer of the cell laboratory",
        ),
        ProgrammeKind(
            "randomised-masked", "a product against placebo, by lot, nobody knows who gets which", ProductKind.SMALL_MOLECULE,
            AdministrationRoute.ORAL, Route.TRIAL, persists=False, controlled=True,
            product_name="The substance",
            question="How do people who were allocated to the product fare beside those allocated to placebo?",
        ),
        ProgrammeKind(
            "gene-therapy", "a gene or an editor, given once, that stays", ProductKind.GENE_THERAPY,
            AdministrationRoute.INTRAVENOUS, Route.EXPANDED_ACCESS, persists=True, controlled=False,
            product_name="The gene product", manipulation="substantial",
            question="How do people fare after the gene product, beside what is published of people who were not given it?",
            preparer="Pharmacist who prepares gene products", releaser="Quality officer",
        ),
        ProgrammeKind(
            "device", "a device against ordinary care, by lot", ProductKind.DEVICE,
            AdministrationRoute.EXTERNAL, Route.TRIAL, persists=False, controlled=True,
            product_name="The device",
            question="How do people who were allocated to the device fare beside those with ordinary care?",
            preparer="Technician who sets the device up", releaser="Second technician who checks it",
        ),
    )
}  # fmt: skip
