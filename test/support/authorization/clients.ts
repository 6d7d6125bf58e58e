/** Real clients that log in as their users do: of SDK v1 and of SDK v2, each with a provider that keeps everything in memory. */
import * as v2 from '@modelcontextprotocol/client';
import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { type SignInOptions, signIn } from './sign-in.js';

/** Nobody listens there: `signIn` reads the code off the redirect. */
export const CALLBACK = 'http://127.0.0.1:33418/callback';

export interface LoginOptions extends SignInOptions {
  clientId?: string;
  clientSecret?: string;
  /** The URL of its client ID metadata document. */
  clientMetadataUrl?: string;
  redirectUri?: string;
  scope?: string;
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
  /** Where the person is sent. */
  sentTo?: URL;
  readonly kept: Kept;
  private verifier = '';
  private readonly given = crypto.randomUUID();

  constructor(private readonly options: LoginOptions) {
    this.clientMetadataUrl = options.clientMetadataUrl;
    this.kept = { ...options.kept };
    const { clientId, clientSecret } = options;
    if (clientId) this.kept.client = { client_id: clientId, ...(clientSecret && { client_secret: clientSecret }) };
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

/** Once more from the start, when the person has come back. */
async function withLogin<T>(sentTo: () => boolean, finish: () => Promise<void>, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const unauthorized = error instanceof UnauthorizedError || error instanceof v2.UnauthorizedError;
    if (!unauthorized || !sentTo()) throw error;
    await finish();
    return attempt();
  }
}

/** Connect, log in where the server wants it, and list the tools. Fails with the error that the SDK shows. */
export async function connectV1(url: string, options: LoginOptions = {}): Promise<LoggedIn> {
  const provider = new InMemory(options);
  const transportTo = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  let client = new Client({ name: 'test-client', version: '1.0.0' });
  const login = <T>(attempt: () => Promise<T>): Promise<T> =>
    withLogin(
      () => provider.sentTo !== undefined,
      async () => transportTo().finishAuth(codeOf(await provider.back())),
      attempt,
    );
  try {
    await login(async () => {
      client = new Client({ name: 'test-client', version: '1.0.0' });
      client.onerror = () => {};
      await client.connect(transportTo());
    });
    const { tools } = await client.listTools();
    return {
      tools: tools.map(({ name }) => name),
      call: (name, args) => login(async () => textOf(await client.callTool({ name, arguments: args }))),
      kept: provider.kept,
      close: () => client.close(),
    };
  } catch (error) {
    await client.close().catch(() => {});
    throw error;
  }
}

/** The same with SDK v2. */
export async function connectV2(url: string, options: LoginOptions = {}): Promise<LoggedIn> {
  const provider = new InMemoryV2(options);
  const transportTo = () => new v2.StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  let client = new v2.Client({ name: 'test-client', version: '1.0.0' });
  const login = <T>(attempt: () => Promise<T>): Promise<T> =>
    withLogin(
      () => provider.sentTo !== undefined,
      async () => transportTo().finishAuth(await provider.back()),
      attempt,
    );
  try {
    await login(async () => {
      client = new v2.Client({ name: 'test-client', version: '1.0.0' });
      client.onerror = () => {};
      await client.connect(transportTo());
    });
    const { tools } = await client.listTools();
    return {
      tools: tools.map(({ name }) => name),
      call: (name, args) => login(async () => textOf(await client.callTool({ name, arguments: args }))),
      kept: provider.kept,
      close: () => client.close(),
    };
  } catch (error) {
    await client.close().catch(() => {});
    throw error;
  }
}
