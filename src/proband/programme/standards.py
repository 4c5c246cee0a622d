"""Where what a bundle says stands in two standards: CDISC USDM 4.0 (class and attribute) and HL7 FHIR R4 (element).

A field is named where the standard has a place of the same meaning. Consent texts, randomisation lists, stopping rules, clocks of
reporting, release limits, claims and natural history have none in USDM; the criteria of a bundle are computable, theirs are text.
"""

from __future__ import annotations

from typing import NamedTuple


class StandardPlaces(NamedTuple):
    """The attribute of USDM 4.0 and the element of FHIR R4 with the same meaning; empty where there is none."""

    usdm: str = ""
    fhir: str = ""


#: ``Model.field`` → its places
STANDARDS: dict[str, StandardPlaces] = {
    name: StandardPlaces(*places)
    for name, *places in (
        # programme.yaml
        ("ProgrammeFile.id", "StudyIdentifier.text", "ResearchStudy.identifier"),
        ("ProgrammeFile.title", "StudyTitle.text", "ResearchStudy.title"),
        ("ProgrammeFile.version", "StudyVersion.versionIdentifier"),
        ("ProgrammeFile.date", "GovernanceDate.dateValue"),
        ("ProgrammeFile.status", "StudyDefinitionDocumentVersion.status", "ResearchStudy.status"),
        ("ProgrammeFile.summary", "Study.description", "ResearchStudy.description"),
        ("ProgrammeFile.indication", "InterventionalStudyDesign.indications", "ResearchStudy.condition"),
        ("ProgrammeFile.arms", "InterventionalStudyDesign.arms", "ResearchStudy.arm"),
        ("ProgrammeFile.roles", "StudyVersion.roles"),
        ("Access.jurisdictions", "GeographicScope.code", "ResearchStudy.location"),
        ("Registration.id", "StudyIdentifier.text", "ResearchStudy.identifier"),
        ("Registration.registry", "StudyIdentifier.scopeId"),
        ("Approval.date", "GovernanceDate.dateValue"),
        ("Indication.name", "Indication.label"),
        ("Indication.concepts", "Indication.codes", "ResearchStudy.condition"),
        ("Indication.description", "Indication.description"),
        ("SubIndication.name", "Indication.label"),
        ("SubIndication.concepts", "Indication.codes", "ResearchStudy.condition"),
        ("SubIndication.description", "Indication.description"),
        ("Arm.id", "StudyArm.name"),
        ("Arm.name", "StudyArm.label", "ResearchStudy.arm.name"),
        ("Arm.planned", "StudyCohort.plannedEnrollmentNumber", "Group.quantity"),
        ("Comparator.kind", "StudyArm.type", "ResearchStudy.arm.type"),
        ("Comparator.description", "StudyArm.description", "ResearchStudy.arm.description"),
        ("Masking.role", "StudyRole.code"),
        ("Masking.masked", "Masking.isMasked"),
        ("Masking.why", "Masking.text"),
        ("Role.id", "StudyRole.name"),
        ("Role.name", "StudyRole.label"),
        # consent/
        ("ConsentVersion.document", "", "Consent.sourceReference"),
        ("ConsentVersion.language", "StudyDefinitionDocument.language", "Consent.language"),
        # eligibility.yaml
        (
            "Eligibility.criteria",
            "InterventionalStudyDesign.eligibilityCriteria",
            "EvidenceVariable.characteristic",
        ),
        ("Criterion.id", "EligibilityCriterion.identifier"),
        ("Criterion.kind", "EligibilityCriterion.category", "EvidenceVariable.characteristic.exclude"),
        ("Criterion.text", "EligibilityCriterionItem.text", "EvidenceVariable.characteristic.description"),
        (
            "Criterion.when",
            "ExtensionAttribute.valueString",
            "EvidenceVariable.characteristic.definitionExpression",
        ),
        # product.yaml
        ("Product.id", "AdministrableProduct.name", "BiologicallyDerivedProduct.identifier"),
        ("Product.name", "AdministrableProduct.label", "BiologicallyDerivedProduct.productCode"),
        ("Product.kind", "StudyIntervention.type", "BiologicallyDerivedProduct.productCategory"),
        ("Product.source_material", "Substance.description", "BiologicallyDerivedProduct.collection"),
        ("Product.manufacturing", "", "BiologicallyDerivedProduct.processing"),
        ("Product.storage", "", "BiologicallyDerivedProduct.storage.description"),
        ("Product.shelf_life", "", "BiologicallyDerivedProduct.storage.duration"),
        ("ProcessStep.description", "", "BiologicallyDerivedProduct.processing.description"),
        ("Regimen.id", "Administration.name"),
        ("Regimen.product", "Administration.administrableProductId", "ActivityDefinition.productReference"),
        ("Regimen.route", "Administration.route", "Dosage.route"),
        ("Regimen.dose", "Administration.dose", "ActivityDefinition.dosage"),
        ("Regimen.administrations", "", "Timing.repeat.count"),
        ("Regimen.interval", "Administration.frequency", "Timing.repeat.period"),
        ("DoseRule.amount", "Administration.dose", "Dosage.doseAndRate.doseQuantity"),
        ("DoseRule.amount_high", "", "Dosage.doseAndRate.doseRange"),
        ("DoseRule.cap", "", "Dosage.maxDosePerAdministration"),
        # schedule.yaml
        ("Schedule.activities", "InterventionalStudyDesign.activities", "PlanDefinition.action"),
        ("Schedule.visits", "InterventionalStudyDesign.encounters", "PlanDefinition.action"),
        ("Activity.id", "Activity.name", "PlanDefinition.action.id"),
        ("Activity.name", "Activity.label", "PlanDefinition.action.title"),
        ("Activity.instrument", "Activity.biomedicalConceptIds", "PlanDefinition.action.definitionCanonical"),
        ("Visit.id", "Encounter.name", "PlanDefinition.action.id"),
        ("Visit.name", "Encounter.label", "PlanDefinition.action.title"),
        (
            "Visit.anchor",
            "Timing.relativeFromScheduledInstanceId",
            "PlanDefinition.action.relatedAction.actionId",
        ),
        ("Visit.offset", "Timing.value", "PlanDefinition.action.relatedAction.offsetDuration"),
        ("Visit.activities", "ScheduledActivityInstance.activityIds", "PlanDefinition.action.action"),
        ("VisitWindow.before", "Timing.windowLower", "PlanDefinition.action.relatedAction.offsetRange"),
        ("VisitWindow.after", "Timing.windowUpper", "PlanDefinition.action.relatedAction.offsetRange"),
        # outcomes.yaml
        ("Outcome.id", "Endpoint.name"),
        ("Outcome.name", "Endpoint.label", "ResearchStudy.objective.name"),
        ("Outcome.role", "Endpoint.level", "ResearchStudy.objective.type"),
        ("Outcome.definition", "Endpoint.text"),
        ("Estimand.id", "Estimand.name"),
        ("Estimand.question", "Objective.text"),
        ("Estimand.population", "AnalysisPopulation.text"),
        ("Estimand.treatment", "Estimand.interventionIds"),
        ("Estimand.outcome", "Estimand.variableOfInterestId"),
        ("Estimand.summary", "Estimand.populationSummary"),
        ("Estimand.intercurrent_events", "Estimand.intercurrentEvents"),
        ("IntercurrentEvent.event", "IntercurrentEvent.text"),
        ("IntercurrentEvent.strategy", "IntercurrentEvent.strategy"),
        ("IntercurrentEvent.how", "IntercurrentEvent.description"),
        # evidence/
        ("EvidenceFile.sources", "", "ResearchStudy.relatedArtifact"),
        ("Source.citation", "", "RelatedArtifact.citation"),
        ("Source.url", "", "RelatedArtifact.url"),
        # everywhere
        ("Concept.system", "Code.codeSystem", "Coding.system"),
        ("Concept.code", "Code.code", "Coding.code"),
        ("Concept.display", "Code.decode", "Coding.display"),
        ("Quantity.value", "Quantity.value", "Quantity.value"),
        ("Quantity.unit", "Quantity.unit", "Quantity.code"),
    )
}
