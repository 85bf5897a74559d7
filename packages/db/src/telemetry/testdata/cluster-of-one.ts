// Runs statements, one JSON string a line on stdin, on a cluster of one: the embedded engine with a keeper in memory. Answers
// each with a line of JSON. Whoever starts it kills it: an engine with such a keeper does not end by itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Session } from 'chdb';

const dataDir = process.argv[2] as string;
const config = join(dataDir, 'config.xml');
writeFileSync(
  config,
  `<clickhouse><tcp_port>9000</tcp_port>
<remote_servers><one><shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>9000</port></replica></shard></one></remote_servers>
<macros><shard>01</shard><replica>a</replica></macros>
<zookeeper><implementation>testkeeper</implementation></zookeeper></clickhouse>`,
);
const session = new Session(join(dataDir, 'clickhouse'), { connectionArgs: [`--config-file=${config}`] });
for await (const line of createInterface({ input: process.stdin })) {
  let answer: { text: string } | { error: string };
  try {
    answer = { text: session.query(JSON.parse(line) as string, 'JSONEachRow') };
  } catch (error) {
    answer = { error: String(error).slice(0, 1000) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
