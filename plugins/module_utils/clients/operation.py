# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the steps of `operate` on a standing link: AWS first, Azure at once, then a look at both until it is up again.

Keys are made, read, compared and written in here, and leave it in no result and no error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as azure_words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm_status, consent, ec2, keys, operate, tunnels
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, azure, azure_connections
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure_link import LinkReader
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import CloudError
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, Fault, listed
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.journal import Journal

Json = dict[str, Any]

ROTATE, OPTIONS, REPLACE, CONNECTION, INSTANCE = (
    "rotate_keys",
    "change_options",
    "replace_endpoints",
    "reset_connection",
    "reset_instance",
)
KEY, ENDPOINT = "pre_shared_key", "endpoint"
LIFECYCLE = "lifecycle_control"
APPLIED = "LastMaintenanceApplied"
AGAIN = "Run it again: it goes on where it is."


class Stopped(CloudError):
    """Nothing more may be touched; the answer says why."""

    @property
    def denied(self) -> bool:
        return False


@dataclass(frozen=True)
class End:
    """A tunnel of the plan with what both clouds have of it. ``azure_id`` is "" for a spare."""

    tunnel: Mapping[str, Any]
    connection_id: str
    outside_address: str
    azure_id: str
    aws_key: str | None = field(repr=False)
    azure_key: str | None = field(repr=False)
    aws_change: ec2.TunnelChange | None
    azure_change: azure_words.Change | None
    maintenance: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.tunnel["name"])


@dataclass(frozen=True)
class Seen:
    ends: Mapping[str, End]
    tunnels: Sequence[operate.Tunnel]
    mark: operate.Mark | None
    connection_ids: Sequence[str]
    instances: Mapping[int, str]  # public addresses
    unfinished: Mapping[str, Sequence[str]]  # tunnels that were not chosen: what AWS has of them and Azure has not
    down_since: datetime | None  # the latest of those that AWS says are down

    def tunnel(self, name: str) -> operate.Tunnel:
        return next(one for one in self.tunnels if one.name == name)


class Operation:
    """One operation on one link.

    :param client: boto3's EC2
    :param params: of module s2s_vpn_operate
    :param hide: told of every key, before it is used
    :param journal: none is kept without it
    """

    def __init__(
        self,
        client: Any,
        arm: azure.Arm,
        params: Mapping[str, Any],
        hide: Callable[[str], object] = lambda _key: None,
        journal: Journal | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.client, self.arm, self.params = client, arm, params
        self.sleep, self.clock, self.now = sleep, clock, now
        self.plan: Mapping[str, Any] = params["plan"]
        self.name: str = params["operation"]
        self.journal = journal or Journal("", self.plan["link"], self.name)
        self._hiders = (hide, self.arm.hide, self.journal.hide)
        self.wanted: Mapping[str, str] = params.get("pre_shared_keys") or {}
        self.consent: Sequence[str] = self.plan["azure"]["gateway"]["consent"]
        self.chosen: list[str] = list(params.get("tunnels") or ())
        self.named = bool(self.chosen)
        self.rotation = ""
        """What becomes of a rotation that an earlier run has left open. Known when the first step is."""
        self.current = operate.Step(operate.DONE)
        self._ids: list[str] = []

    def hide(self, key: str) -> None:
        for hide in self._hiders:
            hide(key)

    # --- looking

    def look(self) -> Seen:
        """Both clouds now. Raises CloudError for what cannot be operated at all."""
        connections, azure_side = azure.together((self._aws, self._azure))
        gateway, bodies, sites, peers = azure_side
        by_name = {body["name"]: body for body in bodies}
        places = {azure_words.local_gateway_facts(site)["id"].lower(): site for site in sites}
        azure_keys = self._azure_keys(bodies)
        mark = self._mark(connections.values())
        going_on = self._going_on(mark)
        ends = {}
        for tunnel in self.plan["tunnels"]:
            end = self._end(tunnel, connections, by_name, places, azure_keys, gateway)
            ends[end.name] = end
        status = arm_status.gateway_status(gateway, bodies, sites, peers, [])
        aws_status = ec2.link_status(list(connections.values()))
        down = operate.down(self.plan, status, aws_status)
        since = {one.inside_cidr: one.since or "" for one in aws_status.tunnels}
        changing = azure_words.is_busy(gateway)
        looked = [
            operate.Tunnel(
                name=end.name,
                used=bool(end.azure_id),
                up=bool(end.azure_id) and end.name not in down,
                why=down.get(end.name, ""),
                busy=connections[self._connection_of(end.tunnel)["name"]].get("State") in ec2.BUSY
                or (bool(end.azure_id) and (changing or azure_words.is_busy(by_name[end.tunnel["resource_name"]]))),
                pending=self._pending(end, going_on),
                half=self._half(end) if self._is_chosen(end) else (),
                moments=(since.get(end.tunnel["inside_cidr"], ""), str(end.maintenance.get(APPLIED, ""))),
            )
            for end in ends.values()
        ]
        instances = {one["index"]: one["public_ip_address"] for one in azure_words.gateway_facts(gateway)["instances"]}
        ids = [str(one["VpnConnectionId"]) for one in connections.values()]
        used = {one["inside_cidr"] for one in self.plan["tunnels"] if one["expected"] == "up"}
        fallen = [
            datetime.fromisoformat(one.since)
            for one in aws_status.tunnels
            if one.status == "down" and one.since and one.inside_cidr in used
        ]
        others = {end.name: half for end in ends.values() if not self._is_chosen(end) and (half := self._half(end))}
        return Seen(ends, looked, mark, ids, instances, others, max(fallen, default=None))

    def _connection_of(self, tunnel: Mapping[str, Any]) -> Mapping[str, Any]:
        planned = self.plan["aws"]["gateway"]["connections"]
        return next(one for one in planned if one["number"] == tunnel["connection"])

    def _aws(self) -> dict[str, Mapping[str, Any]]:
        """The VPN connections by their planned names."""
        part = self.plan["aws"]["gateway"]
        names = [one["name"] for one in part["connections"]]
        if not self._ids:
            for planned in part["connections"]:
                name = planned["name"]
                tags = {"Name": name} if name in part["adopt"] else ec2.identity(name, part["tags"])
                found = aws.find_one(aws.describe_vpn_connections, self.client, tags, "VPN connection", "adopt")
                if found is None:
                    raise Stopped(f"looking for VPN connection {name}", "", "there is none", "Build it with site.yml.")
                self._refuse_routing(planned, found)  # before the next one is missed, which that would have
                self._ids.append(str(found["VpnConnectionId"]))
        by_id = {one["VpnConnectionId"]: one for one in aws.describe_vpn_connections(self.client, self._ids)}
        connections: dict[str, Mapping[str, Any]] = {
            name: by_id[own] for name, own in zip(names, self._ids, strict=True)
        }
        for planned in part["connections"]:
            self._refuse_fixed(planned, connections[planned["name"]])
        return connections

    def _refuse_fixed(self, planned: Mapping[str, Any], connection: Mapping[str, Any]) -> None:
        """What no operation changes in place."""
        label = f"VPN connection {connection['VpnConnectionId']} ({planned['name']})"
        state = connection.get("State")
        if state not in {"available", "modifying"}:
            raise Stopped(label, "", f"it is {state}", "Operate it when it is available; site.yml builds it.")
        have = {one["inside_cidr"] for one in ec2.connection_tunnels(connection)}
        missing = [one["inside_cidr"] for one in planned["tunnels"] if one["inside_cidr"] not in have]
        if missing:
            answer = f"it has no tunnel with inside CIDR {listed(missing)}, but {listed(sorted(have))}"
            remedy = "Inside CIDRs are not changed in place. Write those that it has in s2s_vpn_inside_cidrs."
            raise Stopped(label, "", answer, remedy)

    @staticmethod
    def _refuse_routing(planned: Mapping[str, Any], connection: Mapping[str, Any]) -> None:
        label = f"VPN connection {connection['VpnConnectionId']} ({planned['name']})"
        static = bool((connection.get("Options") or {}).get("StaticRoutesOnly"))
        if static != planned["static_routes_only"]:
            kinds = {True: "static routing", False: "BGP"}
            answer = f"it was made for {kinds[static]}, and the plan says {kinds[planned['static_routes_only']]}"
            over = "go over with change_routing.yml" if static else "build another link"
            remedy = f"AWS fixes this at creation. Write the s2s_vpn_routing that it has, or {over}."
            raise Stopped(label, "", answer, remedy)

    def _azure(self) -> tuple[Json, list[Json], list[Json], list[Json]]:
        """The gateway, the link's connections, local gateways, and BGP peers."""
        part = self.plan["azure"]["gateway"]
        own = self.arm.id(part["resource_group"], azure_words.GATEWAYS, part["name"])
        names = [one["resource_name"] for one in self.plan["tunnels"] if one["expected"] == "up"]
        reader = LinkReader(self.arm, own, names, strict=True)
        gateway = self.arm.get(own)
        if gateway is None:
            raise Stopped(f"looking for VPN gateway {part['name']}", "", "there is none", "Build it with site.yml.")

        def connections() -> tuple[list[Json], list[Json]]:
            bodies = reader.connections()
            return bodies, reader.local_gateways(bodies)

        (bodies, sites), peers = azure.together((connections, lambda: reader.peers(gateway)))
        missing = sorted(set(names) - {body["name"] for body in bodies})
        if missing:
            raise Stopped(f"looking for connection {listed(missing)}", "", "there is none", "Build it with site.yml.")
        return gateway, bodies, sites, peers

    def _azure_keys(self, bodies: Sequence[Json]) -> dict[str, str | None]:
        if self.name not in (ROTATE, OPTIONS):
            return {}
        found = azure.together(partial(self.arm.shared_key, body["id"]) for body in bodies)
        for key in found:
            self.hide(key or "")
        return dict(zip((body["name"] for body in bodies), found, strict=True))

    def _end(
        self,
        tunnel: Mapping[str, Any],
        connections: Mapping[str, Mapping[str, Any]],
        bodies: Mapping[str, Json],
        places: Mapping[str, Json],
        azure_keys: Mapping[str, str | None],
        gateway: Json,
    ) -> End:
        planned = self._connection_of(tunnel)
        connection = connections[planned["name"]]
        wish = next(one for one in planned["tunnels"] if one["inside_cidr"] == tunnel["inside_cidr"])
        have = next(one for one in ec2.connection_tunnels(connection) if one["inside_cidr"] == tunnel["inside_cidr"])
        outside = have["outside_address"]
        body = bodies.get(tunnel["resource_name"]) if tunnel["expected"] == "up" else None
        if body is not None:
            site = places.get(((body["properties"].get("localNetworkGateway2") or {}).get("id") or "").lower(), {})
            leads = azure_words.local_gateway_facts(site)["gateway_ip_address"] if site else "nowhere"
            if leads != outside:
                answer = f"it leads to {leads}, and AWS's tunnel {tunnel['name']} is at {outside}"
                raise Stopped(f"connection {tunnel['resource_name']}", "", answer, "Mend it with site.yml.")
        aws_key = azure_key = None
        aws_change = azure_change = None
        if self.name in (ROTATE, OPTIONS):
            aws_key = self._aws_key(connection, outside, spare=body is None)
            azure_key = azure_keys.get(tunnel["resource_name"])
        if self.name == OPTIONS:
            current = {outside: azure_key if aws_key is None else aws_key}
            aws_change = next(iter(ec2.tunnel_changes([wish], [have], self.wanted, current, keys.fingerprint)), None)
            azure_change = self._azure_change(body, gateway) if body is not None else None
        maintenance = {}
        if self.name == REPLACE:
            maintenance = aws.replacement_status(self.client, connection["VpnConnectionId"], outside)
        return End(
            tunnel=tunnel,
            connection_id=connection["VpnConnectionId"],
            outside_address=outside,
            azure_id=body["id"] if body else "",
            aws_key=aws_key,
            azure_key=azure_key,
            aws_change=aws_change,
            azure_change=azure_change,
            maintenance=maintenance,
        )

    def _aws_key(self, connection: Mapping[str, Any], outside: str, spare: bool) -> str | None:
        """None where it cannot be read and need not be: nobody asks for another one, or for one of his own. AWS is
        given that first, so what Azure has AWS has too."""
        key = tunnels.read_key(connection, outside)
        if isinstance(key, Fault):
            if (self.name == ROTATE and not self.wanted) or (self.wanted and spare):
                raise Stopped(f"reading the key of tunnel {outside} from AWS", "", key.problem, key.remedy)
            return None
        self.hide(key)
        return key

    def _azure_change(self, body: Json, gateway: Json) -> azure_words.Change:
        part = self.plan["azure"]["connection"]
        wish = azure_words.ConnectionWish(
            name=body["name"],
            gateway_id=gateway["id"],
            ipsec_policy=azure_words.IpsecPolicy(**part["ipsec_policy"]),
            protocol=part["protocol"],
            mode=part["mode"],
            dpd_seconds=part["dpd_seconds"],
        )
        change = azure_words.connection_change(wish, None, None, body)
        azure.refuse(f"changing the connection {body['name']} in place (site.yml can)", change.refused(()))
        return change

    # --- what is left to do

    def _is_chosen(self, end: End) -> bool:
        return not self.named or end.name in self.chosen

    def _pending(self, end: End, mark: operate.Mark | None) -> tuple[str, ...]:
        if not self._is_chosen(end):
            return ()
        if self.name == OPTIONS:
            return tuple(end.aws_change.names) if end.aws_change else ()
        if self.name == REPLACE:
            return (ENDPOINT,) if self.named or ec2.maintenance_due(end.maintenance) else ()
        if self.name != ROTATE:
            return ()
        wanted = self.wanted.get(end.tunnel["inside_cidr"])
        if wanted is not None:
            return (KEY,) if wanted != (end.azure_key if end.aws_key is None else end.aws_key) else ()
        return () if mark is not None and mark.rotated(end.name, str(end.aws_key)) else (KEY,)

    def _half(self, end: End) -> tuple[str, ...]:
        if not end.azure_id or self.name not in (ROTATE, OPTIONS):
            return ()
        names = [KEY] if end.aws_key is not None and end.azure_key != end.aws_key else []
        if end.azure_change and end.azure_change.changed and not end.aws_change:
            names += end.azure_change.after
        return tuple(names)

    @staticmethod
    def _mark(connections: Iterator[Mapping[str, Any]] | Any) -> operate.Mark | None:
        texts = [ec2.tag_dict(one.get("Tags")).get(operate.MARK) for one in connections]
        return next((mark for text in texts if text and (mark := operate.Mark.read(text))), None)

    def _going_on(self, mark: operate.Mark | None) -> operate.Mark | None:
        return mark if mark is not None and mark.lasts(self.now()) else None

    def _left_open(self, seen: Seen) -> str:
        mark = seen.mark
        if self.name != ROTATE or self.wanted or mark is None:
            return ""
        done = listed(name for name, end in seen.ends.items() if mark.rotated(name, str(end.aws_key))) or "none"
        begun = f"begun at {mark.begun:%Y-%m-%d %H:%M} UTC" if mark.begun else "begun at a time that is not known"
        if self._going_on(mark):
            return f"this goes on with the rotation {begun}; rotated already, and left as they are: {done}"
        return (
            f"the rotation {begun} was never finished (rotated: {done}). That is too long ago to go on with: this one "
            "begins anew"
        )

    # --- one step

    def ahead(self) -> tuple[Seen, list[operate.Step]]:
        """The steps that would be taken (check mode)."""
        seen = self.look()
        self.rotation = self._left_open(seen)
        return seen, operate.steps_ahead(seen.tunnels, self.consent, self._closed())

    def step(self) -> tuple[operate.Step, Seen, list[str]]:
        """Do the next step to its end: the step, what was seen then, and the tunnels that are left.

        Raises CloudError, or Stopped with the reason.
        """
        seen, step = self._ready()
        if step.kind == operate.DONE:
            self._close(seen)
            return step, seen, []
        end, self.current = seen.ends[step.tunnel], step
        before = seen.tunnel(step.tunnel)
        if operate.begins(before, step) and (closed := self._closed()):
            raise Stopped(f"tunnel {step.tunnel}", "", closed, f"It is left as it is. {self._again}".rstrip())
        policy = end.azure_change
        if step.kind == operate.FINISH:
            policy = policy if end.aws_change is None else None  # AWS has not been asked for that yet
            self._azure_gets(end, end.aws_key if KEY in step.what else None, policy)
        else:
            self._change(step, end, self._open(seen))
            if step.what == (ENDPOINT,) and self.named:
                self.chosen.remove(step.tunnel)  # asked for by name: AWS does not show whether it was done
        replaced = step.kind == operate.CHANGE and step.what != (LIFECYCLE,)
        told = step.kind == operate.FINISH or (policy is not None and policy.body is not None)
        lags = replaced or (told and before.up)
        asked = step.what if step.kind == operate.CHANGE else ()
        seen = self.wait_until_up([step.tunnel], asked, [before] if lags else [])
        if step.kind == operate.FINISH and (same := sorted(set(step.what) & set(seen.tunnel(step.tunnel).half))):
            raise Stopped(
                f"tunnel {step.tunnel}",
                "",
                f"Azure took a change of {listed(same)} and shows the old value",
                "Sent again, it would be so again. Compare the connection with the plan by drift.yml.",
            )
        if operate.next_step(seen.tunnels, self.consent).kind == operate.DONE:
            self._close(seen)
            return step, seen, []
        left = [one.name for one in seen.tunnels if one.pending or one.half or (one.used and not one.up)]
        return step, seen, [name for name in left if self._is_chosen(seen.ends[name])]

    def _ready(self) -> tuple[Seen, operate.Step]:
        """Look until something may be done."""
        began = self.clock()
        while True:
            seen = self.look()
            self.rotation = self._left_open(seen)
            step = operate.next_step(seen.tunnels, self.consent)
            if step.kind == operate.STOP:
                raise Stopped(f"{self.name} of link {self.plan['link']}", "", step.reason, "")
            if step.kind != operate.WAIT:
                return seen, step
            busy = any(one.busy for one in seen.tunnels)
            patience = self.params["wait_timeout" if busy else "tunnel_up_timeout"]
            waited = self.clock() - began
            if not busy and seen.down_since is not None:  # what has been down for long does not come up by waiting
                waited = max(waited, (self.now() - seen.down_since).total_seconds())
            if waited >= patience:
                raise Stopped(
                    f"{self.name} of link {self.plan['link']}",
                    "",
                    f"{step.reason}, for {waited:.0f} s",
                    f"No tunnel that is up is touched while another one is down. See why with verify.yml, mend it, and "
                    f"run it again: {self._left(seen)}.",
                )
            self.sleep(self.params["poll_seconds"])

    def _left(self, seen: Seen) -> str:
        left = [one.name for one in seen.tunnels if one.pending or one.half]
        words = [
            f"left are {listed(left)}" if left else "nothing else is left to change",
            *operate.half_done(seen.unfinished),
        ]
        return "; ".join(words)

    @property
    def _again(self) -> str:
        return "" if self.name == REPLACE and self.named else AGAIN

    @property
    def remaining(self) -> str:
        """What to write after a failure: AWS does not show which endpoints were asked for by name."""
        if self.name != REPLACE or not self.named:
            return ""
        if not self.chosen:
            return "Every endpoint that was asked for is replaced: run it again only to have one replaced once more."
        left = f"{PREFIX}operate_tunnels: [{', '.join(self.chosen)}]"
        return f"Which endpoints were asked for by name is not remembered. Run it again with those left: {left}."

    def _closed(self) -> str:
        """Why no tunnel may be begun now; "" inside the window."""
        window, now = self.params.get("window"), self.now()
        return "" if operate.in_window(window, now.time()) else f"it is {now:%H:%M} UTC, outside of the window {window}"

    def _change(self, step: operate.Step, end: End, mark: operate.Mark | None) -> None:
        """AWS first: if it refuses, Azure is untouched."""
        if step.what == (ENDPOINT,):
            with self._noted("aws", "ReplaceVpnTunnel", end.name, end.maintenance, {ENDPOINT: "a new one"}):
                aws.replace_tunnel(self.client, end.connection_id, end.outside_address)
            return
        key = None
        if KEY in step.what:
            key = self.wanted.get(end.tunnel["inside_cidr"]) or (mark.new_key(end.name) if mark else keys.generate())
            self.hide(key)
        wish = end.aws_change.request if end.aws_change else {}
        request = {**wish, **({"PreSharedKey": key} if key else {})}
        # (AWS, ModifyVpnTunnelOptions: SkipTunnelReplacement is for lifecycle control alone)
        skip = step.what == (LIFECYCLE,)
        options = end.aws_change.options if end.aws_change else {}
        no_key: Json = {KEY: ""} if key else {}
        before = no_key | {name: one[0] for name, one in options.items()}
        after = no_key | {name: one[1] for name, one in options.items()}
        with self._noted("aws", "ModifyVpnTunnelOptions", end.name, before, after):
            aws.modify_tunnel(self.client, end.connection_id, end.outside_address, request, skip)
        self._azure_gets(end, key, end.azure_change)

    def _azure_gets(self, end: End, key: str | None, change: azure_words.Change | None) -> None:
        """The policy and the key, each where it differs."""
        if not end.azure_id:
            return
        seconds = self.params["wait_timeout"]
        if change is not None and change.body is not None:
            with self._noted("azure", "connections/write", end.name, change.before, change.after):
                azure_connections.put(self.arm, end.azure_id, change.body, key or end.azure_key, seconds)
        if key is not None and key != end.azure_key:
            with self._noted("azure", "connections/sharedKey/write", end.name, {KEY: ""}, {KEY: ""}):
                azure_connections.set_key(self.arm, end.azure_id, key, seconds)

    def _open(self, seen: Seen) -> operate.Mark | None:
        """The mark of a rotation with random keys, written before the first change of a tunnel that it is for."""
        if self.name != ROTATE or self.wanted:
            return None
        known = {name: str(end.aws_key) for name, end in seen.ends.items() if self._is_chosen(end)}
        going_on = self._going_on(seen.mark)
        mark = going_on.reaching(known) if going_on else operate.Mark.begin(known, self.now())
        if mark != seen.mark:
            with self._noted("aws", "CreateTags", "", {}, {"tag": operate.MARK}):
                aws.write_tags_of(self.client, seen.connection_ids, {operate.MARK: str(mark)})
        return mark

    def _close(self, seen: Seen) -> None:
        """Take the mark away, unless tunnels that it is for have their keys of before: nobody chose them now."""
        if self.name != ROTATE or seen.mark is None:
            return
        known = {name: str(end.aws_key) for name, end in seen.ends.items() if name in seen.mark.before}
        if all(seen.mark.rotated(name, key) for name, key in known.items()) or (self.wanted and not self.named):
            with self._noted("aws", "DeleteTags", "", {"tag": operate.MARK}, {}):
                aws.delete_tags(self.client, seen.connection_ids, [operate.MARK])

    def wait_until_up(
        self, names: Sequence[str], what: Sequence[str] = (), before: Sequence[operate.Tunnel] = ()
    ) -> Seen:
        """Until `operate.is_over` says so of each of them; `before` are those that may be shown as they were.

        One that Azure has to be told of again is not waited for: that is the next step.
        """
        began = idle = self.clock()
        lag = min(operate.LAG_SECONDS, self.params["tunnel_up_timeout"])
        looks: dict[str, list[operate.Tunnel]] = {name: [] for name in names}
        was = {one.name: one for one in before}
        while True:
            seen = self.look()
            watched = [seen.tunnel(name) for name in names]
            for one in watched:
                looks[one.name].append(one)
            busy = any(one.busy for one in watched)
            old = sorted({name for one in watched for name in one.pending if name in what})
            now = self.clock()
            if not busy and not old and any(one.half for one in watched):
                return seen
            if all(operate.is_over(was.get(name), each, now - began, what, lag) for name, each in looks.items()):
                self.journal.write("up", tunnel=listed(names), seconds=round(now - began, 1))
                return seen
            idle = now if busy else idle
            if now - (began if busy else idle) >= self.params["wait_timeout" if busy else "tunnel_up_timeout"]:
                words = [one.why or "still being changed" for one in watched if one.busy or not one.up]
                words += [f"AWS took a change of {listed(old)} and shows the old value"] if old else []
                raise Stopped(
                    f"waiting for tunnel {listed(names)} to be up again",
                    "",
                    f"not so after {now - began:.0f} s ({'; '.join(words)})",
                    f"No other tunnel was touched. See why it is down with verify.yml. {self._again}".rstrip(),
                )
            self.sleep(self.params["poll_seconds"])

    def _noted(
        self, cloud: str, call: str, tunnel: str, before: Any, after: Any, resource: str = ""
    ) -> AbstractContextManager[None]:
        """The two lines of the journal around a call."""
        what = {"cloud": cloud, "call": call, **({"tunnel": tunnel} if tunnel else {})}
        return self.journal.call(what | ({"resource": resource} if resource else {}), before, after, self.clock)

    # --- resets

    def reset(self, check_mode: bool) -> operate.Step:
        """Reset an Azure connection or a gateway instance, and wait for the tunnels that it took down."""
        seen = self.look()
        names, resource, verb, query = self._target(seen)
        hindered = operate.hindrance(seen.tunnels, names, self.consent) or self._others(resource)
        if hindered is not None and check_mode:
            return hindered
        if hindered is not None:
            raise Stopped(f"{self.name} of link {self.plan['link']}", "", hindered.reason, "")
        step = operate.Step(operate.RESET, listed(names), (azure_words.name_of(resource),))
        if not check_mode:
            self.current = step
            kind = azure_words.kind_of(resource).rpartition("/")[2]
            with self._noted("azure", f"{kind}/{verb}", step.tunnel, {}, {}, azure_words.name_of(resource)):
                self.arm.ask(resource, verb, seconds=self.params["wait_timeout"], query=query)
            self.wait_until_up(names, before=[one for one in map(seen.tunnel, names) if one.up])
        return step

    def _others(self, gateway: str) -> operate.Step | None:
        """STOP where an instance carries tunnels of others, which nobody has looked at."""
        if self.name != INSTANCE or consent.INTERRUPT in self.consent:
            return None
        own = {one["resource_name"].lower() for one in self.plan["tunnels"]}
        group = azure_words.group_of(gateway).lower()
        others = [
            one["id"]
            for one in self.arm.listing(f"{gateway}/{azure_words.CONNECTIONS}") or ()
            if azure_words.group_of(one["id"]).lower() != group or azure_words.name_of(one["id"]).lower() not in own
        ]
        if not others:
            return None
        reason = (
            f"{azure_words.name_of(gateway)} also carries {listed(azure_words.name_of(one) for one in others)}, whose "
            "tunnels on this instance go down with it; whether they are up on another one is not looked at. Nothing "
            f"was changed. Consent with {PREFIX}consent: [{consent.INTERRUPT}]"
        )
        return operate.Step(operate.STOP, reason=reason)

    def _target(self, seen: Seen) -> tuple[list[str], str, str, dict[str, str] | None]:
        """Tunnels, resource, verb and query of a reset."""
        if self.name == CONNECTION:
            end = seen.ends[self.chosen[0]]
            return [end.name], end.azure_id, "resetconnection", None
        index, part = self.params["instance"], self.plan["azure"]["gateway"]
        names = [one["name"] for one in self.plan["tunnels"] if one["instance"] == index and one["expected"] == "up"]
        own = self.arm.id(part["resource_group"], azure_words.GATEWAYS, part["name"])
        # (MS, Virtual Network Gateways - Reset: without the address the primary instance is reset)
        query = {"gatewayVip": seen.instances[index]} if len(seen.instances) > 1 else None
        return names, own, "reset", query
