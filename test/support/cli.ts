/** The command line as a user runs it: a process of its own, from the built bundle. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/mcp-verdict.js', import.meta.url));

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Run `mcp-verdict` with arguments. `input` is written to its stdin; `within` stands before the command. */
export function cli(
  args: string[],
  options: { env?: Record<string, string>; input?: string; cwd?: string; within?: string[] } = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const [program = '', ...words] = [...(options.within ?? []), process.execPath, BIN, ...args];
    const child = spawn(program, words, {
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      cwd: options.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
