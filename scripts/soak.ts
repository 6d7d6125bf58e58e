/**
 * `npm run soak`: 200 runs of verify over the broken stdio servers (or as many as the first argument says), and what they leave
 * behind. Linux only. Ends with 1 when anything was left.
 *
 * `npm run soak -- --targets [500]`: so many URLs of healthy, broken and hostile servers through verify --targets, in one process.
 */
import { soak } from '../test/support/soak.js';
import { soakTargets } from '../test/support/soak-targets.js';

if (process.argv[2] === '--targets') process.exit(await manyTargets(Number(process.argv[3] ?? 500)));

async function manyTargets(count: number): Promise<number> {
  const { seconds, statuses, roots, code, rssMb, heapMb, left, clean } = await soakTargets(count, (done) => {
    if (done % 50 === 0) process.stderr.write(`${done} of ${count} targets\n`);
  });
  const told = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort((a, b) => b[1] - a[1])
      .map(([name, times]) => `${times} ${name}`)
      .join(', ');
  const lines: [string, string][] = [
    ['targets', `${count} in ${seconds} s, exit code ${code}`],
    ['verdicts', told(statuses)],
    ['roots', told(roots)],
    ['resident memory', `${rssMb.join(', ')} MB at most in each fifth`],
    ['heap after a collection', `${heapMb[0]} MB before, ${heapMb[1]} MB behind`],
    ['sockets and timers left', left.length ? left.join(', ') : 'none'],
  ];
  for (const [label, text] of lines) process.stdout.write(`${label.padEnd(30)} ${text}\n`);
  process.stdout.write(clean ? 'Nothing was left behind.\n' : 'Something was left behind.\n');
  return clean ? 0 : 1;
}

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
