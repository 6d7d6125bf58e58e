/** `mcp-verdict causes`: the root causes that can be named, in life-cycle order. */
import picocolors from 'picocolors';
import { AREAS } from '../causes/areas.js';
import { causes } from '../causes/index.js';
import { wrap } from '../render/terminal.js';
import { EXIT, UsageError } from './exit.js';

const WIDTH = 80;

/** Returns the exit code. @throws UsageError for an unknown id, with the nearest ones. */
export function listCauses(id: string | undefined, { format, color }: { format: string; color: boolean }): number {
  const paint = picocolors.createColors(color && !process.env.NO_COLOR && process.stdout.isTTY === true);
  const plain = ({ id, area, title, culprit, severity, seenAs, why, refs, explains }: (typeof causes)[number]) => ({
    id,
    area,
    title,
    culprit,
    severity,
    seenAs,
    why,
    refs,
    explains,
    docs: `docs/causes/${id}.md`,
  });
  if (id === undefined) {
    const sorted = [...causes].sort(
      (a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area) || a.id.localeCompare(b.id, 'en'),
    );
    if (format === 'json') process.stdout.write(`${JSON.stringify(sorted.map(plain), null, 2)}\n`);
    else {
      const column = Math.max(...sorted.map((c) => c.id.length));
      const lines = sorted.flatMap((c) =>
        wrap(c.title, WIDTH - column - 4).map(
          (line, i) => `${i === 0 ? c.id.padEnd(column) : ' '.repeat(column)}  ${paint.dim(line)}`,
        ),
      );
      process.stdout.write(
        `${lines.join('\n')}\n\n${sorted.length} root causes. One in full: mcp-verdict causes <id>\n`,
      );
    }
    return EXIT.healthy;
  }
  const cause = causes.find((c) => c.id === id);
  if (!cause) {
    const near = causes.filter((c) => c.area === id.split('-')[0] || c.id.includes(id)).map((c) => c.id);
    throw new UsageError(
      `There is no cause "${id}". ${near.length ? `Near it: ${near.slice(0, 6).join(', ')}.` : 'The list: mcp-verdict causes'}`,
    );
  }
  if (format === 'json') process.stdout.write(`${JSON.stringify(plain(cause), null, 2)}\n`);
  else {
    const body = [
      paint.bold(cause.title),
      paint.dim(`${cause.id} · who acts: ${cause.culprit} · ${cause.severity}`),
      '',
      ...wrap(cause.why, WIDTH),
      '',
      'Clients show it as',
      ...cause.seenAs.map((text) => `  ${text}`),
      '',
      ...cause.refs,
    ];
    process.stdout.write(`${body.join('\n')}\n`);
  }
  return EXIT.healthy;
}
