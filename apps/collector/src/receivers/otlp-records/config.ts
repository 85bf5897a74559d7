import { z } from 'zod';

/** How much is taken is said under `limits:`; there is nothing else to choose. */
export const otlpRecordsConfig = z.strictObject({});

export type OtlpRecordsConfig = z.infer<typeof otlpRecordsConfig>;
