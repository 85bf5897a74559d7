/**
 * Value of a Kubernetes resource quantity ("8", "500m", "1k", "2Gi", "1e3"), or null when it is none.
 * Grammar: k8s.io/apimachinery `pkg/api/resource/quantity.go`.
 */
export function parseQuantity(quantity: string | number): number | null {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?$/.exec(
    String(quantity).trim(),
  );
  if (match === null) return null;
  const [, digits = '', suffix = ''] = match;
  if (/^[eE][+-]?\d/.test(suffix)) return Number(digits + suffix);
  const scale = scales[suffix];
  // Parts of a unit are divided, not multiplied by 0.001: 100m is 0.1 to the last bit.
  return scale === undefined ? null : scale < 0 ? Number(digits) / -scale : Number(digits) * scale;
}

/** Negative: divide by it. */
const scales: Readonly<Record<string, number>> = {
  '': 1,
  n: -1e9,
  u: -1e6,
  m: -1e3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

export type ResourceList = Readonly<Record<string, string | number>>;

/**
 * GPUs in a resource list: every resource whose name ends in `/gpu`, whoever the vendor is. A list without one has 0;
 * null when a quantity cannot be read. Slices (`nvidia.com/mig-…`) are not GPUs.
 */
export function gpusOf(resources: ResourceList): number | null {
  let gpus = 0;
  for (const [name, quantity] of Object.entries(resources)) {
    if (!name.endsWith('/gpu')) continue;
    const value = parseQuantity(quantity);
    if (value === null) return null;
    gpus += value;
  }
  return gpus;
}

/** Whether anything at all is in the list, GPU or not. */
export function isEmpty(resources: ResourceList): boolean {
  return Object.values(resources).every((quantity) => (parseQuantity(quantity) ?? 0) === 0);
}
