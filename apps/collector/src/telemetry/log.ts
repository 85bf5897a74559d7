import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Names under which secrets travel; their values never reach a log. */
const secretNames = ['authorization', 'apiKey', 'api_key', 'password', 'secret', 'token', 'databaseUrl', 'bearer'];
const redact = {
  paths: secretNames.flatMap((name) => [
    name,
    `*.${name}`,
    `headers.${name}`,
    `*.headers.${name}`,
    `req.headers.${name}`,
  ]),
  censor: '[redacted]',
};

export interface LogOptions {
  readonly level: LogLevel;
  readonly role: string;
  /** Lines for a person instead of JSON. */
  readonly pretty: boolean;
}

/** JSON lines on stderr, or short lines for a person at a terminal. stdout is kept for what a command prints. */
export function createLog(options: LogOptions, destination: { write(line: string): void } = process.stderr): Logger {
  const stream: DestinationStream = options.pretty
    ? { write: (line) => destination.write(prettyLine(line)) }
    : { write: (line) => destination.write(line) };
  return pino(
    {
      level: options.level,
      base: { role: options.role },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact,
    },
    stream,
  );
}

const colours: Readonly<Record<string, string>> = {
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[31m',
  debug: '\u001b[2m',
  trace: '\u001b[2m',
};

/** `12:34:56 gateway warn message key=value …` from one JSON line. */
export function prettyLine(line: string): string {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, role, msg, err, ...rest } = event;
  const fields = Object.entries(rest).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const reason = typeof err === 'object' && err !== null && 'message' in err ? ` (${String(err.message)})` : '';
  const colour = colours[String(level)] ?? '';
  const label = level === 'info' ? '' : ` ${colour}${String(level)}${colour === '' ? '' : '\u001b[0m'}`;
  return `${String(time).slice(11, 19)} ${String(role)}${label} ${String(msg ?? '')}${reason}${fields.join('')}\n`;
}
