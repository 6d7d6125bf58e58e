/**
 * What a file held before we wrote it, and after. Kept among the settings of mcp-verdict, where no client looks for a configuration,
 * for the owner alone: a configuration holds keys. Of each file the last ones.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configFolder, type Home, prepareFolder } from '../oauth/own-file.js';
import { writeNew } from './write-new.js';

export const BACKUP_FORMAT = 'mcp-verdict.backup/1';
/** Of one file. */
const KEPT = 10;

const note = z.object({
  format: z.literal(BACKUP_FORMAT),
  /** The file itself, links followed. */
  file: z.string(),
  /** As the client names it, `~` for the home folder. */
  shown: z.string(),
  /** What it was written for: `cursor:weather`, or the file. */
  target: z.string(),
  /** ISO 8601. */
  savedAt: z.string(),
});

/** One writing of a file. */
export interface Backup extends Omit<z.infer<typeof note>, 'format'> {
  /** Where the text before lies; `cp` brings it back by hand. */
  before: string;
  /** Where the text that was written lies. */
  after: string;
  /** The note itself. */
  note: string;
}

/** What a new one is told. */
export type BackupFacts = Pick<Backup, 'file' | 'shown' | 'target'>;

const folderOfAll = (home?: Home): string => join(configFolder(home), 'backups');

/** The folder of one file. Its path may be too long, or hold what no file name may. */
const folderOf = (file: string, home?: Home): string =>
  join(folderOfAll(home), createHash('sha256').update(file).digest('hex').slice(0, 16));

/** Make the folder for the backups of a file. @throws WrongUse when others could read or change what lies there. */
export function prepareBackups(file: string, home?: Home): string {
  const named = Boolean((home?.env ?? process.env).MCP_VERDICT_CONFIG_DIR);
  prepareFolder(configFolder(home), named, 'backup');
  // Ours, whoever named the folder above.
  prepareFolder(folderOfAll(home), false, 'backup');
  const folder = folderOf(file, home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

const NOTE = /^(?<stamp>\d{15})-[0-9a-f]{8}\.json$/;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // None was ever made.
    return [];
  }
}

function readNote(folder: string, name: string): Backup[] {
  const path = join(folder, name);
  const base = path.replace(/\.json$/, '');
  try {
    const { format: _format, ...facts } = note.parse(JSON.parse(readFileSync(path, 'utf8')));
    return [{ ...facts, before: `${base}.before`, after: `${base}.after`, note: path }];
  } catch {
    // Damaged, or of a later version: it is no backup that we could put back.
    return [];
  }
}

const notesIn = (folder: string): Backup[] =>
  namesIn(folder)
    .filter((name) => NOTE.test(name))
    .sort()
    .reverse()
    .flatMap((name) => readNote(folder, name));

/** The backups of one file, the last one first. */
export const backupsOf = (file: string, home?: Home): Backup[] => notesIn(folderOf(file, home));

/** Of all files, the last one first. */
export const allBackups = (home?: Home): Backup[] =>
  namesIn(folderOfAll(home))
    .flatMap((name) => notesIn(join(folderOfAll(home), name)))
    .sort((a, b) => (a.savedAt < b.savedAt ? 1 : -1));

/**
 * Keep what stands in a file and what is about to. The note is written last: without it there is no backup. To be called by whoever
 * holds the lock of the file.
 */
export function keepBackup(folder: string, facts: BackupFacts, before: Uint8Array, after: Uint8Array): Backup {
  const names = namesIn(folder);
  const last = Math.max(0, ...names.map((name) => Number(NOTE.exec(name)?.groups?.stamp ?? 0)));
  // Later than the one before also when the clock was set back.
  const now = Math.max(Date.now(), last + 1);
  const name = `${String(now).padStart(15, '0')}-${randomBytes(4).toString('hex')}`;
  const base = join(folder, name);
  const made: Backup = {
    ...{ ...facts, savedAt: new Date(now).toISOString() },
    ...{ before: `${base}.before`, after: `${base}.after`, note: `${base}.json` },
  };
  try {
    writeNew(made.before, before, 0o600);
    writeNew(made.after, after, 0o600);
    const { file, shown, target, savedAt } = made;
    const text = `${JSON.stringify({ format: BACKUP_FORMAT, file, shown, target, savedAt }, null, 2)}\n`;
    writeNew(made.note, Buffer.from(text), 0o600);
  } catch (error) {
    dropBackup(made);
    throw error;
  }
  return made;
}

/** What cannot be removed is one backup too many, and no reason to fail. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It is looked for again at the next writing.
  }
}

/** Away with one. */
export function dropBackup({ note: path, before, after }: Backup): void {
  for (const one of [path, before, after]) remove(one);
}

/** Away with all but the last ones, and with what a killed process left. To be called by whoever holds the lock of the file. */
export function pruneBackups(folder: string): void {
  const notes = namesIn(folder).filter((name) => NOTE.test(name));
  // By their names: what a later version wrote into one is not ours to judge.
  const kept = new Set(
    notes
      .sort()
      .slice(-KEPT)
      .map((name) => join(folder, name).replace(/\.json$/, '')),
  );
  for (const name of namesIn(folder)) {
    const base = join(folder, name).replace(/\.(?:json|before|after)$/, '');
    if (/^\d{15}-[0-9a-f]{8}\./.test(name) && !kept.has(base)) remove(join(folder, name));
  }
}
