import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TargetGroup } from '../provider.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { KubernetesTargets, type KubernetesTargetsOptions } from './kubernetes-targets.ts';

const pods = '/api/v1/pods';
const services = '/api/v1/services';
const endpoints = '/api/v1/endpoints';
const nodes = '/api/v1/nodes';
const slices = '/apis/discovery.k8s.io/v1/endpointslices';
const ingresses = '/apis/networking.k8s.io/v1/ingresses';

const pod = {
  metadata: {
    name: 'trainer-0',
    namespace: 'ml',
    uid: 'u-1',
    labels: { app: 'trainer', 'team.example.com/name': 'vision' },
    annotations: { 'prometheus.io/scrape': 'true' },
    ownerReferences: [
      { kind: 'Other', name: 'not-this' },
      { kind: 'StatefulSet', name: 'trainer', controller: true },
    ],
  },
  spec: {
    nodeName: 'gpu-node-1',
    containers: [
      {
        name: 'main',
        image: 'trainer:1',
        ports: [
          { name: 'metrics', containerPort: 9400, protocol: 'TCP' },
          { name: 'http', containerPort: 8080, protocol: 'TCP' },
        ],
      },
      { name: 'sidecar', image: 'proxy:2' },
    ],
    initContainers: [{ name: 'prepare', image: 'prepare:3', ports: [{ containerPort: 7000, protocol: 'TCP' }] }],
  },
  status: {
    podIP: '10.1.0.7',
    hostIP: '192.168.0.1',
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'main', containerID: 'containerd://abc' }],
    initContainerStatuses: [{ name: 'prepare', containerID: 'containerd://def' }],
  },
};
const podLabels = {
  __meta_kubernetes_pod_name: 'trainer-0',
  __meta_kubernetes_pod_ip: '10.1.0.7',
  __meta_kubernetes_pod_ready: 'true',
  __meta_kubernetes_pod_phase: 'Running',
  __meta_kubernetes_pod_node_name: 'gpu-node-1',
  __meta_kubernetes_pod_host_ip: '192.168.0.1',
  __meta_kubernetes_pod_uid: 'u-1',
  __meta_kubernetes_pod_controller_kind: 'StatefulSet',
  __meta_kubernetes_pod_controller_name: 'trainer',
  __meta_kubernetes_pod_label_app: 'trainer',
  __meta_kubernetes_pod_labelpresent_app: 'true',
  __meta_kubernetes_pod_label_team_example_com_name: 'vision',
  __meta_kubernetes_pod_labelpresent_team_example_com_name: 'true',
  __meta_kubernetes_pod_annotation_prometheus_io_scrape: 'true',
  __meta_kubernetes_pod_annotationpresent_prometheus_io_scrape: 'true',
};
const metricsContainer = {
  __meta_kubernetes_pod_container_name: 'main',
  __meta_kubernetes_pod_container_image: 'trainer:1',
  __meta_kubernetes_pod_container_init: 'false',
  __meta_kubernetes_pod_container_port_name: 'metrics',
  __meta_kubernetes_pod_container_port_number: '9400',
  __meta_kubernetes_pod_container_port_protocol: 'TCP',
};
const service = {
  metadata: { name: 'trainer', namespace: 'ml', labels: { tier: 'gold' } },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.9.0.1',
    loadBalancerIP: '1.2.3.4',
    ports: [{ name: 'metrics', port: 80, protocol: 'TCP' }],
  },
};
const serviceLabels = {
  __meta_kubernetes_service_name: 'trainer',
  __meta_kubernetes_service_label_tier: 'gold',
  __meta_kubernetes_service_labelpresent_tier: 'true',
};
const node = {
  metadata: { name: 'gpu-node-1', labels: { 'nvidia.com/gpu.product': 'H200' } },
  spec: { providerID: 'aws:///i-1' },
  status: {
    addresses: [
      { type: 'Hostname', address: 'gpu-node-1' },
      { type: 'InternalIP', address: '192.168.0.1' },
      { type: 'InternalIP', address: 'fd00::1' },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  },
};

/** Labels of every target, empty ones left out. */
const flat = (groups: readonly TargetGroup[]) =>
  groups.flatMap(({ labels, targets }) =>
    targets.map((target) =>
      Object.fromEntries(Object.entries({ ...labels, ...target }).filter(([, value]) => value !== '')),
    ),
  );

function open(
  role: KubernetesTargetsOptions['role'],
  server: FakeApiServer,
  more: Partial<KubernetesTargetsOptions> = {},
) {
  const targets = new KubernetesTargets({
    role,
    apiServer: server.url,
    client: { tls: {}, followRedirects: true },
    namespaces: [],
    ownNamespace: false,
    selectors: [],
    attachNode: false,
    attachNamespace: false,
    changed: () => {},
    log: pino({ level: 'silent' }),
    retryMs: 10,
    ...more,
  });
  onTestFinished(() => targets.stop());
  targets.start();
  return targets;
}

const addresses = (targets: KubernetesTargets) => flat(targets.groups()).map((labels) => labels.__address__);
const until = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 5 });

describe('roles', () => {
  it('pod: each port of each container, and a container without ports', async () => {
    const server = await FakeApiServer.open();
    server.put(pods, pod);
    server.put(pods, { ...pod, metadata: { name: 'starting', namespace: 'ml' }, status: { phase: 'Pending' } });
    const targets = open('pod', server);
    await until(() => expect(addresses(targets)).toHaveLength(4));
    const [metrics, http, sidecar, prepare] = flat(targets.groups());
    expect(metrics).toEqual({
      __address__: '10.1.0.7:9400',
      __meta_kubernetes_namespace: 'ml',
      ...podLabels,
      ...metricsContainer,
      __meta_kubernetes_pod_container_id: 'containerd://abc',
    });
    expect(http).toMatchObject({ __address__: '10.1.0.7:8080', __meta_kubernetes_pod_container_port_name: 'http' });
    expect(sidecar).toMatchObject({ __address__: '10.1.0.7', __meta_kubernetes_pod_container_name: 'sidecar' });
    expect(sidecar).not.toHaveProperty('__meta_kubernetes_pod_container_port_number');
    expect(prepare).toMatchObject({
      __address__: '10.1.0.7:7000',
      __meta_kubernetes_pod_container_init: 'true',
      __meta_kubernetes_pod_container_id: 'containerd://def',
    });
  });

  it('service: each port at its name in the DNS of the cluster', async () => {
    const server = await FakeApiServer.open();
    server.put(services, service);
    server.put(services, {
      metadata: { name: 'outside', namespace: 'ml' },
      spec: { type: 'ExternalName', externalName: 'example.com', ports: [{ port: 443, protocol: 'TCP' }] },
    });
    const targets = open('service', server);
    await until(() => expect(addresses(targets)).toHaveLength(2));
    expect(flat(targets.groups())).toEqual([
      {
        __address__: 'trainer.ml.svc:80',
        __meta_kubernetes_namespace: 'ml',
        ...serviceLabels,
        __meta_kubernetes_service_port_name: 'metrics',
        __meta_kubernetes_service_port_number: '80',
        __meta_kubernetes_service_port_protocol: 'TCP',
        __meta_kubernetes_service_type: 'LoadBalancer',
        __meta_kubernetes_service_cluster_ip: '10.9.0.1',
        __meta_kubernetes_service_loadbalancer_ip: '1.2.3.4',
      },
      {
        __address__: 'outside.ml.svc:443',
        __meta_kubernetes_namespace: 'ml',
        __meta_kubernetes_service_name: 'outside',
        __meta_kubernetes_service_port_number: '443',
        __meta_kubernetes_service_port_protocol: 'TCP',
        __meta_kubernetes_service_type: 'ExternalName',
        __meta_kubernetes_service_external_name: 'example.com',
      },
    ]);
  });

  it('node: the kubelet at the first address', async () => {
    const server = await FakeApiServer.open();
    server.put(nodes, node);
    const targets = open('node', server);
    await until(() => expect(flat(targets.groups())).toHaveLength(1));
    expect(flat(targets.groups())).toEqual([
      {
        __address__: '192.168.0.1:10250',
        instance: 'gpu-node-1',
        __meta_kubernetes_node_name: 'gpu-node-1',
        __meta_kubernetes_node_provider_id: 'aws:///i-1',
        __meta_kubernetes_node_label_nvidia_com_gpu_product: 'H200',
        __meta_kubernetes_node_labelpresent_nvidia_com_gpu_product: 'true',
        __meta_kubernetes_node_address_InternalIP: '192.168.0.1',
        __meta_kubernetes_node_address_Hostname: 'gpu-node-1',
      },
    ]);
  });

  const backing = {
    addresses: [
      { ip: '10.1.0.7', nodeName: 'gpu-node-1', targetRef: { kind: 'Pod', name: 'trainer-0', namespace: 'ml' } },
      { ip: 'fd00::9', hostname: 'h' },
    ],
    notReadyAddresses: [{ ip: '10.1.0.8' }],
    ports: [{ name: 'metrics', port: 9400, protocol: 'TCP' }],
  };

  it('endpoints: with service, pod and node, and the ports of the pod that no endpoint names', async () => {
    const server = await FakeApiServer.open();
    server.put(pods, pod);
    server.put(services, service);
    server.put(nodes, node);
    server.put(endpoints, { metadata: { name: 'trainer', namespace: 'ml', labels: { e: '1' } }, subsets: [backing] });
    const targets = open('endpoints', server, { attachNode: true });
    await until(() => expect(addresses(targets)).toHaveLength(5));
    const common = {
      __meta_kubernetes_namespace: 'ml',
      __meta_kubernetes_endpoints_name: 'trainer',
      __meta_kubernetes_endpoints_label_e: '1',
      __meta_kubernetes_endpoints_labelpresent_e: 'true',
      ...serviceLabels,
    };
    const port = {
      __meta_kubernetes_endpoint_port_name: 'metrics',
      __meta_kubernetes_endpoint_port_protocol: 'TCP',
    };
    const found = flat(targets.groups());
    expect(found[0]).toEqual({
      __address__: '10.1.0.7:9400',
      ...common,
      ...port,
      __meta_kubernetes_endpoint_ready: 'true',
      __meta_kubernetes_endpoint_address_target_kind: 'Pod',
      __meta_kubernetes_endpoint_address_target_name: 'trainer-0',
      __meta_kubernetes_endpoint_node_name: 'gpu-node-1',
      __meta_kubernetes_node_name: 'gpu-node-1',
      __meta_kubernetes_node_label_nvidia_com_gpu_product: 'H200',
      __meta_kubernetes_node_labelpresent_nvidia_com_gpu_product: 'true',
      ...podLabels,
      ...metricsContainer,
    });
    expect(found[1]).toEqual({
      __address__: '[fd00::9]:9400',
      ...common,
      ...port,
      __meta_kubernetes_endpoint_ready: 'true',
      __meta_kubernetes_endpoint_hostname: 'h',
    });
    expect(found[2]).toMatchObject({ __address__: '10.1.0.8:9400', __meta_kubernetes_endpoint_ready: 'false' });
    expect(found.slice(3).map((labels) => labels.__address__)).toEqual(['10.1.0.7:8080', '10.1.0.7:7000']);
    expect(found[3]).not.toHaveProperty('__meta_kubernetes_endpoint_port_name');
  });

  it('endpointslice: the same by the newer API', async () => {
    const server = await FakeApiServer.open();
    server.put(pods, pod);
    server.put(services, service);
    server.put(slices, {
      metadata: { name: 'trainer-x1', namespace: 'ml', labels: { 'kubernetes.io/service-name': 'trainer' } },
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.1.0.7'],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'gpu-node-1',
          zone: 'z1',
          targetRef: { kind: 'Pod', name: 'trainer-0', namespace: 'ml' },
          deprecatedTopology: { 'kubernetes.io/hostname': 'x' },
        },
      ],
      ports: [{ name: 'metrics', port: 9400, protocol: 'TCP', appProtocol: 'http' }],
    });
    const targets = open('endpointslice', server);
    await until(() => expect(addresses(targets)).toHaveLength(3));
    expect(flat(targets.groups())[0]).toEqual({
      __address__: '10.1.0.7:9400',
      __meta_kubernetes_namespace: 'ml',
      __meta_kubernetes_endpointslice_name: 'trainer-x1',
      __meta_kubernetes_endpointslice_address_type: 'IPv4',
      __meta_kubernetes_endpointslice_label_kubernetes_io_service_name: 'trainer',
      __meta_kubernetes_endpointslice_labelpresent_kubernetes_io_service_name: 'true',
      ...serviceLabels,
      __meta_kubernetes_endpointslice_port_name: 'metrics',
      __meta_kubernetes_endpointslice_port_protocol: 'TCP',
      __meta_kubernetes_endpointslice_port: '9400',
      __meta_kubernetes_endpointslice_port_app_protocol: 'http',
      __meta_kubernetes_endpointslice_endpoint_conditions_ready: 'true',
      __meta_kubernetes_endpointslice_endpoint_conditions_serving: 'true',
      __meta_kubernetes_endpointslice_endpoint_conditions_terminating: 'false',
      __meta_kubernetes_endpointslice_endpoint_node_name: 'gpu-node-1',
      __meta_kubernetes_endpointslice_endpoint_zone: 'z1',
      __meta_kubernetes_endpointslice_endpoint_topology_kubernetes_io_hostname: 'x',
      __meta_kubernetes_endpointslice_endpoint_topology_present_kubernetes_io_hostname: 'true',
      __meta_kubernetes_endpointslice_address_target_kind: 'Pod',
      __meta_kubernetes_endpointslice_address_target_name: 'trainer-0',
      ...podLabels,
      ...metricsContainer,
    });
  });

  it('ingress: each path, https where a TLS host covers it', async () => {
    const server = await FakeApiServer.open();
    server.put(ingresses, {
      metadata: { name: 'web', namespace: 'ml' },
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['*.example.com'] }],
        rules: [{ host: 'a.example.com', http: { paths: [{ path: '/x' }, {}] } }, { host: 'a.b.example.com' }],
      },
    });
    const targets = open('ingress', server);
    await until(() => expect(addresses(targets)).toHaveLength(3));
    const found = flat(targets.groups());
    expect(found[0]).toEqual({
      __address__: 'a.example.com',
      __meta_kubernetes_namespace: 'ml',
      __meta_kubernetes_ingress_name: 'web',
      __meta_kubernetes_ingress_class_name: 'nginx',
      __meta_kubernetes_ingress_scheme: 'https',
      __meta_kubernetes_ingress_host: 'a.example.com',
      __meta_kubernetes_ingress_path: '/x',
    });
    expect(
      found.slice(1).map((one) => [one.__meta_kubernetes_ingress_path, one.__meta_kubernetes_ingress_scheme]),
    ).toEqual([
      ['/', 'https'],
      ['/', 'http'],
    ]);
  });
});

describe('watching', () => {
  const named = (name: string, ip: string) => ({
    metadata: { name, namespace: 'ml' },
    spec: { containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] },
    status: { podIP: ip },
  });

  it('reads lists in pages, follows changes, and keeps groups that did not change', async () => {
    const server = await FakeApiServer.open();
    for (let i = 0; i < 5; i++) server.put(pods, named(`p${i}`, `10.0.0.${i}`));
    const targets = open('pod', server);
    await until(() => expect(addresses(targets)).toHaveLength(5));
    expect(server.requests.filter(({ url }) => url?.includes('continue='))).toHaveLength(2);
    const before = targets.groups();
    server.put(pods, named('p1', '10.0.1.1'));
    server.remove(pods, named('p2', ''));
    server.put(pods, named('p5', '10.0.0.5'));
    await until(() =>
      expect(addresses(targets)).toEqual(['10.0.0.0:1', '10.0.1.1:1', '10.0.0.3:1', '10.0.0.4:1', '10.0.0.5:1']),
    );
    expect(targets.groups()[0]).toBe(before[0]);
    expect(targets.groups()[1]).not.toBe(before[1]);
  });

  it('makes endpoints anew when a pod or service of theirs changes', async () => {
    const server = await FakeApiServer.open();
    server.put(endpoints, {
      metadata: { name: 's', namespace: 'ml' },
      subsets: [
        {
          addresses: [{ ip: '10.0.0.1', targetRef: { kind: 'Pod', name: 'p', namespace: 'ml' } }],
          ports: [{ port: 1 }],
        },
      ],
    });
    const targets = open('endpoints', server);
    await until(() => expect(addresses(targets)).toEqual(['10.0.0.1:1']));
    expect(flat(targets.groups())[0]).not.toHaveProperty('__meta_kubernetes_pod_name');
    server.put(pods, named('p', '10.0.0.1'));
    await until(() => expect(flat(targets.groups())[0]).toHaveProperty('__meta_kubernetes_pod_name', 'p'));
    server.put(services, { ...service, metadata: { name: 's', namespace: 'ml' } });
    await until(() => expect(flat(targets.groups())[0]).toHaveProperty('__meta_kubernetes_service_name', 's'));
  });

  it.each(['event', 'close'] as const)('lists anew when its version is forgotten (%s)', async (how) => {
    const server = await FakeApiServer.open();
    server.put(pods, named('a', '10.0.0.1'));
    const targets = open('pod', server);
    await until(() => expect(server.watching).toBe(1));
    server.forget(how);
    server.remove(pods, named('a', ''));
    server.put(pods, named('b', '10.0.0.2'));
    await until(() => expect(addresses(targets)).toEqual(['10.0.0.2:1']));
    expect(targets.states()[0]?.error).toBeNull();
  });

  it('goes on where it was after a broken connection, from a bookmark too', async () => {
    const server = await FakeApiServer.open();
    server.put(pods, named('a', '10.0.0.1'));
    const targets = open('pod', server);
    await until(() => expect(server.watching).toBe(1));
    server.bookmark();
    server.put(pods, named('b', '10.0.0.2'));
    await until(() => expect(addresses(targets)).toHaveLength(2));
    server.breakOff();
    server.put(pods, named('c', '10.0.0.3'));
    await until(() => expect(addresses(targets)).toHaveLength(3));
    const lists = server.requests.filter(({ url }) => !url?.includes('watch=true'));
    expect(lists).toHaveLength(1);
    expect(server.requests.at(-1)?.url).toMatch(/allowWatchBookmarks=true&resourceVersion=103&/);
  });

  it('keeps the last known targets while the server is away, and says why', async () => {
    const server = await FakeApiServer.open();
    server.put(pods, named('a', '10.0.0.1'));
    const targets = open('pod', server);
    await until(() => expect(server.watching).toBe(1));
    server.refusals.set('pods', 403);
    server.forget('event');
    await until(() =>
      expect(targets.states()).toEqual([
        {
          place: `${server.url} (pod)`,
          targets: 1,
          error: 'answers 403: the service account may not list and watch /api/v1/pods',
        },
      ]),
    );
    expect(addresses(targets)).toEqual(['10.0.0.1:1']);
    server.refusals.clear();
    await until(() => expect(targets.states()[0]?.error).toBeNull());
  });

  it('has no targets before every list that it needs was read', async () => {
    const server = await FakeApiServer.open();
    server.refusals.set('services', 403);
    server.put(endpoints, {
      metadata: { name: 's', namespace: 'ml' },
      subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 1 }] }],
    });
    const targets = open('endpoints', server);
    await until(() => expect(targets.states()[0]?.error).toMatch(/services/));
    expect(targets.groups()).toEqual([]);
    expect(targets.states()[0]?.targets).toBeNull();
  });

  it('looks only where it was told, with selectors', async () => {
    const server = await FakeApiServer.open();
    server.put(pods, named('a', '10.0.0.1'));
    server.put(pods, { ...named('b', '10.0.0.2'), metadata: { name: 'b', namespace: 'other' } });
    server.put(pods, { ...named('c', '10.0.0.3'), metadata: { name: 'c', namespace: 'third' } });
    const targets = open('pod', server, {
      namespaces: ['ml', 'third'],
      selectors: [{ role: 'pod', label: 'app=vllm', field: 'spec.nodeName=n' }],
    });
    await until(() => expect(addresses(targets)).toEqual(['10.0.0.1:1', '10.0.0.3:1']));
    expect(server.requests[0]?.url).toMatch(/labelSelector=app%3Dvllm&fieldSelector=spec.nodeName%3Dn/);
    server.put(pods, { ...named('d', '10.0.0.4'), metadata: { name: 'd', namespace: 'other' } });
    server.put(pods, named('e', '10.0.0.5'));
    await until(() => expect(addresses(targets)).toEqual(['10.0.0.1:1', '10.0.0.3:1', '10.0.0.5:1']));
  });
});

describe('within a cluster', () => {
  it('uses the service account, whose token rotates', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'binnacle-account-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'token'), 'one\n');
    const server = await FakeApiServer.open();
    server.token = 'one';
    const client = {
      tls: {},
      followRedirects: true,
      authorization: { type: 'Bearer', credentialsFile: join(directory, 'token') },
    };
    const targets = open('pod', server, { client });
    await until(() => expect(server.watching).toBe(1));
    server.token = 'two';
    server.breakOff();
    await until(() => expect(targets.states()[0]?.error).toBe('answers 401: the token is not accepted'));
    await writeFile(join(directory, 'token'), 'two\n');
    await until(() => expect(targets.states()[0]?.error).toBeNull());
  });

  it('takes address and namespace from where pods find them, or says that it is in none', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'binnacle-account-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const server = await FakeApiServer.open();
    const outside = open('pod', server, { apiServer: undefined, environment: {}, ownNamespace: true });
    await until(() => expect(outside.states()[0]?.error).toMatch(/set api_server/));
    const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '9' };
    const inside = open('pod', server, { apiServer: undefined, environment, serviceAccount: directory });
    await until(() => expect(inside.states()[0]?.error).toMatch(/token cannot be read/));
    expect(inside.states()[0]?.place).toBe('https://127.0.0.1:9 (pod)');
    await writeFile(join(directory, 'namespace'), 'ml');
    const own = open('pod', server, { ownNamespace: true, serviceAccount: directory });
    await until(() => expect(own.states()[0]?.targets).toBe(0));
    expect(server.requests.at(-1)?.url).toMatch(/^\/api\/v1\/namespaces\/ml\/pods\?/);
  });
});
