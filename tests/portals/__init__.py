"""A portal on loopback that speaks what real portals speak, and fails as they fail.

In a test::

    from tests.portals import Fault, FaultScript, PortalServer, synthetic_rows

    with PortalServer(frame=synthetic_rows(5000, seed=1)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        httpx.get(f"{server.url}/resource/abcd-1234.csv", params={"$limit": 10})

`bare_client` gives a client that trusts it without that.

``faults=FaultScript({2: Fault(kind="reset_in_body")}, paths="/resource/")`` breaks the third
request for rows, ``faults=FaultSchedule(seed)`` breaks some of the requests as drawn from the seed;
`KINDS` has all that can go wrong. ``server.change(Fault(kind="rename_column"))`` changes the data
between two fetches, and ``server.frame`` has the rows as they are now. ``server.seen`` has every
request; ``requests_by_path`` and ``bytes_by_path`` count them. ``stop=Stop(70_000, call)`` calls
back amid a body, when so many bytes of bodies are sent. Every protocol answers with its defaults;
``protocols=(Socrata(app_token="secret"),)`` gives one other settings.

As a process of its own: ``python -m tests.portals --rows 1000000`` from the project's root, or
`portal_process` around it.
"""

from __future__ import annotations

from tests.portals.arcgis import ArcGIS
from tests.portals.carto import Carto
from tests.portals.ckan import CKAN
from tests.portals.client import bare_client
from tests.portals.faults import KINDS, PASSING, Fault, FaultSchedule, FaultScript
from tests.portals.files import Files
from tests.portals.open311 import PERSONAL, Open311
from tests.portals.police import Bucket, Police
from tests.portals.process import PortalProcess, portal_process
from tests.portals.rows import AWKWARD, synthetic_rows
from tests.portals.server import PortalServer, Seen, Stop
from tests.portals.socrata import Socrata

__all__ = [
    "AWKWARD",
    "CKAN",
    "KINDS",
    "PASSING",
    "PERSONAL",
    "ArcGIS",
    "Bucket",
    "Carto",
    "Fault",
    "FaultSchedule",
    "FaultScript",
    "Files",
    "Open311",
    "Police",
    "PortalProcess",
    "PortalServer",
    "Seen",
    "Socrata",
    "Stop",
    "bare_client",
    "portal_process",
    "synthetic_rows",
]
