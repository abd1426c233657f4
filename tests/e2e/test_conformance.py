# SPDX-License-Identifier: Apache-2.0
"""Patches, selectors and validation: the same cases to berthd and to upstream's libraries; kstatus reads what the
reconcilers say."""
from conformance import OfflineCase, RoadCase, judged_by


@judged_by("JSONPatch", "MergePatch", "Strategic", "LabelSelectors", "BadLabelSelectors", "FieldSelectors", "AnApply", "BuiltIn",
           "SchemaValidation", "DefaultsAndPruning", "StatusHas")
class Conformance(OfflineCase):
    pass


@judged_by("Kstatus")
class Status(RoadCase):
    pass
