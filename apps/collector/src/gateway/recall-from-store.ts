import { maxListedRecords } from '@binnacle/shared/api/domain.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { RecordReader } from '@binnacle/shared/telemetry/records.ts';
import type { Recall } from '../receivers/receiver.ts';

/** What receivers of the gateway put before, out of its own store. At most 10,000 records at once. */
export function recallFromStore(store: RecordReader): Recall {
  return async (kind, query) => {
    // One more than is given, to tell a full answer from a cut one.
    const records = await store.listRecords({ kind, ...query, limit: maxListedRecords + 1 });
    if (records.length > maxListedRecords)
      throw new BinnacleError('query_limit', `the store has more than ${maxListedRecords} ${kind} records of it.`);
    return records;
  };
}
