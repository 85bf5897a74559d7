// Writes docs/reference/*.md and the generated tables of docs/*.md from the code: `npm run reference`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Action, may, roles, scopes } from '@binnacle/shared/access.ts';
import { type ErrorCode, errorCatalogue } from '@binnacle/shared/errors.ts';
import { catalogue } from '@binnacle/shared/metrics/catalogue.ts';
import { type MeterProvider, metrics } from '@opentelemetry/api';
import { pino } from 'pino';
import type { DefaultRule } from '../../apps/collector/src/alerts/default-rules.ts';
import { createProgram } from '../../apps/collector/src/cli/program.ts';
import { configSchema } from '../../apps/collector/src/config/schema.ts';
import { limitsTable, limitsWith } from '../../apps/collector/src/pipeline/limits.ts';
import type { Receiver, ReceiverContext, ReceiverDefinition } from '../../apps/collector/src/receivers/receiver.ts';
import { loadReceiver, receiverNames } from '../../apps/collector/src/receivers/registry.ts';
import { instruments } from '../../apps/collector/src/telemetry/instruments.ts';
import { faultsTable, figuresTable, ingestSentence } from './reference-ingest.ts';
import { cell, code, page, table } from './reference-markdown.ts';
import { optionsOf } from './reference-options.ts';
import { promqlPage } from './reference-promql.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is what people write in the config file
const variables = '`${NAME}` in a text value is replaced by the environment variable; `$${` is a plain `${`.';
const house = new URL('../../', import.meta.url);

/** A file of the house and what should stand in it. */
export interface ReferencePage {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

/** Every generated page, and every page with a generated table in it, as it should be. */
export async function referencePages(): Promise<ReferencePage[]> {
  const found = await withInstruments(async () => {
    await import('../../apps/collector/src/alerts/self-telemetry.ts');
  });
  const receivers = await Promise.all(receiverNames.map(loadReceiver));
  const { defaultRules } = await import('../../apps/collector/src/alerts/default-rules.ts');
  return [
    { file: 'docs/reference/configuration.md', text: configurationPage(receivers) },
    { file: 'docs/reference/metrics.md', text: metricsPage(receivers, found) },
    { file: 'docs/reference/errors.md', text: errorsPage() },
    { file: 'docs/reference/rules.md', text: rulesPage(defaultRules) },
    { file: 'docs/reference/http.md', text: await doorsPage(receivers) },
    { file: 'docs/reference/promql.md', text: promqlPage() },
    { file: 'docs/alerts.md', text: withTable('docs/alerts.md', 'rules', rulesTable(defaultRules)) },
    { file: 'docs/ingest.md', text: withTables('docs/ingest.md', { figures: figuresTable(), faults: faultsTable() }) },
    { file: 'benchmarks/README.md', text: withTable('benchmarks/README.md', 'ingest', figuresTable()) },
    { file: 'README.md', text: withTable('README.md', 'ingest', ingestSentence()) },
  ];
}

/** A page written by hand, with the table between its two marks made anew. */
function withTable(file: string, name: string, content: string): string {
  return withTables(file, { [name]: content });
}

function withTables(file: string, contents: Readonly<Record<string, string>>): string {
  let text = readFileSync(new URL(file, house), 'utf8');
  for (const [name, content] of Object.entries(contents)) text = tableBetweenMarks(file, text, name, content);
  return text;
}

function tableBetweenMarks(file: string, text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- made by npm run reference: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${file} lacks the marks "${begin}" and "${end}"`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

// ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────────

const optionTable = (schema: Parameters<typeof optionsOf>[0]) =>
  table(
    ['option', 'type', 'default', 'what'],
    optionsOf(schema).map(({ path, type, standard, description }) => [
      code(path),
      cell(type),
      standard === 'required' ? '**required**' : cell(code(standard)),
      cell(description),
    ]),
  );

function configurationPage(receivers: readonly ReceiverDefinition<unknown>[]): string {
  const { gateway, agent, log } = configSchema([]).shape;
  return page(
    'Configuration',
    `One YAML file: \`--config <file>\`, \`BINNACLE_CONFIG\`, or \`binnacle.yaml\` of the working directory. Every map is strict: an unknown key is refused with file, line and what is allowed. ${variables} Check a file with \`binnacle config check <file>\`.`,
    'A flag goes before a variable, a variable before the file, the file before the default. `[]` in a path stands for each item of a list.',
    '## Environment',
    `\`\`\`text\n${environmentHelp()}\n\`\`\``,
    ...receivers.flatMap((receiver) => [
      `## receivers.${receiver.name}`,
      `${receiver.summary.replace(/\.$/, '')}.`,
      optionTable(receiver.config),
    ]),
    '## limits',
    'What a gateway or an agent takes in. An excess is counted under the name in the last column: as the reason of refused samples (`binnacle_source_refused_samples_total`), or as the code of refused requests.',
    table(
      ['option', 'default', 'unit', 'least', 'most', 'what', 'counted as'],
      Object.entries(limitsTable).map(([name, entry]) => [
        code(`limits.${name}`),
        String(entry.default),
        entry.unit,
        String(entry.min),
        String(entry.max),
        cell(entry.help),
        code(entry.counts),
      ]),
    ),
    '## gateway',
    optionTable(gateway),
    '## agent',
    optionTable(agent),
    '## log',
    optionTable(log),
  );
}

/** The part about the environment of `binnacle --help`, word for word. */
function environmentHelp(): string {
  let text = '';
  createProgram()
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
    })
    .outputHelp();
  const from = text.indexOf('Environment (');
  const to = text.indexOf('\n\nExamples:');
  if (from === -1 || to < from) throw new Error('binnacle --help says nothing about the environment');
  return text.slice(from, to);
}

// ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface FoundInstrument {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  readonly help: string;
}

/** Instruments that the modules loaded by `load` make when they are loaded. */
async function withInstruments(load: () => Promise<void>): Promise<FoundInstrument[]> {
  const found: FoundInstrument[] = [];
  const make =
    (kind: string) =>
    (name: string, options: { unit?: string; description?: string } = {}) => {
      found.push({ name, kind, unit: options.unit ?? '', help: options.description ?? '' });
      return { add: () => undefined, record: () => undefined };
    };
  const meter = { createCounter: make('counter'), createHistogram: make('histogram') };
  metrics.disable();
  metrics.setGlobalMeterProvider({ getMeter: () => meter } as unknown as MeterProvider);
  await load();
  metrics.disable();
  return found;
}

function metricsPage(receivers: readonly ReceiverDefinition<unknown>[], found: readonly FoundInstrument[]): string {
  const emitters = (family: string) =>
    receivers.filter(({ emits }) => emits.some((metadata) => metadata.family === family)).map(({ name }) => name);
  const own: FoundInstrument[] = [
    ...Object.entries(instruments).map(([name, entry]) => ({
      name,
      kind: entry.kind.replace('observed-', ''),
      unit: entry.unit,
      help: entry.help,
    })),
    ...found,
  ];
  const passed = receivers.flatMap(({ name, emits }) =>
    emits
      .filter(({ family }) => !catalogue.some((entry) => entry.name === family))
      .map(({ family, type, unit, help }) => [code(family), type, unit, code(name), cell(help)]),
  );
  return page(
    'Metrics',
    'Families that Binnacle makes itself. What exporters name (`DCGM_FI_*`, `vllm:*`, `kai_*`, `node_*`) passes through under its own name. A value that is not known is absent, never 0.',
    '## Catalogue',
    'Every family may carry `cluster` besides the labels named here.',
    table(
      ['family', 'type', 'unit', 'labels', 'from', 'what'],
      catalogue.map(({ name, type, unit, labels, help }) => [
        code(name),
        type,
        unit,
        labels.map(code).join(' '),
        emitters(name).map(code).join(' '),
        cell(help),
      ]),
    ),
    ...(passed.length === 0
      ? []
      : [
          "## Others' names",
          "Families that a receiver emits under an exporter's name, so that a page works on both.",
          table(['family', 'type', 'unit', 'from', 'what'], passed),
        ]),
    "## The collector's own",
    'At `/metrics` of gateway and agent, and in the store under `job="binnacle"` (gateway) and `job="binnacle-agent"`.',
    table(
      ['family', 'type', 'unit', 'what'],
      own.map(({ name, kind, unit, help }) => [code(name), kind, unit, cell(help)]),
    ),
  );
}

// ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const meanings: Record<ErrorCode, string> = {
  bad_request: 'A parameter or field is not what the door expects.',
  bad_config: 'A setting or an option of the config file is wrong; the message names it.',
  malformed_body: 'The body cannot be decoded; nothing of it was stored.',
  bad_labels: 'Labels break the data model.',
  bad_sample: 'A sample breaks the data model.',
  unauthenticated: 'No API key or session came along, or it is unknown or revoked.',
  forbidden: 'The key, role or address may not do this.',
  not_found: 'There is no such door, channel or key.',
  method_not_allowed: 'The door answers other methods; `Allow` names them.',
  conflict: 'Something else has it: a port, a data directory, a name.',
  body_too_large: 'The body or the number of samples is over a limit: send less at once.',
  request_timeout: 'The request took too long to arrive.',
  unsupported_media_type: 'The Content-Type, Content-Encoding or version has no decoder here.',
  query_invalid: 'The PromQL or a parameter of the query cannot be read.',
  query_failed: 'The query can be read and cannot be evaluated.',
  query_limit: 'The query would take more samples than one query may.',
  query_timeout: 'The query did not end in time.',
  query_canceled: 'The client went away.',
  over_capacity: 'Too much at once: nothing of it was kept, send it again.',
  disk_full: 'The disk of the store is nearly full: nothing is taken until there is room again.',
  store_unavailable: 'The telemetry store does not answer.',
  state_unavailable: 'Postgres does not answer.',
  upstream_failed: 'A server that was asked did not answer, or answered wrongly.',
  blocked_address: 'A target is an address that may not be reached; see the SSRF guard in [Alerts](../alerts.md).',
  internal: 'A fault of Binnacle; the log has the cause under the request id.',
};

function errorsPage(): string {
  return page(
    'Errors',
    'Every refusal of a door has one of these codes. The code is stable and is the label `code` in `binnacle_http_refused_total`; the message is for people. The gateway answers `{"code": …, "message": …, "requestId": …}`; the Prometheus HTTP API answers in Prometheus\' form, and the OTLP door with a `google.rpc.Status`. Where it may be tried again, `Retry-After` says when.',
    table(
      ['code', 'HTTP status', 'try again', 'when'],
      Object.entries(errorCatalogue).map(([name, { status, retry }]) => {
        const meaning = meanings[name as ErrorCode];
        if (meaning === undefined) throw new Error(`generate-reference.ts: say what the error ${name} means`);
        return [code(name), String(status), retry ? 'yes' : 'no', meaning];
      }),
    ),
  );
}

// ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function duration(seconds: number): string {
  return seconds === 0 ? 'at once' : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

const rulesTable = (rules: readonly DefaultRule[]) =>
  table(
    ['rule', 'layer', 'severity', 'for', 'what it says'],
    rules.map(({ key, name, layer, severity, forSeconds, annotations }) => [
      `[${name}](reference/rules.md#${key})`,
      layer,
      severity,
      duration(forSeconds),
      cell(annotations.description ?? ''),
    ]),
  );

function rulesPage(rules: readonly DefaultRule[]): string {
  return page(
    'Shipped rules',
    'Written into Postgres at the first start and kept in step with the release until somebody edits them. `for` is how long the expression must hold before the alert fires.',
    ...rules.flatMap(({ key, name, layer, severity, forSeconds, intervalSeconds, expr, annotations }) => [
      `<a id="${key}"></a>`,
      `## ${name}`,
      `${severity}, layer ${layer}, for ${duration(forSeconds)}, evaluated every ${intervalSeconds} s, page \`${annotations.page ?? ''}\``,
      `\`\`\`promql\n${expr}\n\`\`\``,
      `- Summary: ${code(annotations.summary ?? '')}`,
      `- ${annotations.description ?? ''}`,
      `- What to do: ${annotations.runbook ?? ''} [Runbook](../runbooks/${key}.md)`,
    ]),
  );
}

// ── doors ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Door {
  readonly method: string | string[];
  readonly url: string;
  readonly config?: { readonly action?: string };
}

/** Registers the gateway's real routes on a server that never listens, and reads them off. */
async function doorsPage(receivers: readonly ReceiverDefinition<unknown>[]): Promise<string> {
  const { createServer, doorGroup } = await import('../../apps/collector/src/gateway/server.ts');
  const { registerDomainApi } = await import('../../apps/collector/src/gateway/domain-api.ts');
  const { registerFreshness } = await import('../../apps/collector/src/gateway/freshness/open-freshness.ts');
  const { registerBackupRoutes } = await import('../../apps/collector/src/gateway/lifecycle/backup-routes.ts');
  const { registerAlertmanagerApi } = await import('../../apps/collector/src/gateway/alertmanager-api/register.ts');
  const { registerHealth } = await import('../../apps/collector/src/gateway/health.ts');
  const { registerOtelRoutes } = await import('../../apps/collector/src/gateway/otel-routes.ts');
  const { registerPrometheusApi } = await import('../../apps/collector/src/gateway/prometheus-api/register.ts');
  const log = pino({ level: 'silent' });
  const doors: Door[] = [];
  const app = createServer({ authorize: async () => undefined, limits: limitsWith(), log });
  app.addHook('onRoute', (route) => void doors.push(route as Door));
  // Nothing is asked of these parts: the routes are only registered.
  const nothing = {} as never;
  const listeners = receivers.flatMap((definition): Receiver[] => {
    const config = definition.config.safeParse({});
    if (!config.success) return [];
    const rows = { limits: limitsWith() } as ReceiverContext['rows'] & object;
    const context = { sink: nothing, records: nothing, rows, log, now: Date.now } satisfies ReceiverContext;
    return [definition.create(config.data, context)];
  });
  await doorGroup(app, 'telemetry:write', async (group) => {
    for (const receiver of listeners) await group.register(async (room) => receiver.routes?.(room));
  });
  await doorGroup(app, 'telemetry:read', (group) =>
    registerPrometheusApi(group, { engine: nothing, reader: nothing, server: nothing, now: Date.now }),
  );
  await registerDomainApi(app, {
    store: nothing,
    receivers: nothing,
    consentSources: async () => [],
    testChannel: async () => undefined,
  });
  await registerFreshness(app, nothing, nothing);
  await registerOtelRoutes(app, nothing, Date.now);
  await registerAlertmanagerApi(app, { source: () => undefined, version: '', now: Date.now });
  await registerBackupRoutes(app, {
    job: nothing,
    store: nothing,
    databaseUrl: () => '',
    version: '',
    settled: nothing,
  });
  await registerHealth(app, {
    store: nothing,
    metrics: nothing,
    stateProblem: async () => undefined,
    alertsProblem: () => undefined,
  });
  await app.ready();
  const rows = doors.map(({ method, url, config }) => ({
    methods: [method].flat().filter((name) => name !== 'HEAD'),
    url,
    action: config?.action ?? 'none',
  }));
  const methods = listeners.flatMap((receiver) => receiver.grpcMethods?.() ?? []);
  await app.close();
  for (const receiver of listeners) await receiver.stop();
  return page(
    'Doors',
    'Doors of the gateway, and what each asks of whoever comes. On loopback everyone may do everything. On any other address each door but `open` wants an API key: `Authorization: Bearer <key>`, or Basic with the key as the password.',
    table(['path', 'methods', 'asks for'], doorRows(rows)),
    '## gRPC',
    'Methods of the gRPC door (`BINNACLE_GRPC_PORT`, 4317). A key comes as the metadata `authorization: Bearer <key>`.',
    table(
      ['method', 'asks for'],
      methods.map(({ path }) => [code(path), code('telemetry:write')]),
    ),
    '## Who may do what',
    'A role belongs to a person of the web app, a scope to an API key. `BINNACLE_API_KEY` of the gateway counts as admin.',
    table(
      ['action', ...roles.map((role) => `role ${role}`), ...scopes.map((scope) => `scope ${scope}`)],
      actions().map((action) => [
        code(action),
        ...roles.map((role) => yes(may({ kind: 'person', id: '', name: '', role }, action))),
        ...scopes.map((scope) => yes(may({ kind: 'key', id: '', name: '', scopes: [scope] }, action))),
      ]),
    ),
  );
}

const yes = (allowed: boolean) => (allowed ? 'yes' : '');

/** One row for each path and action, methods together. */
function doorRows(doors: readonly { methods: readonly string[]; url: string; action: string }[]): string[][] {
  const rows = new Map<string, { url: string; action: string; methods: Set<string> }>();
  for (const { methods, url, action } of doors) {
    if (methods.length === 0) continue;
    const key = `${url} ${action}`;
    const row = rows.get(key) ?? { url, action, methods: new Set<string>() };
    for (const method of methods) row.methods.add(method);
    rows.set(key, row);
  }
  return [...rows.values()].map(({ url, action, methods }) => [
    code(url),
    [...methods].sort().join(', '),
    code(action),
  ]);
}

/** What an administrator or a key may do: every action there is. */
function actions(): Action[] {
  const known: Record<Action, true> = {
    'telemetry:read': true,
    'telemetry:write': true,
    'alerts:read': true,
    'alerts:edit': true,
    'channels:edit': true,
    'channels:test': true,
    'sources:read': true,
    'sources:consent': true,
    'keys:manage': true,
    'users:manage': true,
    'data:backup': true,
    'data:delete': true,
  };
  return Object.keys(known) as Action[];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await referencePages()) {
    writeFileSync(new URL(file, house), text);
    console.log(file);
  }
}
