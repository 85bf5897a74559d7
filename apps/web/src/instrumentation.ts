/** Runs once before the server answers: what must not start says so in one sentence and ends. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startupFault } = await import('#auth/mode.ts');
  const fault = startupFault();
  if (fault === undefined) return;
  console.error(fault);
  process.exit(1);
}
