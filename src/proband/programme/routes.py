"""Routes of administration: the terms of the FDA's structured product labelling, as the NCI Thesaurus keeps them, and four of our own.

The list is the value set "SPL Drug Route of Administration Terminology" (NCI Thesaurus C54455), read in the FHIR implementation guide of the FDA for
pharmaceutical quality (``SplDrugRouteofAdministrationTerminology``, 1.0.0-ballot of 2024); both are free to use. Left out are what is no route (other, unknown, unassigned, not applicable,
parenteral, which the FDA keeps for where the route is not known) and the rumen. The European list of standard terms (EDQM) is not copied: its terms of use do not permit it.
"""

from __future__ import annotations

from enum import StrEnum


class AdministrationRoute(StrEnum):
    """By which route a product is given. A release limit for one is not a limit for another."""

    AURICULAR = "auricular"
    BUCCAL = "buccal"
    CONJUNCTIVAL = "conjunctival"
    CUTANEOUS = "cutaneous"
    DENTAL = "dental"
    ELECTRO_OSMOSIS = "electro-osmosis"
    ENDOCERVICAL = "endocervical"
    ENDOSINUSIAL = "endosinusial"
    ENDOTRACHEAL = "endotracheal"
    ENTERAL = "enteral"
    EPIDURAL = "epidural"
    EXTERNAL = "external"
    EXTRA_AMNIOTIC = "extra-amniotic"
    EXTRACORPOREAL = "extracorporeal"
    HEMODIALYSIS = "hemodialysis"
    HEPATIC_ARTERY = "hepatic-artery"
    INFILTRATION = "infiltration"
    INHALATION = "inhalation"
    INTERSTITIAL = "interstitial"
    INTRA_ABDOMINAL = "intra-abdominal"
    INTRA_AMNIOTIC = "intra-amniotic"
    INTRA_ARTERIAL = "intra-arterial"
    INTRA_ARTICULAR = "intra-articular"
    INTRABILIARY = "intrabiliary"
    INTRABRONCHIAL = "intrabronchial"
    INTRABURSAL = "intrabursal"
    INTRACANALICULAR = "intracanalicular"
    INTRACARDIAC = "intracardiac"
    INTRACARTILAGINOUS = "intracartilaginous"
    INTRACAUDAL = "intracaudal"
    INTRACAVERNOUS = "intracavernous"
    INTRACAVITARY = "intracavitary"
    INTRACEREBRAL = "intracerebral"
    INTRACISTERNAL = "intracisternal"
    INTRACORNEAL = "intracorneal"
    INTRACORONAL_DENTAL = "intracoronal-dental"
    INTRACORONARY = "intracoronary"
    INTRACORPORUS_CAVERNOSUM = "intracorporus-cavernosum"
    INTRACRANIAL = "intracranial"
    INTRADERMAL = "intradermal"
    INTRADISCAL = "intradiscal"
    INTRADUCTAL = "intraductal"
    INTRADUODENAL = "intraduodenal"
    INTRADURAL = "intradural"
    INTRAEPICARDIAL = "intraepicardial"
    INTRAEPIDERMAL = "intraepidermal"
    INTRAESOPHAGEAL = "intraesophageal"
    INTRAGASTRIC = "intragastric"
    INTRAGINGIVAL = "intragingival"
    INTRAHEPATIC = "intrahepatic"
    INTRAILEAL = "intraileal"
    INTRALESIONAL = "intralesional"
    INTRALINGUAL = "intralingual"
    INTRALUMINAL = "intraluminal"
    INTRALYMPHATIC = "intralymphatic"
    INTRAMAMMARY = "intramammary"
    INTRAMEDULLARY = "intramedullary"
    INTRAMENINGEAL = "intrameningeal"
    INTRAMUSCULAR = "intramuscular"
    INTRANODAL = "intranodal"
    INTRAOCULAR = "intraocular"
    INTRAOMENTUM = "intraomentum"
    INTRAOVARIAN = "intraovarian"
    INTRAPERICARDIAL = "intrapericardial"
    INTRAPERITONEAL = "intraperitoneal"
    INTRAPLEURAL = "intrapleural"
    INTRAPROSTATIC = "intraprostatic"
    INTRAPULMONARY = "intrapulmonary"
    INTRASINAL = "intrasinal"
    INTRASPINAL = "intraspinal"
    INTRASPLENIC = "intrasplenic"
    INTRASYNOVIAL = "intrasynovial"
    INTRATENDINOUS = "intratendinous"
    INTRATESTICULAR = "intratesticular"
    INTRATHECAL = "intrathecal"
    INTRATHORACIC = "intrathoracic"
    INTRATUBULAR = "intratubular"
    INTRATUMOR = "intratumor"
    INTRATYMPANIC = "intratympanic"
    INTRAUTERINE = "intrauterine"
    INTRAVASCULAR = "intravascular"
    INTRAVENOUS = "intravenous"
    INTRAVENOUS_BOLUS = "intravenous-bolus"
    INTRAVENOUS_DRIP = "intravenous-drip"
    INTRAVENTRICULAR = "intraventricular"
    INTRAVESICAL = "intravesical"
    INTRAVITREAL = "intravitreal"
    IONTOPHORESIS = "iontophoresis"
    IRRIGATION = "irrigation"
    LARYNGEAL = "laryngeal"
    NASAL = "nasal"
    NASOGASTRIC = "nasogastric"
    OCCLUSIVE_DRESSING = "occlusive-dressing"
    OPHTHALMIC = "ophthalmic"
    ORAL = "oral"
    OROPHARYNGEAL = "oropharyngeal"
    PERCUTANEOUS = "percutaneous"
    PERIARTICULAR = "periarticular"
    PERIDURAL = "peridural"
    PERINEURAL = "perineural"
    PERIODONTAL = "periodontal"
    PORTAL_VEIN = "portal-vein"
    RECTAL = "rectal"
    RETROBULBAR = "retrobulbar"
    SOFT_TISSUE = "soft-tissue"
    SUBARACHNOID = "subarachnoid"
    SUBCONJUNCTIVAL = "subconjunctival"
    SUBCUTANEOUS = "subcutaneous"
    SUBGINGIVAL = "subgingival"
    SUBLINGUAL = "sublingual"
    SUBMUCOSAL = "submucosal"
    SUBRETINAL = "subretinal"
    TOPICAL = "topical"
    TRANSDERMAL = "transdermal"
    TRANSENDOCARDIAL = "transendocardial"
    TRANSMUCOSAL = "transmucosal"
    TRANSPLACENTAL = "transplacental"
    TRANSTRACHEAL = "transtracheal"
    TRANSTYMPANIC = "transtympanic"
    URETERAL = "ureteral"
    URETHRAL = "urethral"
    VAGINAL = "vaginal"


#: the NCI Thesaurus code and the FDA's term of each route; four routes of our own have none
NCIT: dict[AdministrationRoute, tuple[str, str]] = {
    AdministrationRoute.AURICULAR: ("C38192", "AURICULAR (OTIC)"),
    AdministrationRoute.BUCCAL: ("C38193", "BUCCAL"),
    AdministrationRoute.CONJUNCTIVAL: ("C38194", "CONJUNCTIVAL"),
    AdministrationRoute.CUTANEOUS: ("C38675", "CUTANEOUS"),
    AdministrationRoute.DENTAL: ("C38197", "DENTAL"),
    AdministrationRoute.ELECTRO_OSMOSIS: ("C38633", "ELECTRO-OSMOSIS"),
    AdministrationRoute.ENDOCERVICAL: ("C38205", "ENDOCERVICAL"),
    AdministrationRoute.ENDOSINUSIAL: ("C38206", "ENDOSINUSIAL"),
    AdministrationRoute.ENDOTRACHEAL: ("C38208", "ENDOTRACHEAL"),
    AdministrationRoute.ENTERAL: ("C38209", "ENTERAL"),
    AdministrationRoute.EPIDURAL: ("C38210", "EPIDURAL"),
    AdministrationRoute.EXTRA_AMNIOTIC: ("C38211", "EXTRA-AMNIOTIC"),
    AdministrationRoute.EXTRACORPOREAL: ("C38212", "EXTRACORPOREAL"),
    AdministrationRoute.HEMODIALYSIS: ("C38200", "HEMODIALYSIS"),
    AdministrationRoute.INFILTRATION: ("C38215", "INFILTRATION"),
    AdministrationRoute.INHALATION: ("C38216", "RESPIRATORY (INHALATION)"),
    AdministrationRoute.INTERSTITIAL: ("C38219", "INTERSTITIAL"),
    AdministrationRoute.INTRA_ABDOMINAL: ("C38220", "INTRA-ABDOMINAL"),
    AdministrationRoute.INTRA_AMNIOTIC: ("C38221", "INTRA-AMNIOTIC"),
    AdministrationRoute.INTRA_ARTERIAL: ("C38222", "INTRA-ARTERIAL"),
    AdministrationRoute.INTRA_ARTICULAR: ("C38223", "INTRA-ARTICULAR"),
    AdministrationRoute.INTRABILIARY: ("C38224", "INTRABILIARY"),
    AdministrationRoute.INTRABRONCHIAL: ("C38225", "INTRABRONCHIAL"),
    AdministrationRoute.INTRABURSAL: ("C38226", "INTRABURSAL"),
    AdministrationRoute.INTRACANALICULAR: ("C132737", "INTRACANALICULAR"),
    AdministrationRoute.INTRACARDIAC: ("C38227", "INTRACARDIAC"),
    AdministrationRoute.INTRACARTILAGINOUS: ("C38228", "INTRACARTILAGINOUS"),
    AdministrationRoute.INTRACAUDAL: ("C38229", "INTRACAUDAL"),
    AdministrationRoute.INTRACAVERNOUS: ("C38230", "INTRACAVERNOUS"),
    AdministrationRoute.INTRACAVITARY: ("C38231", "INTRACAVITARY"),
    AdministrationRoute.INTRACEREBRAL: ("C38232", "INTRACEREBRAL"),
    AdministrationRoute.INTRACISTERNAL: ("C38233", "INTRACISTERNAL"),
    AdministrationRoute.INTRACORNEAL: ("C38234", "INTRACORNEAL"),
    AdministrationRoute.INTRACORONAL_DENTAL: ("C38217", "INTRACORONAL, DENTAL"),
    AdministrationRoute.INTRACORONARY: ("C38218", "INTRACORONARY"),
    AdministrationRoute.INTRACORPORUS_CAVERNOSUM: ("C38235", "INTRACORPORUS CAVERNOSUM"),
    AdministrationRoute.INTRACRANIAL: ("C38236", "INTRACRANIAL"),
    AdministrationRoute.INTRADERMAL: ("C38238", "INTRADERMAL"),
    AdministrationRoute.INTRADISCAL: ("C38239", "INTRADISCAL"),
    AdministrationRoute.INTRADUCTAL: ("C38240", "INTRADUCTAL"),
    AdministrationRoute.INTRADUODENAL: ("C38241", "INTRADUODENAL"),
    AdministrationRoute.INTRADURAL: ("C38242", "INTRADURAL"),
    AdministrationRoute.INTRAEPICARDIAL: ("C79144", "INTRAEPICARDIAL"),
    AdministrationRoute.INTRAEPIDERMAL: ("C38243", "INTRAEPIDERMAL"),
    AdministrationRoute.INTRAESOPHAGEAL: ("C38245", "INTRAESOPHAGEAL"),
    AdministrationRoute.INTRAGASTRIC: ("C38246", "INTRAGASTRIC"),
    AdministrationRoute.INTRAGINGIVAL: ("C38247", "INTRAGINGIVAL"),
    AdministrationRoute.INTRAHEPATIC: ("C38248", "INTRAHEPATIC"),
    AdministrationRoute.INTRAILEAL: ("C38249", "INTRAILEAL"),
    AdministrationRoute.INTRALESIONAL: ("C38250", "INTRALESIONAL"),
    AdministrationRoute.INTRALINGUAL: ("C79138", "INTRALINGUAL"),
    AdministrationRoute.INTRALUMINAL: ("C38251", "INTRALUMINAL"),
    AdministrationRoute.INTRALYMPHATIC: ("C38252", "INTRALYMPHATIC"),
    AdministrationRoute.INTRAMAMMARY: ("C79137", "INTRAMAMMARY"),
    AdministrationRoute.INTRAMEDULLARY: ("C38253", "INTRAMEDULLARY"),
    AdministrationRoute.INTRAMENINGEAL: ("C38254", "INTRAMENINGEAL"),
    AdministrationRoute.INTRAMUSCULAR: ("C28161", "INTRAMUSCULAR"),
    AdministrationRoute.INTRANODAL: ("C79141", "INTRANODAL"),
    AdministrationRoute.INTRAOCULAR: ("C38255", "INTRAOCULAR"),
    AdministrationRoute.INTRAOMENTUM: ("C79142", "INTRAOMENTUM"),
    AdministrationRoute.INTRAOVARIAN: ("C38256", "INTRAOVARIAN"),
    AdministrationRoute.INTRAPERICARDIAL: ("C38257", "INTRAPERICARDIAL"),
    AdministrationRoute.INTRAPERITONEAL: ("C38258", "INTRAPERITONEAL"),
    AdministrationRoute.INTRAPLEURAL: ("C38259", "INTRAPLEURAL"),
    AdministrationRoute.INTRAPROSTATIC: ("C38260", "INTRAPROSTATIC"),
    AdministrationRoute.INTRAPULMONARY: ("C38261", "INTRAPULMONARY"),
    AdministrationRoute.INTRASINAL: ("C38262", "INTRASINAL"),
    AdministrationRoute.INTRASPINAL: ("C38263", "INTRASPINAL"),
    AdministrationRoute.INTRASYNOVIAL: ("C38264", "INTRASYNOVIAL"),
    AdministrationRoute.INTRATENDINOUS: ("C38265", "INTRATENDINOUS"),
    AdministrationRoute.INTRATESTICULAR: ("C38266", "INTRATESTICULAR"),
    AdministrationRoute.INTRATHECAL: ("C38267", "INTRATHECAL"),
    AdministrationRoute.INTRATHORACIC: ("C38207", "INTRATHORACIC"),
    AdministrationRoute.INTRATUBULAR: ("C38268", "INTRATUBULAR"),
    AdministrationRoute.INTRATUMOR: ("C38269", "INTRATUMOR"),
    AdministrationRoute.INTRATYMPANIC: ("C38270", "INTRATYMPANIC"),
    AdministrationRoute.INTRAUTERINE: ("C38272", "INTRAUTERINE"),
    AdministrationRoute.INTRAVASCULAR: ("C38273", "INTRAVASCULAR"),
    AdministrationRoute.INTRAVENOUS: ("C38276", "INTRAVENOUS"),
    AdministrationRoute.INTRAVENOUS_BOLUS: ("C38274", "INTRAVENOUS BOLUS"),
    AdministrationRoute.INTRAVENOUS_DRIP: ("C38279", "INTRAVENOUS DRIP"),
    AdministrationRoute.INTRAVENTRICULAR: ("C38277", "INTRAVENTRICULAR"),
    AdministrationRoute.INTRAVESICAL: ("C38278", "INTRAVESICAL"),
    AdministrationRoute.INTRAVITREAL: ("C38280", "INTRAVITREAL"),
    AdministrationRoute.IONTOPHORESIS: ("C38203", "IONTOPHORESIS"),
    AdministrationRoute.IRRIGATION: ("C38281", "IRRIGATION"),
    AdministrationRoute.LARYNGEAL: ("C38282", "LARYNGEAL"),
    AdministrationRoute.NASAL: ("C38284", "NASAL"),
    AdministrationRoute.NASOGASTRIC: ("C38285", "NASOGASTRIC"),
    AdministrationRoute.OCCLUSIVE_DRESSING: ("C38286", "OCCLUSIVE DRESSING TECHNIQUE"),
    AdministrationRoute.OPHTHALMIC: ("C38287", "OPHTHALMIC"),
    AdministrationRoute.ORAL: ("C38288", "ORAL"),
    AdministrationRoute.OROPHARYNGEAL: ("C38289", "OROPHARYNGEAL"),
    AdministrationRoute.PERCUTANEOUS: ("C38676", "PERCUTANEOUS"),
    AdministrationRoute.PERIARTICULAR: ("C38292", "PERIARTICULAR"),
    AdministrationRoute.PERIDURAL: ("C38677", "PERIDURAL"),
    AdministrationRoute.PERINEURAL: ("C38293", "PERINEURAL"),
    AdministrationRoute.PERIODONTAL: ("C38294", "PERIODONTAL"),
    AdministrationRoute.RECTAL: ("C38295", "RECTAL"),
    AdministrationRoute.RETROBULBAR: ("C38296", "RETROBULBAR"),
    AdministrationRoute.SOFT_TISSUE: ("C38198", "SOFT TISSUE"),
    AdministrationRoute.SUBARACHNOID: ("C38297", "SUBARACHNOID"),
    AdministrationRoute.SUBCONJUNCTIVAL: ("C38298", "SUBCONJUNCTIVAL"),
    AdministrationRoute.SUBCUTANEOUS: ("C38299", "SUBCUTANEOUS"),
    AdministrationRoute.SUBGINGIVAL: ("C65103", "SUBGINGIVAL"),
    AdministrationRoute.SUBLINGUAL: ("C38300", "SUBLINGUAL"),
    AdministrationRoute.SUBMUCOSAL: ("C38301", "SUBMUCOSAL"),
    AdministrationRoute.SUBRETINAL: ("C79143", "SUBRETINAL"),
    AdministrationRoute.TOPICAL: ("C38304", "TOPICAL"),
    AdministrationRoute.TRANSDERMAL: ("C38305", "TRANSDERMAL"),
    AdministrationRoute.TRANSENDOCARDIAL: ("C79145", "TRANSENDOCARDIAL"),
    AdministrationRoute.TRANSMUCOSAL: ("C38283", "TRANSMUCOSAL"),
    AdministrationRoute.TRANSPLACENTAL: ("C38307", "TRANSPLACENTAL"),
    AdministrationRoute.TRANSTRACHEAL: ("C38308", "TRANSTRACHEAL"),
    AdministrationRoute.TRANSTYMPANIC: ("C38309", "TRANSTYMPANIC"),
    AdministrationRoute.URETERAL: ("C38312", "URETERAL"),
    AdministrationRoute.URETHRAL: ("C38271", "URETHRAL"),
    AdministrationRoute.VAGINAL: ("C38313", "VAGINAL"),
}

#: routes that reach the central nervous system or its fluid, where endotoxin limits are far lower and imaging follow-up is due
CENTRAL_NERVOUS_ROUTES = frozenset(
    {
        AdministrationRoute.INTRACEREBRAL,
        AdministrationRoute.INTRACISTERNAL,
        AdministrationRoute.INTRACRANIAL,
        AdministrationRoute.INTRADURAL,
        AdministrationRoute.INTRAMENINGEAL,
        AdministrationRoute.INTRASPINAL,
        AdministrationRoute.INTRATHECAL,
        AdministrationRoute.INTRAVENTRICULAR,
        AdministrationRoute.SUBARACHNOID,
    }
)
