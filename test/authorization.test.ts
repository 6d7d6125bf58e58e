/**
 * One loop over the set-ups of authorization, verified as a user would: a sound one is free of findings, of a broken one the fault is the
 * root, and no secret that was sent to anybody stands in the case file.
 */
import { describe, expect, it, vi } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { SETUPS, type Setup } from './parts/authorization.js';
import { disagreements } from './support/authorization/agreement.js';
import { type Running, verified } from './support/authorization/index.js';

const TIMEOUT_MS = 2_500;
/** 100 MB take their time on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

/** Everything secret that was sent to either server, under the name it was sent by. */
function secretsOf({ authorizationServer, server, ...given }: Running): [string, string][] {
  const SECRET = /^(?:code|code_verifier|state|refresh_token|token|client_secret|client_assertion|access_token)$/;
  const sent = [...authorizationServer.requests, ...server.requests].flatMap(({ query, body, headers }) => [
    ...[...query, ...new URLSearchParams(body)].filter(([name]) => SECRET.test(name)),
    ...(headers.authorization ? [['authorization', headers.authorization.replace(/^\S+ /, '')]] : []),
  ]);
  const own = [
    ['client_secret', given.clientSecret],
    ['refresh_token', given.kept?.tokens?.refresh_token],
  ];
  // A token that we made up lets nobody in.
  const isSecret = (value = ''): boolean => value.length > 7 && !value.startsWith('mcp-verdict-');
  return [...sent, ...own].filter((pair): pair is [string, string] => isSecret(pair[1]));
}

async function judged({ start }: Setup) {
  const running = await start();
  try {
    const { spec, options } = await verified(running);
    const file = await investigate(spec, { timeoutMs: TIMEOUT_MS, ...options });
    const { status, root, findings } = diagnose(file);
    const found = findings
      .map(({ id, certainty, role, severity }) => `${id} ${certainty} ${severity} ${role}`)
      .join(', ');
    const text = JSON.stringify(file);
    const leaked = secretsOf(running).flatMap(([name, value]) => (text.includes(value) ? [name] : []));
    expect(leaked, 'secrets in the case file').toEqual([]);
    expect(disagreements(file), 'what causes and checks make of it').toEqual([]);
    return { status, root, findings, about: `${found}\n${JSON.stringify(file.evidence.authorization, null, 1)}` };
  } finally {
    await running.close();
  }
}

describe.concurrent('free of findings', () => {
  it.each(SETUPS.filter(({ expects, weak }) => expects === null && !weak))('$name', async (setup) => {
    const { status, findings, about } = await judged(setup);
    expect(
      findings.map(({ id }) => id),
      about,
    ).toEqual([]);
    expect(status).toBe('healthy');
  });
});

describe.concurrent('the fault is the root', () => {
  it.each(SETUPS.filter(({ expects }) => expects !== null))('$name: $expects', async (setup) => {
    const { status, root, about } = await judged(setup);
    expect(root?.id, about).toBe(setup.expects);
    expect(root?.certainty, about).not.toBe('possible');
    // What makes trouble some day takes nobody's health.
    expect(root?.severity === 'risky' ? ['healthy'] : ['broken', 'degraded'], about).toContain(status);
  });
});

// Whoever is let in who must not be: that is for the checks (test/checks/authorization.test.ts), no client fails by it.
describe.concurrent('a weak server works', () => {
  it.each(SETUPS.filter(({ weak }) => weak))('$name', async (setup) => {
    const { findings, about } = await judged(setup);
    expect(
      findings.map(({ id }) => id),
      about,
    ).toEqual([]);
  });
});

describe.concurrent('a complaint of a client, beside a sound server', () => {
  it.each([
    ['with an address that no metadata name', 'GET URL/.well-known/oauth-authorization-server returned 404', 'certain'],
    ['without one', 'HTTP 404 trying to load well-known OAuth metadata', 'likely'],
  ])('%s', async (_, words, certainty) => {
    const [setup] = SETUPS;
    const running = await (setup as Setup).start();
    try {
      const { spec, options } = await verified(running);
      const complaint = words.replace('URL', new URL(running.url).origin);
      const { root, findings } = diagnose(await investigate(spec, { timeoutMs: TIMEOUT_MS, ...options, complaint }));
      expect([root?.id, root?.certainty, root?.culprit], JSON.stringify(findings)).toEqual([
        'auth-client-discovery-wrong',
        certainty,
        'client',
      ]);
    } finally {
      await running.close();
    }
  });
});
