'use client';

import { channelList, keyList, userList } from '#data/app-answers.ts';
import { useApp } from '#data/app-api.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { Channels } from './panels/channels.tsx';
import { Keys } from './panels/keys.tsx';
import { People } from './panels/people.tsx';
import { channelState } from './prepare.ts';

/** Who is told, and who may come in? */
export function SettingsView() {
  const channels = useApp(['channels'], () => '/api/settings/channels', channelList);
  const keys = useApp(['keys'], () => '/api/settings/keys', keyList);
  const users = useApp(['users'], () => '/api/settings/users', userList);
  const on = channels.data?.channels.filter(({ enabled }) => enabled);
  const failing = on?.filter((channel) => channelState(channel).status === 'bad') ?? [];
  const open = keys.data?.keys.filter(({ revokedAt }) => revokedAt === null).length;
  return (
    <>
      <ViewHeader
        title="Settings"
        question="Who is told, and who may come in?"
        answer={
          on === undefined ? undefined : (
            <>
              {on.length === 0 ? (
                'Nobody is told when an alert fires: no channel is on.'
              ) : (
                <>
                  Alerts go to <strong className="tabular">{on.length}</strong>{' '}
                  {on.length === 1 ? 'channel' : 'channels'}
                  {failing.length > 0 && `; ${failing.map(({ name }) => name).join(', ')} failed last`}.
                </>
              )}
              {open !== undefined &&
                ` ${open === 0 ? 'No key is' : open === 1 ? '1 key is' : `${open} keys are`} valid.`}
              {users.data !== undefined &&
                (users.data.mode === 'local'
                  ? ' Nobody signs in: only this machine can reach this page.'
                  : ` ${users.data.users.length} ${users.data.users.length === 1 ? 'person' : 'people'} may sign in.`)}
            </>
          )
        }
      />
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <div className="min-w-0 xl:col-span-2">
          <Channels query={channels} />
        </div>
        <Keys query={keys} />
        <People query={users} />
      </div>
    </>
  );
}
