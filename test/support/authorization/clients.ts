/** Real clients that log in as their users do: of SDK v1 and of SDK v2, each with a provider that keeps everything in memory. */
import * as v2 from '@modelcontextprotocol/client';
import {
  type AddClientAuthentication,
  type OAuthClientProvider,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import {
  ClientCredentialsProvider as ClientCredentialsV1,
  createPrivateKeyJwtAuth,
} from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { isLoopback, type SignInOptions, signIn } from './sign-in.js';

/** Nobody listens there: `signIn` reads the code off the redirect. */
export const CALLBACK = 'http://127.0.0.1:33418/callback';

export interface LoginOptions extends SignInOptions {
  clientId?: string;
  clientSecret?: string;
  /** The URL of its client ID metadata document. */
  clientMetadataUrl?: string;
  /** PEM of the key that its assertions are signed with. */
  privateKey?: string;
  /** A program without a person. */
  grant?: 'client_credentials';
  redirectUri?: string;
  scope?: string;
  /** An access token given by hand: nobody logs in. */
  token?: string;
  /** Tokens and registration of an earlier login. */
  kept?: Kept;
}

/** What a client keeps between two starts. */
export interface Kept {
  client?: OAuthClientInformationMixed;
  tokens?: OAuthTokens;
}

class InMemory implements OAuthClientProvider {
  readonly clientMetadataUrl?: string;
  readonly addClientAuthentication?: AddClientAuthentication;
  /** Where the person is sent. */
  sentTo?: URL;
  readonly kept: Kept;
  private verifier = '';
  private readonly given = crypto.randomUUID();

  constructor(private readonly options: LoginOptions) {
    this.clientMetadataUrl = options.clientMetadataUrl;
    this.kept = { ...options.kept };
    const { clientId, clientSecret, privateKey } = options;
    if (clientId) this.kept.client = { client_id: clientId, ...(clientSecret && { client_secret: clientSecret }) };
    if (clientId && privateKey)
      this.addClientAuthentication = createPrivateKeyJwtAuth({
        issuer: clientId,
        subject: clientId,
        privateKey,
        alg: 'RS256',
      });
  }

  get redirectUrl() {
    return this.options.redirectUri ?? CALLBACK;
  }
  get clientMetadata() {
    return {
      client_name: 'test client',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      ...(this.options.scope && { scope: this.options.scope }),
    };
  }
  state() {
    return this.given;
  }
  clientInformation() {
    return this.kept.client;
  }
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.kept.client = client;
  }
  tokens() {
    return this.kept.tokens;
  }
  saveTokens(tokens: OAuthTokens) {
    this.kept.tokens = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.sentTo = url;
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier;
  }
  codeVerifier() {
    return this.verifier;
  }

  /** The person signs in and comes back to the callback, with these parameters. */
  async back(): Promise<URLSearchParams> {
    const { sentTo } = this;
    if (!sentTo) throw new Error('The client sends nobody to sign in');
    this.sentTo = undefined;
    const { searchParams } = await signIn(sentTo, this.options);
    if (searchParams.get('state') !== this.given) throw new Error('The state is another one');
    return searchParams;
  }
}

/** SDK v2 remembers where it sent the person, and so knows whose answer it may believe (RFC 9207). */
class InMemoryV2 extends InMemory {
  private discovered?: v2.OAuthDiscoveryState;
  saveDiscoveryState(state: v2.OAuthDiscoveryState) {
    this.discovered = state;
  }
  discoveryState() {
    return this.discovered;
  }
}

/** SDK v1 leaves the parameters of the callback to the application. */
const codeOf = (back: URLSearchParams): string => {
  const error = back.get('error');
  if (error) throw new Error(`${error}: ${back.get('error_description') ?? ''}`);
  return back.get('code') ?? '';
};

export interface LoggedIn {
  tools: string[];
  /** What the server answers to a call, as text. */
  call(name: string, args: Record<string, unknown>): Promise<string>;
  kept: Kept;
  close(): Promise<void>;
}

const textOf = ({ content }: Record<string, unknown>): string =>
  (Array.isArray(content) ? content : []).map((part: { text?: string }) => part.text ?? '').join('');

/** Nothing outside this machine is asked, whatever the metadata says. */
const loopbackOnly: typeof fetch = async (input, init) => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  if (!isLoopback(hostname)) throw new TypeError('fetch failed');
  return fetch(input, init);
};

/** Nothing here hangs; 100 MB of metadata take their time on a busy machine. */
const TIMEOUT = { timeout: 30_000 };
const ID = { name: 'test-client', version: '1.0.0' };
const UNAUTHORIZED = [UnauthorizedError, v2.UnauthorizedError, v2.InsufficientScopeError];

/** What differs between the SDKs: whom they ask for tokens, and what they want to know of the callback. */
interface Login {
  /** Connected, listed and called through here. */
  client: Pick<Client, 'close' | 'listTools' | 'callTool'>;
  connect(): Promise<void>;
  /** True when the person was sent to sign in. */
  sent(): boolean;
  /** The person has come back. */
  finish(): Promise<void>;
  kept: Kept;
}

/** Connect, log in where the server wants it, and list the tools. Fails with the error that the SDK shows. */
async function connected(login: Login): Promise<LoggedIn> {
  const signedIn = async <T>(attempt: () => Promise<T>): Promise<T> => {
    try {
      return await attempt();
    } catch (error) {
      if (!UNAUTHORIZED.some((kind) => error instanceof kind) || !login.sent()) throw error;
      await login.finish();
      return attempt();
    }
  };
  try {
    await signedIn(() => login.connect());
    const { tools } = await signedIn(() => login.client.listTools(undefined, TIMEOUT));
    return {
      tools: tools.map(({ name }) => name),
      call: (name, args) =>
        signedIn(async () => textOf(await login.client.callTool({ name, arguments: args }, undefined, TIMEOUT))),
      kept: login.kept,
      close: () => login.client.close(),
    };
  } catch (error) {
    await login.client.close().catch(() => {});
    throw error;
  }
}

const headersOf = ({ token }: LoginOptions) => ({
  fetch: loopbackOnly,
  ...(token && { requestInit: { headers: { Authorization: `Bearer ${token}` } } }),
});
const credentials = ({ clientId = '', clientSecret = '', scope }: LoginOptions) => ({ clientId, clientSecret, scope });

export function connectV1(url: string, options: LoginOptions = {}): Promise<LoggedIn> {
  const person = new InMemory(options);
  const provider = options.grant ? new ClientCredentialsV1(credentials(options)) : person;
  const authProvider = options.token ? undefined : provider;
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider, ...headersOf(options) });
  // The one that was refused knows where the metadata is.
  let last = transport();
  const login: Login = {
    client: new Client(ID),
    async connect() {
      const client = new Client(ID);
      client.onerror = () => {};
      login.client = client;
      last = transport();
      await client.connect(last, TIMEOUT);
    },
    sent: () => person.sentTo !== undefined,
    finish: async () => last.finishAuth(codeOf(await person.back())),
    kept: person.kept,
  };
  return connected(login);
}

export function connectV2(url: string, options: LoginOptions = {}): Promise<LoggedIn> {
  const person = new InMemoryV2(options);
  const provider = options.grant ? new v2.ClientCredentialsProvider(credentials(options)) : person;
  const authProvider = options.token ? undefined : provider;
  const transport = () => new v2.StreamableHTTPClientTransport(new URL(url), { authProvider, ...headersOf(options) });
  // The one that was refused knows where the metadata is.
  let last = transport();
  const login: Login = {
    client: new Client(ID),
    async connect() {
      const client = new v2.Client(ID);
      client.onerror = () => {};
      login.client = {
        close: () => client.close(),
        listTools: (parameters, limits) => client.listTools(parameters, limits) as never,
        callTool: (call, _schema, limits) => client.callTool(call, limits) as never,
      };
      last = transport();
      await client.connect(last, TIMEOUT);
    },
    sent: () => person.sentTo !== undefined,
    finish: async () => last.finishAuth(await person.back()),
    kept: person.kept,
  };
  return connected(login);
}
