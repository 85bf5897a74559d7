// A ClickHouse server as far as a store by URL speaks with one: a cluster of one, in the embedded engine, over HTTP. Its distributed
// tables are real. `ON CLUSTER` is taken out, since the keeper in memory runs none, and replicated tables are made without
// replicas, since it takes no rows into them. GET /asked answers the statements as they came. The first line that it
// prints is its port. Whoever starts it kills it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Session } from 'chdb';

const dataDir = process.argv[2] as string;
mkdirSync(dataDir, { recursive: true });
const config = join(dataDir, 'config.xml');
const cluster = (name: string) =>
  `<${name}><shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>9000</port></replica></shard></${name}>`;
writeFileSync(
  config,
  `<clickhouse><tcp_port>9000</tcp_port><remote_servers>${cluster('one')}${cluster('two')}</remote_servers>
<macros><shard>01</shard><replica>a</replica></macros></clickhouse>`,
);
const session = new Session(join(dataDir, 'clickhouse'), { connectionArgs: [`--config-file=${config}`] });
const settings =
  "SETTINGS distributed_foreground_insert = 1, optimize_skip_unused_shards = 1, optimize_distributed_group_by_sharding_key = 1, distributed_product_mode = 'local'";
const asked: { sql: string; settings: Record<string, string> }[] = [];

async function run(sql: string, body: Buffer, parameters: Record<string, string>): Promise<Uint8Array | string> {
  const text = sql
    .replaceAll(/ ON CLUSTER '\w+'/g, '')
    .replaceAll(/Replicated(\w+)\('[^']*', '\{replica\}'(?:, )?/g, '$1(');
  const insert = /^INSERT INTO (\S+) \((.*)\) FORMAT Native$/.exec(text);
  if (insert !== null) {
    const path = join(dataDir, 'insert.native');
    writeFileSync(path, body);
    session.query(`INSERT INTO ${insert[1]} (${insert[2]}) ${settings} SELECT ${insert[2]} FROM file('${path}', 'Native')`);
    return '';
  }
  const format = /\sFORMAT (Native|JSONEachRow)\s*$/.exec(text)?.[1];
  if (format === undefined) {
    session.query(text);
    return '';
  }
  const query = text.slice(0, text.lastIndexOf('FORMAT'));
  const all = query.includes(' SETTINGS ') ? query.replace(/ SETTINGS (?!.* SETTINGS )/s, ` ${settings}, `) : `${query} ${settings}`;
  if (format === 'Native') return (await session.queryAsync(all, { format })).bytes();
  return session.queryBind(all, parameters, format);
}

let last: Promise<unknown> = Promise.resolve();
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  if (pathname === '/asked') return response.end(JSON.stringify(asked));
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces);
  const given = searchParams.get('query');
  const parameters: Record<string, string> = {};
  const said: Record<string, string> = {};
  for (const [name, value] of searchParams) {
    if (name.startsWith('param_')) parameters[name.slice(6)] = value;
    else if (name !== 'query') said[name] = value;
  }
  const sql = given ?? body.toString();
  asked.push({ sql, settings: said });
  const turn = last.then(() => run(sql, given === null ? Buffer.alloc(0) : body, parameters));
  last = turn.catch(() => {});
  try {
    response.end(await turn);
  } catch (error) {
    response.writeHead(500).end(`${error} in ${sql}`.slice(0, 2000));
  }
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
