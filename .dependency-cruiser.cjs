/** The arrows of the house: imports point one way. The baseline is empty and stays empty. */
const only = (from, allowed, comment) => ({
  name: `${from.replaceAll('/', '-')}-arrows`,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^(apps|packages)/', pathNot: [`^${from}/`, ...allowed.map((a) => `^${a}`)] },
});
module.exports = {
  forbidden: [
    only('packages/shared', [], 'shared imports nothing of the house'),
    only('packages/db', ['packages/shared/'], 'db may import shared'),
    only(
      'packages/promql',
      ['packages/shared/', 'packages/db/src/telemetry/'],
      'promql may import shared and the telemetry store',
    ),
    only('apps/collector', ['packages/'], 'the collector may import the packages'),
    only(
      'apps/web',
      ['packages/shared/', 'packages/promql/src/language/', 'packages/db/src/state/', 'packages/db/src/generated/'],
      'the web app sees Postgres, the editor tables of promql, and shared; never the telemetry store',
    ),
    {
      name: 'agent-without-store',
      comment: 'an agent runs without a store: nothing it loads may reach chDB or Postgres',
      severity: 'error',
      from: { path: '^apps/collector/src/(agent|receivers|pipeline)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/(db|promql)/|node_modules/(chdb|@prisma)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.next|generated|testdata)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
};
