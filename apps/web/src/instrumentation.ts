/** Runs once before the server answers. */
export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { refuseToStart } = await import('#auth/refuse-to-start.ts');
    refuseToStart();
  }
}
