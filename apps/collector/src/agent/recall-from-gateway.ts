import { maxListedRecords, recordsAnswer } from '@binnacle/shared/api/domain.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { below, expectOk, parseJson, request } from '../receivers/polling/bounded-http.ts';
import type { Recall } from '../receivers/receiver.ts';

const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * What receivers of an agent put before, asked of its gateway. The agent's key needs the scope read for it, beside write.
 * An answer as long as the gateway gives may be cut, and so counts as none.
 */
export function recallFromGateway(gatewayUrl: string, apiKey: string | undefined): Recall {
  return async (kind, query, signal) => {
    const url = below(gatewayUrl, '/api/binnacle/records', { kind, ...query, limit: String(maxListedRecords) });
    const headers: Record<string, string> = { 'user-agent': 'binnacle-agent' };
    if (apiKey !== undefined) headers.authorization = `Bearer ${apiKey}`;
    const answer = await request(url, { headers }, { signal, maxBytes: maxAnswerBytes });
    if (answer.status === 401 || answer.status === 403)
      throw new BinnacleError(
        'forbidden',
        `the gateway wants a key with the scope read (it answered ${answer.status}).`,
      );
    expectOk(url, answer);
    const { records } = parseJson(url, answer.text, recordsAnswer);
    if (records.length >= maxListedRecords)
      throw new BinnacleError('query_limit', `the gateway has ${maxListedRecords} ${kind} records of it or more.`);
    return records.map((record) => ({ ...record, kind }));
  };
}
