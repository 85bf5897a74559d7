import { sortPairs } from '../../wire/series-intern.ts';
import { type Attributes, labelPairs } from './attributes.ts';
import type { OtlpConfig } from './config.ts';

const identifying = ['service.name', 'service.namespace', 'service.instance.id'];

/** What a resource gives to its series. */
export interface ResourceLabels {
  /** Labels of every series: job, instance, cluster, promoted attributes, and the configured ones that lack. */
  readonly labels: ReadonlyMap<string, string>;
  /** Sorted pairs of target_info; null where the resource has nothing more to say, or no identity to say it of. */
  readonly targetInfo: readonly string[] | null;
}

/** `service.namespace/service.name` is the job, `service.instance.id` the instance. */
export function resourceLabels(
  attributes: Attributes,
  config: OtlpConfig,
  labelName: (attribute: string) => string,
): ResourceLabels {
  const name = attributes.get('service.name') ?? '';
  const namespace = attributes.get('service.namespace') ?? '';
  const labels = new Map<string, string>();
  const put = (label: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') labels.set(label, value);
  };
  const promoted: Attributes = new Map();
  for (const attribute of config.promoteResourceAttributes) {
    const value = attributes.get(attribute);
    if (value !== undefined) promoted.set(attribute, value);
  }
  for (const [label, value] of labelPairs(promoted, labelName)) put(label, value);
  put('job', name !== '' && namespace !== '' ? `${namespace}/${name}` : name);
  put('instance', attributes.get('service.instance.id'));
  const cluster = config.clusterAttributes.find((attribute) => (attributes.get(attribute) ?? '') !== '');
  put('cluster', cluster === undefined ? undefined : attributes.get(cluster));
  for (const [label, value] of Object.entries(config.labels)) if (!labels.has(label)) put(label, value);

  const kept = config.keepIdentifyingResourceAttributes ? [] : identifying;
  const others = new Map([...attributes].filter(([attribute]) => !kept.includes(attribute)));
  const identified = labels.has('job') || labels.has('instance');
  if (!config.targetInfo || !identified || others.size === 0) return { labels, targetInfo: null };
  const info = labelPairs(others, labelName);
  for (const [label, value] of labels) info.set(label, value);
  info.set('__name__', 'target_info');
  return { labels, targetInfo: sortPairs([...info].flat()) };
}
