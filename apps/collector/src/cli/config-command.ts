import { readConfig } from '../config/config-file.ts';

export async function runConfigCheck(file: string): Promise<void> {
  const { definitions } = await readConfig(file);
  const names = definitions.map((definition) => definition.name);
  console.log(`${file}: valid; ${names.length === 0 ? 'it names no receivers' : `receivers: ${names.join(', ')}`}`);
}
