/** `npm run proxies [words]`: every set-up of real parts, verified for real: the fault, the parts, the cause found, how sure, how long. */
import { scenes } from '../test/parts/index.js';
import { judge } from '../test/parts/scene.js';
import { stopBackends } from '../test/support/backends.js';
import build from '../test/support/build.js';
import { authority } from '../test/support/tls.js';

// What needs variables from its start on is verified by the built command line.
build();
const ca = authority();
let wrong = 0;
try {
  const words = process.argv.slice(2).filter((word) => word !== '--why');
  const wanted = scenes(ca).filter(({ fault, parts }) => words.every((word) => `${fault} ${parts}`.includes(word)));
  for (const scene of wanted) {
    const { root, findings, status, ms, about } = await judge(scene);
    const ids = findings.map(({ id }) => id);
    const right = scene.cause === null ? `${ids}` === `${scene.risks ?? []}` : root?.id === scene.cause;
    if (!right) wrong++;
    const cells = [
      right ? ' ' : '!',
      scene.fault.padEnd(62),
      scene.parts.padEnd(58),
      (root?.id ?? `none (${status})`).padEnd(36),
      (root?.certainty ?? '').padEnd(9),
      `${(ms / 1_000).toFixed(1)} s`,
    ];
    process.stdout.write(`${cells.join(' ')}\n`);
    if (!right && process.argv.includes('--why')) process.stdout.write(`${about}\n`);
  }
} finally {
  await stopBackends();
  ca.remove();
}
process.stdout.write(`\n${wrong} wrong\n`);
process.exitCode = wrong ? 1 : 0;
