# SPDX-License-Identifier: Apache-2.0
"""Patches, selectors and apply: the same cases to berthd and to upstream's libraries."""
from conformance import OfflineCase, judged_by


@judged_by("JSONPatch", "MergePatch", "Strategic", "LabelSelectors", "BadLabelSelectors", "FieldSelectors", "Apply", "AnApply", "SchemaValidation", "DefaultsAndPruning",
           "StatusHas")
class Conformance(OfflineCase):
    pass
