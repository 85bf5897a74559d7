import { BinnacleError } from '@binnacle/shared/errors.ts';
import ipaddr from 'ipaddr.js';

/** Why an address may not be reached, or null where it may. */
export type AddressPolicy = (address: string) => string | null;

/** Reached from outside by name, yet inside: Azure's host channel answers on a public address. */
const hostChannels = ['168.63.129.16/32', 'fec0::/10'].map((range) => ipaddr.parseCIDR(range));

/** All of IPv6 that is given out as public; `::10.0.0.1` and its kin lie outside. */
const publicIpv6 = ipaddr.parseCIDR('2000::/3');

/**
 * Only addresses of the public internet, and those in `allowed` (CIDR ranges or single addresses, which an operator sets
 * in BINNACLE_ALLOW_PRIVATE_TARGETS, comma-separated). Everything else is refused: loopback, private, link-local with the
 * clouds' metadata services, carrier NAT, unique local, multicast, reserved, and IPv6 forms that carry an IPv4 address.
 * Throws `bad_config` for a range that cannot be read.
 */
export function addressPolicy(allowed: string | readonly string[] = []): AddressPolicy {
  const texts = (typeof allowed === 'string' ? allowed.split(',') : allowed).map((text) => text.trim());
  const ranges = texts.filter((text) => text !== '').map(parseRange);
  return (text) => {
    if (!ipaddr.isValid(text)) return 'is not an address';
    // ::ffff:10.0.0.1 reaches 10.0.0.1
    const address = ipaddr.process(text);
    if (ranges.some((range) => isIn(address, range))) return null;
    if (hostChannels.some((range) => isIn(address, range))) return 'is an address of the host';
    const kind = address.range();
    if (kind === 'unicast' && address.kind() === 'ipv6' && !isIn(address, publicIpv6))
      return 'is not public (unassigned)';
    return kind === 'unicast' ? null : `is not public (${kind})`;
  };
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: Range): boolean {
  return address.kind() === base.kind() && address.match(base as ipaddr.IPv4 & ipaddr.IPv6, bits);
}

function parseRange(text: string): Range {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch (error) {
    throw new BinnacleError(
      'bad_config',
      `BINNACLE_ALLOW_PRIVATE_TARGETS: "${text}" is no address range; write it like 10.0.0.0/8 or fd00::/8.`,
      { cause: error },
    );
  }
}
