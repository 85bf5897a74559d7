import type { Guide } from '#panel/guide.ts';

export const settingsGuide: Guide = {
  see: 'settings',
  receivers: [],
  steps: 'give the web app the address of Postgres; npm start brings one of its own. Against your own:',
  yaml: '# settings live in Postgres, not in binnacle.yaml',
  command: 'DATABASE_URL=postgresql://user@host/binnacle npm start',
};
