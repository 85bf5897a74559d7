/** What a refusal means and what to do about it. */
export interface ReasonText {
  readonly title: string;
  readonly mend: string;
}

const text = (title: string, mend: string): ReasonText => ({ title, mend });

/** By reason of refused samples, or error code of refused requests. */
const reasons: Readonly<Record<string, ReasonText>> = {
  too_far_in_future: text(
    'Ahead of the gateway’s clock',
    'The sender’s clock, or the gateway’s, is wrong: see that both keep time (chronyc tracking, timedatectl). How far ahead samples may be is limits.futureSeconds.',
  ),
  too_old: text(
    'Older than what is kept',
    'The sender brings samples from before the retention: raise limits.retentionDays, or let it leave them out.',
  ),
  too_many_series: text(
    'Too many series',
    'Find the label that makes them (in Explore: topk(10, count by (__name__) ({…}))), drop it at the sender, or raise limits.activeSeriesPerSource or limits.activeSeries.',
  ),
  too_many_labels: text('Too many labels on a series', 'Drop labels at the sender, or raise limits.labelsPerSeries.'),
  label_too_long: text(
    'A label is too long',
    'Shorten the value at the sender: a label names, it does not tell. Or raise limits.labelValueCharacters.',
  ),
  no_metric_name: text('No metric name', 'The sender leaves __name__ out: look at its relabelling.'),
  bad_label_name: text('A label name that is none', 'Rename the label at the sender.'),
  bad_label_value: text('A label value that is no text', 'The value is not valid UTF-8: mend it at the sender.'),
  bad_label_ref: text('A label that is not in the request', 'The request contradicts itself: the sender has a fault.'),
  duplicate_label: text('A label twice', 'Two labels have one name: look at the sender’s relabelling.'),
  unsupported_type: text(
    'A kind of metric that cannot be stored',
    'Let the sender convert it, or leave it out: docs/sources.md says what is taken.',
  ),
  bad_histogram: text(
    'A histogram that contradicts itself',
    'Its buckets and its count do not agree: the sender has a fault.',
  ),
  bad_exemplar: text(
    'An exemplar that is none',
    'Its labels or its time are wrong: the sender has a fault. Its sample is kept.',
  ),
  out_of_order: text(
    'A delta before its predecessor',
    'Two senders use one name for a delta series, or it was sent twice: give each its own resource attributes.',
  ),
  overlapping: text(
    'Deltas that overlap',
    'Two senders use one name for a delta series: give each its own resource attributes.',
  ),
  over_capacity: text(
    'More at once than the store takes',
    'Nothing is lost as long as the sender tries again. If it stays: give the gateway a quicker disk, send less, or raise limits.inFlightBytes.',
  ),
  store_unavailable: text('The store did not answer', 'Senders try again. Look at /readyz and at the gateway’s log.'),
  disk_full: text(
    'The disk is nearly full',
    'Free some space, or lower the retention: taking in begins again by itself.',
  ),
  body_too_large: text(
    'A request too large',
    'Let the sender send less at once, or raise limits.bodyBytes or limits.samplesPerRequest.',
  ),
  malformed_body: text(
    'A request that cannot be read',
    'The body is not what its headers say: the sender has a fault, or a proxy changes it.',
  ),
  unsupported_media_type: text(
    'A format that is not spoken here',
    'Use remote write 1.0 or 2.0 with snappy, or OTLP as protobuf or JSON.',
  ),
  unauthenticated: text('No key, or an unknown one', 'Give the sender an API key: Settings, or binnacle key create.'),
  forbidden: text('A key that may not write', 'Give the sender a key with the scope write.'),
  not_found: text('No such door', 'The path is wrong: /api/v1/write for remote write, /v1/metrics for OTLP.'),
  method_not_allowed: text('A door asked in the wrong way', 'The sender uses a method that this door does not answer.'),
  internal: text('A fault of Binnacle', 'The gateway’s log has the cause; please report it.'),
};

/** What is known of a reason; a reason that came later is at least named. */
export const reasonText = (reason: string): ReasonText =>
  reasons[reason] ?? text(reason.replaceAll('_', ' '), 'The example says what was wrong with it.');
