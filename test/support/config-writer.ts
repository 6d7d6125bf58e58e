/**
 * A process of its own that writes a configuration as `fix` does. The result is one line of JSON.
 *
 *     add <file> <home> <name> <count>   puts so many keys into a JSON file, and reads again whenever somebody was faster
 *     swap <file> <home> <text> [n]      writes a text; with n it is killed at its n-th call into the file system
 *     sweep <file> <home> <how>          writes "new" over "old", again and again, and at each call once something happens
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ChangedMeanwhile, replaceFile } from '../../src/probe/config-file.js';

const [what = '', file = '', home = '', word = '', number = ''] = process.argv.slice(2);
const where = { platform: process.platform, home, env: { MCP_VERDICT_CONFIG_DIR: home } };
/** See fail-at.mjs. */
const shared = globalThis as { fail?: { at: number; calls: number; how: string; file: string; text: string } };

async function once(change: (text: string) => string, at?: number, how = 'kill'): Promise<number> {
  const before = readFileSync(file);
  const after = Buffer.from(change(before.toString('utf8')));
  const fail = { at: at ?? 0, calls: 0, how, file, text: 'theirs' };
  if (at !== undefined) shared.fail = fail;
  try {
    await replaceFile({ path: file, before, after, shown: file, target: file }, where);
  } finally {
    shared.fail = undefined;
  }
  return fail.calls;
}

async function add(): Promise<void> {
  for (let i = 0; i < Number(number); ) {
    try {
      await once((text) => `${JSON.stringify({ ...JSON.parse(text), [`${word}${i}`]: 'x'.repeat(200) })}\n`);
      i++;
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
    }
  }
}

/** What came of each call that went wrong: the error, if there was one, and the text that stands there. */
async function sweep(): Promise<object[]> {
  const runs: object[] = [];
  for (let at = 1; ; at++) {
    writeFileSync(file, 'old');
    rmSync(home, { recursive: true, force: true });
    let error: Error | undefined;
    const calls = await once(() => 'new', at, word).catch((caught: Error) => {
      error = caught;
      return at;
    });
    if (calls < at) return runs;
    runs.push({ at, name: error?.name, message: error?.message, text: readFileSync(file, 'utf8') });
  }
}

try {
  if (what === 'add') await add();
  if (what === 'swap') await once(() => word, number ? Number(number) : undefined);
  const runs = what === 'sweep' ? await sweep() : undefined;
  process.stdout.write(`${JSON.stringify({ ok: true, runs })}\n`);
} catch (error) {
  const { name, message } = error as Error;
  process.stdout.write(`${JSON.stringify({ ok: false, name, message })}\n`);
}
