# SPDX-License-Identifier: Apache-2.0
"""Random applies, updates and patches of several managers: the same to berthd and to upstream's field manager.
2,000 sequences, 20,000 with --full; `./dev fuzz apply_sequences` plays 100,000 from another seed."""
from conformance import OfflineCase, judged_by


@judged_by("ApplySequences")
class ApplySequences(OfflineCase):
    pass
