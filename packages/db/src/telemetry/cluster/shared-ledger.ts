import { BucketLedger, type BucketPlaces, type BucketSpan } from '../sealed/bucket-ledger.ts';

/**
 * The ledger of a store that several processes write to: others may have written to any bucket, so `samples` is asked for every
 * range. (The key of that table begins with the bucket: one without rows costs next to nothing.)
 */
export class SharedLedger extends BucketLedger {
  override placesOf(range: BucketSpan): BucketPlaces {
    return { open: range, sealed: super.placesOf(range).sealed };
  }
}
