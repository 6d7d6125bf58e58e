/** The checks of authorization on real servers: what is sound fails nothing, what is weak fails just that, and who asks for nothing is not asked. */
import { describe, expect, it } from 'vitest';
import { checks } from '../../src/checks/index.js';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { SETUPS } from '../parts/authorization.js';
import { startFacade } from '../support/authorization/facade.js';
import { json, openServer, type Recipe, SERVICE_CLIENT, setUp, verified } from '../support/authorization/index.js';
import { judged } from '../support/authorization/rows.js';
import { served, walked } from '../support/authorization/told.js';

/** A busy machine takes its time, and one set-up waits for a token to expire. */
const TIMEOUT_MS = 60_000;

const AUT = checks.filter(({ id }) => id.startsWith('AUT-'));

async function looked(running: Awaited<ReturnType<typeof setUp>>, full: boolean) {
  try {
    const { spec, options } = await verified(running);
    const file = await investigate(spec, { timeoutMs: 5_000, ...options, ...(full && { full }) });
    const verdict = diagnose(file);
    const failed = verdict.checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
    const outcomes = Object.fromEntries(verdict.checks.map(({ id, outcome }) => [id, outcome]));
    return { file, verdict, failed, outcomes };
  } finally {
    await running.close();
  }
}

describe.concurrent('real servers whose authorization is sound fail nothing', () => {
  it.each(SETUPS.filter(({ expects, weak }) => expects === null && !weak))(
    '$name',
    async (setup) => {
      const { failed, verdict, outcomes } = await looked(await setup.start(), true);
      expect(failed).toEqual([]);
      expect(verdict.status).toBe('healthy');
      expect(outcomes).toMatchObject({
        'AUT-01': 'pass',
        'AUT-22': 'pass',
        'AUT-23': 'pass',
        'AUT-27': 'pass',
        'AUT-31': 'pass',
      });
    },
    TIMEOUT_MS,
  );
});

/** What each weak server is caught by, and what it costs. */
const WEAK: Record<string, { id: string; status: string }> = {
  'tools listed without a token': { id: 'AUT-01', status: 'degraded' },
  'unsigned tokens accepted': { id: 'AUT-32', status: 'degraded' },
  'expired tokens accepted': { id: 'AUT-01', status: 'degraded' },
  'tokens for anybody accepted': { id: 'AUT-19', status: 'degraded' },
  // No client fails by it, and no rule for servers forbids it: a server that works is not ill for that.
  'token repeated in the error': { id: 'AUT-31', status: 'healthy' },
  'token accepted in the query': { id: 'AUT-21', status: 'healthy' },
};

describe.concurrent('a weak server fails exactly what it is weak in', () => {
  it.each(SETUPS.filter(({ weak }) => weak))(
    '$name',
    async (setup) => {
      const { failed, verdict, file } = await looked(await setup.start(), true);
      expect(
        { [setup.name]: { id: failed.join(), status: verdict.status } },
        JSON.stringify(file.evidence.series),
      ).toEqual({
        [setup.name]: WEAK[setup.name],
      });
    },
    TIMEOUT_MS,
  );

  it('and without --full what is not looked at is not verified', async () => {
    const setup = SETUPS.find(({ name }) => name === 'unsigned tokens accepted');
    const { failed, outcomes } = await looked(await (setup as (typeof SETUPS)[number]).start(), false);
    expect(failed).toEqual([]);
    expect(outcomes).toMatchObject({
      ...{ 'AUT-19': 'not-verified', 'AUT-21': 'not-verified', 'AUT-32': 'not-verified' },
      ...{ 'AUT-01': 'pass', 'AUT-14': 'not-applicable' },
    });
  });
});

describe.concurrent('a token that expires while we wait', () => {
  const shortLived = (server: Recipe['server']): Recipe => ({
    server,
    authorization: { registration: 'off', clients: [SERVICE_CLIENT], lifetimes: { accessToken: 10 } },
    login: () => ({
      clientId: SERVICE_CLIENT.client_id,
      clientSecret: SERVICE_CLIENT.client_secret,
      grant: 'client_credentials' as const,
      scope: 'mcp:read',
    }),
  });
  const says = async (recipe: Recipe) => {
    const { verdict } = await looked(await setUp(recipe), true);
    const { outcome, says: words } = verdict.checks.find(({ id }) => id === 'AUT-01') ?? {};
    return [outcome, words];
  };

  it('is refused with 401', { timeout: TIMEOUT_MS }, async () => {
    expect(await says(shortLived({}))).toEqual(['pass', '401 for no token, a made-up token, an expired token']);
  });
  it('is served', { timeout: TIMEOUT_MS }, async () => {
    expect(await says(shortLived({ accepts: { expired: true } }))).toEqual(['fail', 'an expired token is accepted']);
  });
});

/** A server of SDK v1 without OAuth, that lets in whoever this says. */
async function keyed(lets: (asked: { key?: string; method?: string; session: boolean }) => boolean, status = 401) {
  const facade = await startFacade([
    {
      says: 'it wants its key',
      when: ({ body, headers }) => {
        const { method } = body.startsWith('{') ? (JSON.parse(body) as { method?: string }) : {};
        const key = headers['x-api-key'];
        return !lets({
          ...(typeof key === 'string' && { key }),
          ...(method && { method }),
          session: headers['mcp-session-id'] !== undefined,
        });
      },
      answer: () => json(status, { error: 'a key is wanted' }),
    },
  ]);
  await facade.stand(openServer());
  const { origin, close } = facade;
  const file = await investigate(
    { kind: 'http', url: `${origin}/mcp`, headers: { 'x-api-key': 'the-key-of-this-test' } },
    { timeoutMs: 5_000 },
  ).finally(close);
  const verdict = diagnose(file);
  const shown = verdict.checks.filter(({ id, says }) => id.startsWith('AUT-') && !says.startsWith('applies to'));
  return { verdict, outcomes: Object.fromEntries(shown.map(({ id, outcome }) => [id, outcome])) };
}

describe.concurrent('servers without OAuth', () => {
  const isKey = (key?: string) => key === 'the-key-of-this-test';

  it('a key opens it: nothing is missed, and nothing of OAuth is asked', async () => {
    const { verdict, outcomes } = await keyed(({ key }) => isKey(key));
    expect(verdict.findings.map(({ id }) => id)).toEqual([]);
    expect(verdict.status).toBe('healthy');
    expect(outcomes).toEqual({
      ...{ 'AUT-01': 'pass', 'AUT-22': 'pass', 'AUT-23': 'pass', 'AUT-27': 'pass' },
      ...{ 'AUT-21': 'not-verified', 'AUT-31': 'not-verified', 'AUT-32': 'not-verified' },
    });
  });

  it('a key that is refused with 403 works all the same', async () => {
    const { verdict, outcomes } = await keyed(({ key }) => isKey(key), 403);
    expect(verdict.status).toBe('healthy');
    expect(outcomes).toMatchObject({ 'AUT-01': 'warn', 'AUT-27': 'warn', 'AUT-22': 'pass', 'AUT-23': 'pass' });
  });

  it('nobody looks at the key', async () => {
    const { verdict, outcomes } = await keyed(() => true);
    expect(verdict.status).toBe('healthy');
    expect(outcomes).toMatchObject({ 'AUT-01': 'warn' });
    expect(outcomes).not.toHaveProperty('AUT-23');
  });

  it('the session id opens it', async () => {
    const { verdict, outcomes } = await keyed(({ key, session }) => isKey(key) || session);
    expect(verdict.status).toBe('degraded');
    expect(outcomes).toMatchObject({ 'AUT-01': 'pass', 'AUT-22': 'fail', 'AUT-23': 'fail' });
  });

  it('initialize is open, and nothing else', async () => {
    const { verdict, outcomes } = await keyed(({ key, method }) => isKey(key) || method === 'initialize');
    expect(verdict.status).toBe('healthy');
    expect(outcomes).toMatchObject({ 'AUT-01': 'warn' });
  });
});

describe('who is asked for no credentials', () => {
  it('has no check of authorization, but that it does not apply', () => {
    const { http, series, handshake } = walked();
    const open = (http?.exchanges ?? []).map((exchange) => ({ ...exchange, ...served, credentials: 'none' as const }));
    const evidence = { series, handshake, http: { exchanges: open, omitted: 0 } };
    for (const { id } of AUT)
      expect({ id, ...judged(id, evidence) }).toMatchObject({
        outcome: 'not-applicable',
        says: expect.stringMatching(/^applies to/),
      });
  });

  it('and where nobody looked nothing is passed', () => {
    const { authorization: _, ...evidence } = walked();
    for (const { id } of AUT) expect({ id, ...judged(id, evidence) }).toMatchObject({ outcome: 'not-verified' });
  });

  it('nor where nobody signed in', () => {
    const look = {
      mode: 'look' as const,
      registration: undefined,
      request: undefined,
      response: undefined,
      grants: [],
      access: [],
    };
    const evidence = { ...walked({ walk: look }), series: undefined };
    for (const id of [
      'AUT-01',
      'AUT-18',
      'AUT-19',
      'AUT-21',
      'AUT-22',
      'AUT-23',
      'AUT-24',
      'AUT-29',
      'AUT-31',
      'AUT-32',
    ])
      expect({ id, ...judged(id, evidence) }).toMatchObject({ outcome: 'not-verified' });
  });
});
