import { runCli } from './cli/program.ts';

process.exitCode = await runCli(process.argv);
// Whatever a dependency left open must not keep a program alive that has done its work.
process.exit();
