/** `mcp-verdict fix --undo` and `--list`: the text before our last writing comes back, unless somebody wrote since. */

import { shellLine, shellPath } from '../case/shell-word.js';
import type { ConfigFormat } from '../clients/client.js';
import { clientOf } from '../clients/index.js';
import { readConfig } from '../config/read.js';
import { allBackups, type Backup } from '../probe/backups.js';
import { lastWriting, putBack, type Undoing } from '../probe/config-file.js';
import { osOf, plainPath } from '../probe/places.js';
import type { World } from '../probe/world.js';
import { hunksOf } from '../render/diff.js';
import { escapeJson, escapeLine } from '../render/escape.js';
import type { FileFix, FixReport } from '../render/fix.js';
import { EXIT, UsageError } from './exit.js';
import type { FixOptions } from './fix.js';
import { targetsOf } from './fix-target.js';
import { maskedPair } from './masked-pair.js';

type Emit = (report: FixReport, options: FixOptions) => void;

const FORMATS: Record<string, ConfigFormat> = {
  json: 'jsonc',
  jsonc: 'jsonc',
  toml: 'toml',
  yaml: 'yaml',
  yml: 'yaml',
};
const formatOf = (file: string): ConfigFormat => FORMATS[file.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'jsonc';

/** What was written last of what was asked for. */
function chosen(asked: string | undefined, options: FixOptions, world: World): Backup {
  const all = allBackups();
  if (all.length === 0)
    throw new UsageError('mcp-verdict has written no configuration, so there is nothing to take back.');
  const [newest] = all;
  if (asked === undefined && newest) return newest;
  const own = all.find(({ target }) => target === asked);
  if (own) return own;
  const paths =
    asked === undefined ? [] : targetsOf(asked, options, world).flatMap(({ files }) => files.map(({ path }) => path));
  const real = new Set(paths.map((path) => plainPath(world.realpath(path), osOf(world))));
  const found = all.find(({ file }) => real.has(plainPath(file, osOf(world))));
  if (found) return found;
  throw new UsageError(`mcp-verdict has not written ${asked}. What it has written: mcp-verdict fix --list`);
}

function fileOf({ backup }: Undoing, from: Buffer, to: Buffer): FileFix {
  const format = formatOf(backup.file);
  const [before, after] = maskedPair(readConfig(from, format), readConfig(to, format));
  const client = clientOf(backup.target.split(':')[0] ?? '');
  return {
    ...{ client: client?.id ?? '', clientName: client?.name ?? backup.target, scope: '', file: backup.shown },
    ...{ hunks: hunksOf(before, after), changes: [], left: [] },
  };
}

/** Returns the exit code: 0 when it is back, 1 when somebody wrote since. */
export async function undo(asked: string | undefined, options: FixOptions, world: World, emit: Emit): Promise<number> {
  const backup = chosen(asked, options, world);
  const last = lastWriting(backup.file);
  if (!last) throw new UsageError(`${backup.shown} is already as it was before mcp-verdict wrote it.`);
  const target = last.backup.target;
  const windows = world.platform === 'win32';
  const common = { target, needs: [] };
  if (!last.now.equals(last.after)) {
    const lost = fileOf(last, last.now, last.after);
    const refused = `${last.backup.shown} was changed after mcp-verdict wrote it. Putting the old text back would lose what the lines above take away, so nothing was changed.`;
    const run = `${windows ? 'Copy-Item' : 'cp'} ${shellLine([last.backup.before, last.backup.file], windows)}`;
    emit(
      {
        ...{ ...common, outcome: 'refused', files: [{ ...lost, refused }] },
        next: [{ says: 'The text before lies in a file of its own. If it is all that you want:', run }],
      },
      options,
    );
    return EXIT.wrong;
  }
  const file = fileOf(last, last.now, last.before);
  await putBack(last);
  const run = `mcp-verdict fix ${shellPath(target, windows)}`;
  emit({ ...common, outcome: 'undone', files: [file], next: [{ says: 'See the fix once more:', run }] }, options);
  return EXIT.healthy;
}

/** What can be taken back, the last one first. */
export function listBackups(options: FixOptions, write: (text: string) => void): number {
  const all = allBackups();
  if (options.format === 'json') {
    const backups = all.map(({ target, shown, file, savedAt, before }) => ({ target, shown, file, savedAt, before }));
    write(`${escapeJson(JSON.stringify({ format: 'mcp-verdict.backups/1', backups }, null, 2))}\n`);
    return EXIT.healthy;
  }
  if (all.length === 0) write('mcp-verdict has written no configuration.\n');
  for (const { target, shown, savedAt } of all) {
    write(`${savedAt.slice(0, 16).replace('T', ' ')} UTC   ${escapeLine(target, 100)}\n`);
    if (shown !== target) write(`                       ${escapeLine(shown, 200)}\n`);
  }
  if (all.length) write('\nTake one back: mcp-verdict fix --undo <name>\n');
  return EXIT.healthy;
}
