import type { SeriesMapping } from '../../../wire/exposition/cache.ts';

/** What a preset does to the series of a source, so that pages meet one name for one thing, whatever the version. */
export type Preset = Pick<SeriesMapping, 'relabel' | 'renameFamily' | 'noValueFrom' | 'percentOrRatio'>;
