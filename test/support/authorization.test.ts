/** The parts for testing OAuth hold what they promise: real clients of both SDKs log in where all is right, and say what is wrong elsewhere. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SETUPS } from '../parts/authorization.js';
import {
  ALICE,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  CALLBACK,
  connectV1,
  connectV2,
  GUARDED_TOOL,
  type Mint,
  type ProtectedServer,
  type ProtectedServerOptions,
  PUBLIC_CLIENT,
  protectedServer,
  type Running,
  signIn,
  startAuthorizationServer,
  TOOLS,
} from './authorization/index.js';
import { type Browser, startBrowser } from './browser.js';

/** 100 MB take their time on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

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
): Promise<{ authorizationServer: AuthorizationServer; server: ProtectedServer }> {
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

  type Minting = (claims: Mint) => Promise<string>;

  /** What a weak server does with the token that a sound one refuses. */
  const WEAK: Record<string, (server: { url: string }, mint: Minting) => Promise<unknown>> = {
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

  it.each(SETUPS.filter(({ weak }) => weak))('$name: $weak', async ({ name, start }) => {
    const running = keep(await start());
    expect(await WEAK[name]?.(running.server, running.authorizationServer.mint)).toBe(200);
  });
});

describe('the authorization server', () => {
  /** What its endpoint for tokens says to a form. */
  const form = async (url: unknown, members: Record<string, string>) => {
    const response = await fetch(String(url), { method: 'POST', body: new URLSearchParams(members) });
    return { status: response.status, answer: JSON.parse((await response.text()) || '{}') };
  };

  it('gives refresh tokens that are good for one renewal', async () => {
    const { server, authorizationServer } = await pair({ refresh: 'always', lifetimes: { accessToken: 60 } });
    const { kept } = keep(await connectV1(server.url));
    expect(kept.tokens?.expires_in).toBe(60);
    const { token_endpoint } = await authorizationServer.metadata();
    const renew = (refresh_token = '') =>
      form(token_endpoint, {
        grant_type: 'refresh_token',
        refresh_token,
        client_id: kept.client?.client_id ?? '',
        resource: server.url,
      });
    const first = await renew(kept.tokens?.refresh_token);
    expect(first.status).toBe(200);
    expect((await post(server.url, first.answer.access_token)).status).toBe(200);
    expect((await renew(kept.tokens?.refresh_token)).answer.error).toBe('invalid_grant');
  });

  it('takes tokens back', async () => {
    const { server, authorizationServer } = await pair({ tokens: 'opaque' }, { verifies: 'introspection' });
    const { kept } = keep(await connectV1(server.url));
    const token = kept.tokens?.access_token ?? '';
    expect((await post(server.url, token)).status).toBe(200);
    const { revocation_endpoint } = await authorizationServer.metadata();
    const client_id = kept.client?.client_id ?? '';
    expect((await form(revocation_endpoint, { token, client_id })).status).toBe(200);
    expect((await post(server.url, token)).status).toBe(401);
  });

  it('registers who brings its initial access token', async () => {
    const server = keep(await startAuthorizationServer({ registration: 'initial access token' }));
    const { registration_endpoint } = await server.metadata();
    const register = async (headers: Record<string, string>) =>
      (
        await fetch(String(registration_endpoint), {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }),
        })
      ).status;
    expect(await register({})).toBe(401);
    expect(await register({ authorization: `Bearer ${server.initialAccessToken}` })).toBe(201);
  });

  it('fetches the document of a client, and no other', async () => {
    const document = SETUPS.find(({ name }) => name === 'client ID metadata document alone');
    const running = keep((await document?.start()) as Running);
    keep(await connectV1(running.url, running));
    expect(running.authorizationServer.fetched).toEqual([running.clientMetadataUrl]);
    const stranger = { ...running, clientMetadataUrl: 'https://stranger.example.com/client.json' };
    await expect(connectV1(running.url, stranger)).rejects.toThrow('HTTP 400: Error invalid_client');
  });

  it('binds a client to the scope of its registration, where it is set up so: then nothing can be added', async () => {
    const { server } = await pair({ registeredScope: 'binding' });
    const client = keep(await connectV1(server.url));
    await expect(client.call(GUARDED_TOOL, { id: '7' })).rejects.toThrow(
      'invalid_scope: requested scope is not allowed',
    );
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
      frame.contentDocument.querySelector('[name=name]').value = ${JSON.stringify(ALICE.name)};
      frame.contentDocument.querySelector('[name=password]').value = ${JSON.stringify(ALICE.password)};
      await press('Sign in');
      await press('Allow');
      return frame.contentWindow.location.href;
    })()`;
    const { answer } = await browser.visit(`${server.issuer}/jwks`, script);
    expect(answer).toMatch(/\/callback\?code=.+&state=a-state&iss=/);
  }, 60_000);
});
