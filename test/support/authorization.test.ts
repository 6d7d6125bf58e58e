/** The parts for testing OAuth hold what they promise: real clients of both SDKs log in where all is right, and say what is wrong elsewhere. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SETUPS } from '../parts/authorization.js';
import {
  type AuthorizationServerOptions,
  CALLBACK,
  connectV1,
  connectV2,
  GUARDED_TOOL,
  type ProtectedServerOptions,
  PUBLIC_CLIENT,
  protectedServer,
  signIn,
  startAuthorizationServer,
  TOOLS,
} from './authorization/index.js';
import { type Browser, startBrowser } from './browser.js';

const started: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(part: T): T => {
  started.push(part);
  return part;
};
afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.close();
});

/** A server and the authorization server it trusts. */
async function pair(
  authorization: AuthorizationServerOptions = {},
  options: Omit<ProtectedServerOptions, 'authorizationServer'> = {},
) {
  const authorizationServer = keep(await startAuthorizationServer(authorization));
  const server = keep(await protectedServer({ authorizationServer, ...options }));
  return { authorizationServer, server };
}

const CLIENTS = { 'SDK v1': connectV1, 'SDK v2': connectV2 };

describe.each(Object.entries(CLIENTS))('a client of %s', (name, connect) => {
  it.each(['v1', 'v2', 'server-legacy'] as const)(
    'uses a server on %s, and gets a scope more for one tool',
    async (sdk) => {
      const { server, authorizationServer } = await pair({}, { sdk });
      const client = keep(await connect(server.url));
      expect(client.tools).toEqual(TOOLS);
      expect(await client.call('echo', { text: 'hello' })).toBe('hello');
      expect(await client.call(GUARDED_TOOL, { id: '7' })).toBe('Deleted 7');
      const refused = server.requests.filter(({ status }) => status === 403);
      expect(refused.map(({ body }) => JSON.parse(body).params.name)).toEqual([GUARDED_TOOL]);
      expect(authorizationServer.errors).toEqual([]);
    },
  );

  /** Its error without what differs from run to run; "lists the tools" when there is none. */
  const sees = async (run: () => ReturnType<typeof connect>): Promise<string> => {
    try {
      const client = keep(await run());
      return client.tools.length === TOOLS.length ? 'lists the tools' : `lists ${client.tools.join(', ')}`;
    } catch (error) {
      return (error as Error).message.replace(/(localhost|127\.0\.0\.1):\d+/g, '$1:PORT').replace(/\s+/g, ' ');
    }
  };

  it.each(SETUPS)('$name: $expects', async ({ start, clientSees, v2Sees }) => {
    const running = keep(await start());
    expect(await sees(() => connect(running.url, running))).toContain(
      name === 'SDK v2' ? (v2Sees ?? clientSees) : clientSees,
    );
  });
});

it('has a name of its own for every set-up', () => {
  expect(new Set(SETUPS.map(({ name }) => name)).size).toBe(SETUPS.length);
});

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'plain', version: '1.0.0' } },
};
const post = (url: string, token?: string) =>
  fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(INITIALIZE),
  });

describe('whom a server lets in', () => {
  it.each(['v1', 'v2', 'server-legacy'] as const)('a server on %s: the valid token alone', async (sdk) => {
    const { server, authorizationServer } = await pair({}, { sdk });
    const status = async (token?: string) => (await post(server.url, token)).status;
    const mint = authorizationServer.mint;
    const audience = server.url;
    expect(await status(await mint({ audience }))).toBe(200);
    expect(await status()).toBe(401);
    expect(await status('made-up')).toBe(401);
    expect(await status(await mint({ audience, expiresIn: -60 }))).toBe(401);
    expect(await status(await mint({ audience: 'https://api.example.com' }))).toBe(401);
    expect(await status(await mint({ audience, issuer: 'https://staging.example.com' }))).toBe(401);
    expect(await status(await mint({ audience, signature: 'none' }))).toBe(401);
    expect(await status(await mint({ audience, signature: 'other key' }))).toBe(401);
    expect(await status(await mint({ audience, scope: 'mcp:write' }))).toBe(403);
  });

  it('its challenge names the metadata, and the metadata names it and the authorization server', async () => {
    const { server, authorizationServer } = await pair();
    const challenge = (await post(server.url)).headers.get('www-authenticate') ?? '';
    expect(challenge).toContain(`scope="mcp:read"`);
    expect(challenge).toContain(`resource_metadata="${server.metadataUrl}"`);
    expect(await (await fetch(server.metadataUrl)).json()).toMatchObject({
      resource: server.url,
      authorization_servers: [authorizationServer.issuer],
    });
    expect(await authorizationServer.metadata()).toMatchObject({
      issuer: authorizationServer.issuer,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  });

  /** What a weak server does with the token that a sound one refuses. */
  const WEAK: Record<string, (server: { url: string }, mint: Mint) => Promise<unknown>> = {
    'tools listed without a token': async ({ url }) => (await post(url)).status,
    'unsigned tokens accepted': async ({ url }, mint) =>
      (await post(url, await mint({ audience: url, signature: 'none' }))).status,
    'expired tokens accepted': async ({ url }, mint) =>
      (await post(url, await mint({ audience: url, expiresIn: -60 }))).status,
    'tokens for anybody accepted': async ({ url }, mint) =>
      (await post(url, await mint({ audience: 'https://api.example.com' }))).status,
    'token repeated in the error': async ({ url }) =>
      (await (await post(url, 'made-up')).text()).includes('made-up') ? 200 : 0,
    'token accepted in the query': async ({ url }, mint) =>
      (await post(`${url}?access_token=${await mint({ audience: url })}`)).status,
  };
  type Mint = Awaited<ReturnType<typeof startAuthorizationServer>>['mint'];

  it.each(SETUPS.filter(({ weak }) => weak))('$name: $weak', async ({ name, start }) => {
    const running = keep(await start());
    expect(await WEAK[name]?.(running.server, running.authorizationServer.mint)).toBe(200);
  });
});

/** An authorization request of a registered client, as a plain one writes it. */
const asked = (issuer: string, members: Record<string, string> = {}) => {
  const url = new URL(`${issuer}/auth`);
  const request = {
    response_type: 'code',
    client_id: PUBLIC_CLIENT.client_id,
    redirect_uri: CALLBACK,
    scope: 'mcp:read',
    state: 'a-state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...members,
  };
  url.search = String(new URLSearchParams(request));
  return url;
};

describe('signing in', () => {
  it('ends at the callback with code, state and iss, and nobody asks the callback', async () => {
    const server = keep(await startAuthorizationServer({ clients: [PUBLIC_CLIENT], path: '/realms/demo' }));
    const back = await signIn(asked(server.issuer));
    expect(back.href.startsWith(`${CALLBACK}?`)).toBe(true);
    expect(back.searchParams.get('code')).not.toBeNull();
    expect(back.searchParams.get('state')).toBe('a-state');
    expect(back.searchParams.get('iss')).toBe(server.issuer);
  });

  it('says what the page says', async () => {
    const server = keep(await startAuthorizationServer({ clients: [PUBLIC_CLIENT] }));
    const stranger = { name: 'mallory', password: 'guessed' };
    await expect(signIn(asked(server.issuer), { account: stranger })).rejects.toThrow(
      'The name or the password is wrong',
    );
    await expect(signIn(asked(server.issuer, { client_id: 'nobody' }))).rejects.toThrow(
      'HTTP 400: Error invalid_client',
    );
    const refused = await signIn(asked(server.issuer), { decide: 'refuse' });
    expect(refused.searchParams.get('error')).toBe('access_denied');
    const plain = await signIn(asked(server.issuer, { code_challenge_method: 'plain' }));
    expect(plain.searchParams.get('error')).toBe('invalid_request');
  });
});

describe('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser?.stop());

  it('a person fills in the form and presses the buttons', async () => {
    const server = keep(await startAuthorizationServer({ clients: [PUBLIC_CLIENT] }));
    // The pages follow each other in a frame, so that one script can press on all of them.
    const script = `(async () => {
      const frame = document.createElement('iframe');
      const loaded = () => new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
      const press = async (label) => {
        const next = loaded();
        [...frame.contentDocument.querySelectorAll('button')].find(({ textContent }) => textContent === label).click();
        await next;
      };
      frame.src = ${JSON.stringify(asked(server.issuer, { redirect_uri: `${server.origin}/callback` }).href)};
      const first = loaded();
      document.body.append(frame);
      await first;
      frame.contentDocument.querySelector('[name=name]').value = 'alice';
      frame.contentDocument.querySelector('[name=password]').value = 'correct horse';
      await press('Sign in');
      await press('Allow');
      return frame.contentWindow.location.href;
    })()`;
    const { answer } = await browser.visit(`${server.issuer}/jwks`, script);
    expect(answer).toMatch(/\/callback\?code=.+&state=a-state&iss=/);
  }, 60_000);
});
