/** A set-up of real parts: what stands before which server, what is wrong with it, and which cause must be found. */
import { type InvestigateOptions, investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import type { Verdict } from '../../src/verdict/verdict.js';
import { cli } from '../support/cli.js';
import { Stage } from '../support/part.js';

/** What a user gives to `verify` for it. */
export interface Shown {
  url: string;
  transport?: 'streamable-http' | 'sse';
  headers?: Record<string, string>;
  options?: InvestigateOptions;
  /** Variables that a process must have from its start on: then it is verified by the command line. */
  env?: Record<string, string>;
}

export interface Scene {
  /** What is wrong, in the words of whoever set it up. */
  fault: string;
  /** From the client to the server. */
  parts: string;
  /** The cause that must be the root; null where all is right. */
  cause: string | null;
  /** Without it: not just "possible". */
  certainty?: 'certain' | 'likely';
  /** Findings about a server that works today, and of which they are true: see `severity` in src/causes/cause.ts. */
  risks?: string[];
  open(stage: Stage): Promise<Shown>;
}

export type Judged = Pick<Verdict, 'status' | 'root' | 'findings'> & { about: string; ms: number };

const TIMEOUT_MS = 2_500;

async function verify({ url, transport, headers = {}, options = {}, env }: Shown): Promise<Omit<Judged, 'ms'>> {
  if (env) {
    const lines = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const flags = ['--format', 'json', '--quiet', '--timeout', String((options.timeoutMs ?? TIMEOUT_MS) / 1_000)];
    if (transport) flags.push('--transport', transport === 'sse' ? 'sse' : 'http');
    if (options.full) flags.push('--full');
    const { stdout, stderr } = await cli(['verify', url, ...lines, ...flags], { env });
    return { ...(JSON.parse(stdout) as Verdict), about: `${stdout.slice(0, 6_000)}\n${stderr}` };
  }
  const file = await investigate({ kind: 'http', url, headers, transport }, { timeoutMs: TIMEOUT_MS, ...options });
  const verdict = diagnose(file);
  const found = verdict.findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
  return { ...verdict, about: `${found}\n${JSON.stringify(file.evidence, null, 1).slice(0, 12_000)}` };
}

/** Build the set-up, verify it as a user would, and take it down. */
export async function judge(scene: Scene): Promise<Judged> {
  const stage = new Stage();
  try {
    const shown = await scene.open(stage);
    const from = performance.now();
    const judged = await verify(shown);
    return { ...judged, ms: performance.now() - from };
  } finally {
    await stage.stop();
  }
}
