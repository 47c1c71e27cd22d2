"""The floor as Prometheus gauges, read from the view when scraped."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from telephony.ports import Floor


class FloorGauges(Collector):
    """Collects from `floor`; names begin with ``switchroom_floor_``."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        view = self._floor.view()
        agents = GaugeMetricFamily("switchroom_floor_agents", "Agents by state.", labels=["state"])
        for state, count in Counter(agent.state for agent in view.agents).items():
            agents.add_metric([state], count)
        yield agents
        yield from self._campaigns()
        busy = GaugeMetricFamily("switchroom_floor_trunk_busy", "Channels in use.", labels=["trunk"])
        most = GaugeMetricFamily("switchroom_floor_trunk_channels", "Channels there are.", labels=["trunk"])
        healthy = GaugeMetricFamily("switchroom_floor_trunk_healthy", "1 when healthy.", labels=["trunk"])
        for trunk in view.trunks:
            busy.add_metric([trunk.id], trunk.busy)
            most.add_metric([trunk.id], trunk.channels)
            healthy.add_metric([trunk.id], float(trunk.state == "healthy"))
        yield from (busy, most, healthy)
        up = GaugeMetricFamily("switchroom_floor_server_up", "1 when the link is up.", labels=["server"])
        for server in view.servers:
            up.add_metric([server.id], float(server.state == "up"))
        yield up
        alarms = GaugeMetricFamily("switchroom_floor_alarms", "Alarms not cleared.", labels=["alarm"])
        for alarm, count in Counter(alarm.alarm for alarm in view.alarms).items():
            alarms.add_metric([alarm], count)
        yield alarms
        dry = GaugeMetricFamily(
            "switchroom_floor_dry_seconds", "Seconds until nobody is left to call.", labels=["campaign", "group"]
        )
        left = GaugeMetricFamily(
            "switchroom_floor_leads_left", "Customers left for today.", labels=["campaign", "group"]
        )
        for stock in view.stocks:
            left.add_metric([stock.campaign, stock.group], stock.left)
            if stock.dry_at is not None:
                dry.add_metric([stock.campaign, stock.group], max(0.0, stock.dry_at - view.at))
        yield from (dry, left)

    def _campaigns(self) -> Iterator[Metric]:
        calls = GaugeMetricFamily("switchroom_floor_calls", "Calls by stage.", labels=["campaign", "stage"])
        running = GaugeMetricFamily("switchroom_floor_campaign_running", "1 when running.", labels=["campaign"])
        pace = GaugeMetricFamily("switchroom_floor_pace", "Calls placed a second of late.", labels=["campaign"])
        hopper = GaugeMetricFamily("switchroom_floor_hopper", "Leads at hand.", labels=["campaign"])
        abandon = GaugeMetricFamily("switchroom_floor_abandon_rate", "Share abandoned by us.", labels=["campaign"])
        target = GaugeMetricFamily("switchroom_floor_abandon_target", "Share aimed at.", labels=["campaign"])
        each = ["campaign", "contract"]
        rate = GaugeMetricFamily("switchroom_floor_contract_rate", "Share abandoned by each contract.", labels=each)
        ceiling = GaugeMetricFamily("switchroom_floor_contract_target", "Ceiling of each contract.", labels=each)
        left = GaugeMetricFamily("switchroom_floor_contract_left", "Calls that may yet be abandoned.", labels=each)
        for campaign in self._floor.view().campaigns:
            name = [campaign.id]
            for contract in campaign.contracts:
                ceiling.add_metric([campaign.id, contract.name], contract.target)
                left.add_metric([campaign.id, contract.name], contract.left)
                if contract.rate is not None:
                    rate.add_metric([campaign.id, contract.name], contract.rate)
            for stage, count in campaign.stages.items():
                calls.add_metric([campaign.id, stage], count)
            running.add_metric(name, float(campaign.state == "running"))
            pace.add_metric(name, campaign.pace)
            hopper.add_metric(name, campaign.hopper)
            target.add_metric(name, campaign.target_abandon)
            if campaign.abandon_rate is not None:
                abandon.add_metric(name, campaign.abandon_rate)
        yield from (calls, running, pace, hopper, abandon, target, rate, ceiling, left)
