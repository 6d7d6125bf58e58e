/** `npm run servers`: every broken server of test/servers, investigated for real: the cause expected, the cause found, how sure, how long. */
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { brokenServers, prepare } from '../test/support/servers.js';

const SLOW = /^install-|\.npm\./;
let wrong = 0;
for (const server of brokenServers().filter(({ file }) => file.includes(process.argv[2] ?? ''))) {
  const { spec, stop } = await prepare(server);
  try {
    const from = performance.now();
    const file = await investigate(spec, { timeoutMs: SLOW.test(server.file) ? undefined : 2_500 });
    const { root } = diagnose(file);
    const right = root?.id === server.cause;
    if (!right) wrong++;
    const cells = [
      right ? ' ' : '!',
      server.file.padEnd(56),
      (root?.id ?? 'nothing').padEnd(44),
      (root?.certainty ?? '').padEnd(9),
      `${((performance.now() - from) / 1_000).toFixed(1)} s`,
    ];
    process.stdout.write(`${cells.join(' ')}\n`);
  } finally {
    await stop();
  }
}
process.stdout.write(`\n${wrong} wrong\n`);
process.exitCode = wrong ? 1 : 0;
