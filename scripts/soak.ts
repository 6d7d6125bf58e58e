/**
 * `npm run soak`: 200 runs of verify over the broken stdio servers (or as many as the first argument says), and what they leave
 * behind. Linux only. Ends with 1 when anything was left.
 */
import { soak } from '../test/support/soak.js';

const runs = Number(process.argv[2] ?? 200);
const result = await soak(runs, (done, server) => {
  if (done % 20 === 0) process.stderr.write(`${done} of ${runs} runs, last ${server}\n`);
});
const { processes, files, descriptors, resources, memoryMb, throughCli, seconds, roots } = result;
// The middle fifths against the last: caches of the runtime fill during the first ones.
const growth = (memoryMb.at(-1) ?? 0) - (memoryMb[0] ?? 0);
const rows: [string, string][] = [
  ['runs', `${runs}, of which ${throughCli} through the command line, in ${seconds} s`],
  ['different roots', String(Object.keys(roots).length)],
  ['processes left', processes.length ? processes.join(', ') : 'none'],
  ['files left in the temp folder', files.length ? files.join(', ') : 'none'],
  ['file descriptors', `${descriptors[0]} after the first fifth, ${descriptors[1]} at the end`],
  ['open handles', `${resources[0].length} after the first fifth, ${resources[1].length} at the end`],
  ['memory', `${memoryMb.join(', ')} MB after each fifth: ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MB`],
];
for (const [label, text] of rows) process.stdout.write(`${label.padEnd(30)} ${text}\n`);
const clean =
  processes.length === 0 &&
  files.length === 0 &&
  descriptors[1] <= descriptors[0] &&
  resources[1].length <= resources[0].length &&
  growth < 4;
process.stdout.write(clean ? 'Nothing was left behind.\n' : 'Something was left behind.\n');
process.exitCode = clean ? 0 : 1;
