import { describe, expect, it } from 'vitest';
import { authMode, localRefusal, startupFault } from './mode.ts';

const complete = {
  BINNACLE_HOST: '0.0.0.0',
  BETTER_AUTH_SECRET: 'x'.repeat(32),
  BINNACLE_ADMIN_EMAIL: 'ada@example.org',
  BINNACLE_ADMIN_PASSWORD: 'correct horse',
  DATABASE_URL: 'postgres://localhost/binnacle',
};

describe('authMode', () => {
  it.each([
    [{}, [], 'local'],
    [{ BINNACLE_HOST: '127.0.0.1' }, [], 'local'],
    [{ BINNACLE_HOST: 'localhost' }, ['next', 'start', '-H', '127.0.0.1'], 'local'],
    [{ BINNACLE_HOST: '0.0.0.0' }, [], 'login'],
    [{}, ['next', 'start', '-H', '0.0.0.0'], 'login'],
    [{ BINNACLE_HOST: '127.0.0.1' }, ['next', 'start', '--hostname=10.0.0.7'], 'login'],
    [{ BINNACLE_HOST: '127.0.0.1.example.org' }, [], 'login'],
  ] as const)('%j with %j is %s', (environment, commandLine, mode) => {
    expect(authMode(environment, commandLine)).toBe(mode);
  });
});

describe('startupFault', () => {
  it('lets a local tool and a complete setup start', () => {
    expect(startupFault({}, [])).toBeUndefined();
    expect(startupFault(complete, [])).toBeUndefined();
  });
  it('names all that is missing in one sentence', () => {
    expect(startupFault({ BINNACLE_HOST: '0.0.0.0' }, [])).toMatch(
      /0\.0\.0\.0.*BETTER_AUTH_SECRET, BINNACLE_ADMIN_EMAIL, BINNACLE_ADMIN_PASSWORD, DATABASE_URL/,
    );
  });
  it.each([
    [{ BETTER_AUTH_SECRET: 'short' }, 'BETTER_AUTH_SECRET'],
    [{ BINNACLE_ADMIN_PASSWORD: 'short' }, 'BINNACLE_ADMIN_PASSWORD'],
    [{ BINNACLE_ADMIN_EMAIL: 'ada' }, 'BINNACLE_ADMIN_EMAIL'],
  ])('refuses %j', (change, name) => {
    expect(startupFault({ ...complete, ...change }, [])).toContain(name);
  });
});

describe('localRefusal', () => {
  const refusal = (method: string, headers: Record<string, string>) => localRefusal(method, new Headers(headers));
  it('answers a browser on this machine', () => {
    expect(refusal('GET', { host: 'localhost:3000' })).toBeUndefined();
    expect(
      refusal('POST', { host: '[::1]:3000', origin: 'http://[::1]:3000', 'sec-fetch-site': 'same-origin' }),
    ).toBeUndefined();
  });
  it('refuses a name rebound to loopback', () => {
    expect(refusal('GET', { host: 'rebound.example.org' })).toContain('loopback');
    expect(refusal('GET', {})).toContain('loopback');
  });
  it('answers a link on another site, and no page there that loads a query as an image', () => {
    const foreign = { host: 'localhost:3000', 'sec-fetch-site': 'cross-site' };
    expect(refusal('GET', { ...foreign, 'sec-fetch-dest': 'document' })).toBeUndefined();
    expect(refusal('GET', { ...foreign, 'sec-fetch-dest': 'iframe' })).toContain('another site');
  });
  it('refuses writes from pages of other sites', () => {
    expect(refusal('POST', { host: 'localhost:3000', 'sec-fetch-site': 'cross-site' })).toContain('another site');
    expect(refusal('POST', { host: 'localhost:3000', origin: 'https://example.org' })).toContain('another site');
    expect(refusal('POST', { host: 'localhost:3000', origin: 'null' })).toContain('another site');
  });
});
