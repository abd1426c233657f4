# SPDX-License-Identifier: Apache-2.0
"""Unmodified clients, and who may do what: client-go, typed in protobuf and dynamic."""
from conformance import RoadCase, judged_by


@judged_by("Typed", "GenerateName", "Dynamic", "Discovery", "Informers", "RetryWatcher", "LeaderElection", "EventRecorder",
           "Tokens", "ControllerRuntime")
class Clients(RoadCase):
    pass


@judged_by("EveryVerb", "Anonymous", "Nobody")
class Rights(RoadCase):
    pass
