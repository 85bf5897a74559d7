'use client';

import { Button } from '#components/ui/button.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { done, type FoundRow, foundSources } from '#data/app-answers.ts';
import { askApp, useApp, useWrite } from '#data/app-api.ts';
import { useClock } from '#data/clock.tsx';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { sourceGuide } from '../guide.ts';

/** What a look around this machine found; what starts commands is read only after somebody agreed. */
export function Found() {
  const { nowMs } = useClock();
  const query = useApp(['found'], () => '/api/sources/found', foundSources);
  const { write, busy, error } = useWrite([['app', 'found'], ['sources']]);
  const found = query.data?.found ?? [];
  const mayConsent = query.data?.mayConsent ?? false;
  const agree = (row: FoundRow, consent: boolean) =>
    void write(row.id, () => askApp('/api/sources/found', done, { method: 'POST', body: { id: row.id, consent } }));
  return (
    <Panel
      title="Found on this machine"
      note="Reading some of them starts a command of yours: that wants your consent"
      queries={[query]}
      empty={found.length === 0}
      emptyText="Nothing was found, or nobody looked: npm start looks for exporters and for servers of MCP clients."
      metrics={[]}
      guide={sourceGuide}
      minHeight={120}
      csv={() => ({
        header: ['receiver', 'name', 'address', 'needs_consent', 'consented', 'by'],
        rows: found.map((f) => [f.receiver, f.name, f.address, String(f.needsConsent), f.consentedAt, f.consentedBy]),
      })}
    >
      {error !== null && (
        <p role="alert" className="mb-2 rounded-md bg-bad-wash px-2.5 py-1 text-xs text-bad">
          {error}
        </p>
      )}
      <ul className="grid gap-2.5 text-[13px]">
        {found.map((row) => (
          <li
            key={row.id}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-3 gap-y-1 border-b border-line pb-2.5 last:border-b-0 last:pb-0"
          >
            <div className="min-w-0">
              <span className="font-medium">{row.name}</span> <span className="text-ink-faint">{row.receiver}</span>
              <code className="block font-mono text-2xs text-ink-faint [overflow-wrap:anywhere]">{row.address}</code>
              <span className="block text-xs text-ink-faint">
                seen {age(nowMs - Date.parse(row.seenAt))} ago
                {row.consentedAt !== null && `, agreed to by ${row.consentedBy ?? 'somebody'}`}
              </span>
            </div>
            <div className="flex flex-col items-end gap-1.5">
              <StatusBadge status={!row.needsConsent ? 'ok' : row.consentedAt === null ? 'attention' : 'ok'}>
                {!row.needsConsent ? 'needs no consent' : row.consentedAt === null ? 'wants consent' : 'agreed'}
              </StatusBadge>
              {row.needsConsent && mayConsent && (
                <Button
                  size="small"
                  disabled={busy !== null}
                  variant={row.consentedAt === null ? 'primary' : 'outline'}
                  onClick={() => agree(row, row.consentedAt === null)}
                >
                  {busy === row.id ? '…' : row.consentedAt === null ? 'Agree: run it' : 'Take back'}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {found.some((row) => row.needsConsent && row.consentedAt === null) && !mayConsent && (
        <p className="mt-2 text-xs text-ink-faint">Your role may not agree: ask an administrator.</p>
      )}
    </Panel>
  );
}
