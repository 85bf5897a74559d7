import { describe, expect, it } from 'vitest';
import { foreignWrite } from './same-origin.ts';

const refusal = (headers: Record<string, string>, publicUrl?: string) => foreignWrite(new Headers(headers), publicUrl);

describe('foreignWrite', () => {
  it('lets pages of this app and programs write', () => {
    expect(
      refusal({ host: 'localhost:3000', origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' }),
    ).toBeUndefined();
    expect(refusal({ host: 'localhost:3000' })).toBeUndefined();
  });
  it('knows its public address behind a proxy that writes another host', () => {
    const headers = { host: 'web:3000', origin: 'https://watch.example.org' };
    expect(refusal(headers)).toContain('another site');
    expect(refusal(headers, 'https://watch.example.org')).toBeUndefined();
  });
  it.each<Record<string, string>>([
    { host: 'localhost:3000', 'sec-fetch-site': 'cross-site' },
    { host: 'localhost:3000', 'sec-fetch-site': 'same-site' },
    { host: 'localhost:3000', 'sec-fetch-site': 'none' },
    { host: 'localhost:3000', origin: 'http://localhost:8080' },
    { host: 'localhost:3000', origin: 'https://example.org' },
    { host: 'localhost:3000', origin: 'null' },
  ])('refuses %j', (headers) => {
    expect(refusal(headers)).toContain('another site');
  });
});
