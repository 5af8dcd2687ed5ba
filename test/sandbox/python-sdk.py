"""Calls the sandbox's cloud with the vendor's SDKs for Python, and compares each answer with their models.

Arguments: port of the cloud on 127.0.0.1, "cs", "ens" or "networks", ID of the cluster, the instance or the region. The keys are in the
environment. Each SDK chooses its endpoint for the region itself; every name leads to that port, and TLS verifies the name.
Prints what an answer has that its model does not, one a line.
"""

import importlib
import os
import socket
import sys
import typing

from alibabacloud_tea_openapi.models import Config

port, product, target = sys.argv[1:]
config = Config(
    access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    region_id="cn-hangzhou",
    ca=os.environ["EDGEADM_CLOUD_CA"],
)


resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, _, *more, **named: resolve("127.0.0.1", int(port), *more, **named)


def differences(value, hint, path):
    """Keys that a model does not have, and values of a type other than its own."""
    if value is None or hint is typing.Any:
        return
    origin = typing.get_origin(hint)
    if origin is list:
        if not isinstance(value, list):
            yield f"{path}: not a list"
            return
        for each in value:
            yield from differences(each, typing.get_args(hint)[0], f"{path}[]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: not a map"
    elif hasattr(hint, "from_map"):
        hints = typing.get_type_hints(hint.__init__, vars(sys.modules[hint.__module__]))
        for key, each in value.items():
            field = field_of(hint, key)
            if field is None:
                yield f"{path}.{key}: unknown"
            else:
                yield from differences(each, hints.get(field, typing.Any), f"{path}.{key}")
    elif hint is float and isinstance(value, int) or isinstance(value, hint) and not (
        hint is int and isinstance(value, bool)
    ):
        return
    else:
        yield f"{path}: {type(value).__name__}, not {hint.__name__}"


def field_of(model, key):
    """The parameter that a model fills from a key of the answer; lists are filled with nothing without one."""
    empty = vars(model().from_map({}))
    for value in ([{}], {"a": {}}):
        try:
            filled = vars(model().from_map({key: value}))
        except AttributeError:
            continue
        return next((name for name in filled if filled[name] != empty[name]), None)
    return None


def measured(client):
    """Makes a client compare what it is answered with its model."""
    call = client.call_api

    def compare(params, request, runtime):
        answer = call(params, request, runtime)
        if params.body_type == "json":
            models = sys.modules[client.__class__.__module__.replace(".client", ".models")]
            model = getattr(models, f"{params.action}ResponseBody")
            print(*sorted(set(differences(answer["body"], model, params.action))), sep="\n")
        return answer

    client.call_api = compare
    return client


if product == "cs":
    from alibabacloud_cs20151215 import models
    from alibabacloud_cs20151215.client import Client

    client = measured(Client(config))
    client.describe_cluster_detail(target)
    client.describe_clusters_for_region("cn-hangzhou", models.DescribeClustersForRegionRequest())
    pools = client.describe_cluster_node_pools(target, models.DescribeClusterNodePoolsRequest()).body.nodepools
    client.describe_cluster_nodes(target, models.DescribeClusterNodesRequest())
    client.describe_user_quota()
    pool = pools[0].nodepool_info.nodepool_id
    script = client.describe_cluster_attach_scripts(
        target, models.DescribeClusterAttachScriptsRequest(nodepool_id=pool, options="{}")
    )
    assert script.body.startswith("wget ") and script.body.endswith("\r\n"), script.body
    task = client.upgrade_cluster(target, models.UpgradeClusterRequest(next_version="1.28.9-aliyun.1")).body.task_id
    client.pause_task(task)
    client.describe_task_info(task)
    client.describe_cluster_tasks(target, models.DescribeClusterTasksRequest())
    made = client.create_cluster(
        models.CreateClusterRequest(
            name="python",
            region_id="cn-hangzhou",
            cluster_type="ManagedKubernetes",
            profile="Edge",
            vpcid="vpc-1",
            vswitch_ids=["vsw-1"],
            service_cidr="172.21.0.0/20",
            container_cidr="10.20.0.0/16",
            addons=[models.Addon(name="flannel")],
        )
    ).body.cluster_id
    client.describe_cluster_detail(made)
    client.describe_cluster_events(made, models.DescribeClusterEventsRequest())
    client.check_control_plane_log_enable(made)
    client.get_cluster_audit_project(made)
    check = client.run_cluster_check(target, models.RunClusterCheckRequest(type="ClusterUpgrade")).body.check_id
    client.get_cluster_check(target, check)
    client.list_cluster_checks(target, models.ListClusterChecksRequest())
    client.list_addons(models.ListAddonsRequest(cluster_id=target))
    client.describe_addon("coredns", models.DescribeAddonRequest(cluster_id=target))
    client.list_cluster_addon_instances(target)
    client.get_cluster_addon_instance(target, "coredns")
    newer = models.UpgradeClusterAddonsRequestBody(component_name="coredns", next_version="v1.9.3.10-7dfca203-aliyun")
    client.upgrade_cluster_addons(target, models.UpgradeClusterAddonsRequest(body=[newer]))
    client.upgrade_cluster_nodepool(target, pool, models.UpgradeClusterNodepoolRequest())
elif product == "networks":
    for product, version, calls in (
        ("vpc", "20160428", {"DescribeVpcs": {}, "DescribeVSwitches": {"vpc_id": "vpc-1"}, "DescribeEipAddresses": {}}),
        ("slb", "20140515", {"DescribeLoadBalancers": {}}),
        ("ecs", "20140526", {"DescribeSecurityGroups": {"vpc_id": "vpc-1"}, "DescribeInstances": {}}),
        ("smartag", "20180313", {"DescribeCloudConnectNetworks": {}}),
        ("quotas", "20200510", {"GetProductQuota": {"product_code": "slb", "quota_action_code": "slb_quota_instances_num"}}),
        ("cbn", "20170912", {"DescribeCens": {}, "DescribeCenAttachedChildInstances": {"cen_id": "cen-1"}}),
    ):
        module = importlib.import_module(f"alibabacloud_{product}{version}")
        client = measured(importlib.import_module(f"{module.__name__}.client").Client(config))
        models = importlib.import_module(f"{module.__name__}.models")
        for action, given in calls.items():
            request = getattr(models, f"{action}Request")()
            if hasattr(request, "region_id"):
                request.region_id = target
            for name, value in given.items():
                setattr(request, name, value)
            method = action.replace("VSwitches", "Vswitches")
            method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in method)[1:]
            getattr(client, method)(request)
else:
    from alibabacloud_ens20171110 import models
    from alibabacloud_ens20171110.client import Client

    client = measured(Client(config))
    instance = client.describe_instances(models.DescribeInstancesRequest(instance_id=target)).body.instances.instance[0]
    network = instance.network_attributes
    [group] = instance.security_group_ids.security_group_id
    client.describe_vswitches(models.DescribeVSwitchesRequest(network_id=network.network_id))
    client.describe_network_attribute(models.DescribeNetworkAttributeRequest(network_id=network.network_id))
    client.describe_security_group_attribute(models.DescribeSecurityGroupAttributeRequest(security_group_id=group))
    client.create_network_interface(
        models.CreateNetworkInterfaceRequest(v_switch_id=network.v_switch_id, security_group_ids=[group], name="python")
    )
    client.describe_network_interfaces(models.DescribeNetworkInterfacesRequest(network_id=network.network_id))
    client.stop_instance(models.StopInstanceRequest(instance_id=target, force_stop="false"))
