import type { Logger } from 'pino';
import type { ClientOptions } from '../../http-client/client-options.ts';
import type { ProviderState, TargetGroup, TargetProvider } from '../provider.ts';
import { countTargets } from '../target-list.ts';
import type { EndpointSlice, Endpoints, Ingress, Node, Pod, Service } from './api-objects.ts';
import { ApiServer, ownNamespace } from './api-server.ts';
import { endpointsTargets } from './endpoints-targets.ts';
import { endpointSliceTargets } from './endpointslice-targets.ts';
import { ingressTargets } from './ingress-targets.ts';
import type { Lookup, Surroundings } from './meta-labels.ts';
import { nodeTargets } from './node-targets.ts';
import { podTargets } from './pod-targets.ts';
import { type ResourceKind, resources } from './resources.ts';
import type { KubernetesRole } from './roles.ts';
import { serviceTargets } from './service-targets.ts';
import { WatchedList } from './watched-list.ts';

export interface KubernetesTargetsOptions {
  readonly role: KubernetesRole;
  readonly apiServer: string | undefined;
  readonly client: ClientOptions;
  /** None means all. */
  readonly namespaces: readonly string[];
  readonly ownNamespace: boolean;
  readonly selectors: readonly {
    readonly role: KubernetesRole;
    readonly label?: string | undefined;
    readonly field?: string | undefined;
  }[];
  readonly attachNode: boolean;
  readonly attachNamespace: boolean;
  readonly changed: () => void;
  readonly log: Logger;
  /** Of a pod; tests have their own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly serviceAccount?: string;
  readonly retryMs?: number;
}

/** Kinds that a role's targets are made of, besides its own. */
const alsoNeeded: Readonly<Record<KubernetesRole, readonly ResourceKind[]>> = {
  node: [],
  service: [],
  ingress: [],
  pod: [],
  endpoints: ['service', 'pod'],
  endpointslice: ['service', 'pod'],
};

const builders: Readonly<Record<KubernetesRole, (object: never, around: Surroundings) => TargetGroup>> = {
  node: (object: Node) => nodeTargets(object),
  service: (object: Service, around) => serviceTargets(object, around),
  pod: (object: Pod, around) => podTargets(object, around),
  endpoints: (object: Endpoints, around) => endpointsTargets(object, around),
  endpointslice: (object: EndpointSlice, around) => endpointSliceTargets(object, around),
  ingress: (object: Ingress, around) => ingressTargets(object, around),
};

/** Targets from the objects of a Kubernetes cluster, with the labels of Prometheus' kubernetes_sd. */
export class KubernetesTargets implements TargetProvider {
  readonly #options: KubernetesTargetsOptions;
  readonly #api: ApiServer | undefined;
  readonly #place: string;
  readonly #lists = new Map<ResourceKind, WatchedList[]>();
  /** By the key of the role's object. */
  readonly #groups = new Map<string, TargetGroup>();
  readonly #dirty = new Set<string>();
  /** Keys of the role's objects that asked for `kind/key`. */
  readonly #askers = new Map<string, Set<string>>();
  /** The other way round. */
  readonly #asked = new Map<string, Set<string>>();
  #fault: string | null = null;

  constructor(options: KubernetesTargetsOptions) {
    this.#options = options;
    try {
      this.#api = new ApiServer(options);
    } catch (error) {
      this.#fault = (error as Error).message;
    }
    this.#place = `${this.#api?.address.origin ?? 'Kubernetes'} (${options.role})`;
  }

  start(): void {
    const api = this.#api;
    if (api === undefined) {
      this.#options.log.warn({ reason: this.#fault }, 'targets of Kubernetes are not looked for');
      this.#options.changed();
      return;
    }
    const { role, attachNode, attachNamespace, selectors, log, retryMs } = this.#options;
    const kinds = new Set<ResourceKind>([role, ...alsoNeeded[role]]);
    if (attachNode && role !== 'service' && role !== 'ingress') kinds.add('node');
    if (attachNamespace && role !== 'node') kinds.add('namespace');
    const namespaces = this.#namespaces();
    for (const kind of kinds) {
      const selector = selectors.find((one) => one.role === kind);
      const places = resources[kind].namespaced ? namespaces : [undefined];
      this.#lists.set(
        kind,
        places.map(
          (namespace) =>
            new WatchedList({
              api,
              resource: resources[kind],
              namespace,
              labelSelector: selector?.label,
              fieldSelector: selector?.field,
              changed: (keys) => this.#changed(kind, keys),
              log,
              ...(retryMs === undefined ? {} : { retryMs }),
            }),
        ),
      );
    }
    for (const list of this.#everyList()) list.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#everyList().map((list) => list.stop()));
    await this.#api?.destroy();
  }

  groups(): readonly TargetGroup[] {
    if (!this.#synced()) return [];
    for (const key of this.#dirty) this.#rebuild(key);
    this.#dirty.clear();
    return [...this.#groups.values()];
  }

  states(): readonly ProviderState[] {
    const error = this.#fault ?? this.#everyList().find((list) => list.error !== null)?.error ?? null;
    return [{ place: this.#place, targets: this.#synced() ? countTargets(this.groups()) : null, error }];
  }

  #namespaces(): readonly (string | undefined)[] {
    const { namespaces, ownNamespace: own, serviceAccount } = this.#options;
    const names = new Set(namespaces);
    if (own) {
      const name = ownNamespace(serviceAccount);
      if (name === undefined) {
        this.#fault = 'own_namespace is set, and this does not run in a Kubernetes cluster';
        return [];
      }
      names.add(name);
    }
    return names.size === 0 ? [undefined] : [...names];
  }

  #everyList(): WatchedList[] {
    return [...this.#lists.values()].flat();
  }

  /** Without all of its lists an endpoint would lack its pod, and be another target a moment later. */
  #synced(): boolean {
    return this.#lists.size > 0 && this.#everyList().every((list) => list.synced);
  }

  #changed(kind: ResourceKind, keys: Iterable<string> | undefined): void {
    for (const key of keys ?? []) {
      if (kind === this.#options.role) this.#dirty.add(key);
      for (const asker of this.#askers.get(`${kind}/${key}`) ?? []) this.#dirty.add(asker);
    }
    if (keys === undefined || this.#synced()) this.#options.changed();
  }

  #rebuild(key: string): void {
    const { role, attachNode, attachNamespace } = this.#options;
    for (const name of this.#asked.get(key) ?? []) {
      const askers = this.#askers.get(name);
      askers?.delete(key);
      if (askers?.size === 0) this.#askers.delete(name);
    }
    this.#asked.delete(key);
    const object = this.#find(role, key);
    if (object === undefined) {
      this.#groups.delete(key);
      return;
    }
    const asked = new Set<string>();
    const lookup: Lookup = <T>(kind: ResourceKind, wanted: string) => {
      const name = `${kind}/${wanted}`;
      asked.add(name);
      const askers = this.#askers.get(name) ?? new Set();
      this.#askers.set(name, askers.add(key));
      return this.#find(kind, wanted) as T | undefined;
    };
    this.#groups.set(key, builders[role](object as never, { lookup, attachNode, attachNamespace }));
    this.#asked.set(key, asked);
  }

  #find(kind: ResourceKind, key: string): unknown {
    for (const list of this.#lists.get(kind) ?? []) {
      const object = list.objects.get(key);
      if (object !== undefined) return object;
    }
    return undefined;
  }
}
