/**
 * `npm run authorization [-- words]`: every set-up of a protected server, verified for real by somebody who signs in: what is wrong, the
 * cause found, how sure, the step that fails, who must act, how long. `--show` writes the whole report of each.
 */
import { investigate } from '../src/probe/investigate.js';
import { renderTerminal } from '../src/render/terminal.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { SETUPS } from '../test/parts/authorization.js';
import { verified } from '../test/support/authorization/verified.js';

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const show = process.argv.includes('--show');
const look = process.argv.includes('--look');
const full = process.argv.includes('--full');
const wanted = SETUPS.filter(({ name, says }) => words.every((word) => `${name} ${says}`.includes(word)));

let wrong = 0;
for (const setup of wanted) {
  const running = await setup.start();
  try {
    const { spec, options } = await verified(running);
    const from = performance.now();
    const file = await investigate(spec, { timeoutMs: 3_000, full, ...(look ? {} : options) });
    const ms = performance.now() - from;
    const verdict = diagnose(file);
    const { root, status } = verdict;
    const right = setup.expects === null ? root === null : root?.id === setup.expects && root.certainty !== 'possible';
    if (!right) wrong++;
    if (show)
      process.stdout.write(
        `\n# ${setup.name}: ${setup.says}\n\n${renderTerminal(verdict, file, { color: false, width: 80 })}`,
      );
    const cells = [
      right ? ' ' : '!',
      setup.name.padEnd(52),
      (root?.id ?? `none (${status})`).padEnd(30),
      (root?.certainty ?? '').padEnd(9),
      String(root?.facts.step ?? '').padEnd(18),
      (root?.culprit ?? '').padEnd(7),
      `${(ms / 1_000).toFixed(1)} s`,
      right ? '' : `(${setup.expects ?? 'none'} expected)`,
    ];
    process.stdout.write(`${cells.join(' ')}\n`);
  } finally {
    await running.close();
  }
}
process.stdout.write(`\n${wrong} of ${wanted.length} otherwise than expected\n`);
process.exitCode = wrong ? 1 : 0;
