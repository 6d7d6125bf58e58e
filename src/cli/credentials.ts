/** Credentials as the command line names them: headers, a token, a user and password, a key in the URL, or a sign-in over OAuth. */
import { readFileSync } from 'node:fs';
import type { KnownClient } from '../oauth/client.js';
import type { AuthOptions } from '../probe/authorization.js';
import { UsageError } from './exit.js';
import { headerOf } from './headers.js';

export interface CredentialOptions {
  header?: string[];
  bearerEnv?: string;
  basicEnv?: string;
  queryEnv?: string[];
  auth?: 'oauth' | 'client-credentials';
  clientId?: string;
  clientSecretEnv?: string;
  clientKey?: string;
  clientMetadata?: string;
  issuer?: string;
  scope?: string;
  redirectUri?: string;
  signInTimeout?: string;
  remember?: boolean;
  /** False with --no-browser. */
  browser: boolean;
}

/** Options that mean something only beside --auth. */
const OF_SIGN_IN = [
  ['--client-id', 'clientId'],
  ['--client-secret-env', 'clientSecretEnv'],
  ['--client-key', 'clientKey'],
  ['--client-metadata', 'clientMetadata'],
  ['--issuer', 'issuer'],
  ['--scope', 'scope'],
  ['--redirect-uri', 'redirectUri'],
  ['--sign-in-timeout', 'signInTimeout'],
  ['--remember', 'remember'],
] as const;

/** What must not stand in any message of ours, whatever goes wrong: the values that the options of this run brought. */
export const secretsOfRun: string[] = [];

/** The value of a variable that is named in an option. @throws UsageError, without repeating what may be the secret itself. */
function fromEnv(option: string, given: string, holds: string): string {
  const value = process.env[given];
  if (value) {
    secretsOfRun.push(value);
    return value;
  }
  const isName = /^[A-Z_][A-Z0-9_]{0,79}$/.test(given);
  throw new UsageError(
    isName
      ? `${option} names ${given}, which is ${value === '' ? 'empty' : 'not set'}. Set it first: export ${given}=<${holds}>`
      : `${option} needs the name of a variable that holds the ${holds}, not the ${holds} itself. Put that into a variable (export NAME=...), and give its name to ${option}.`,
  );
}

/** Headers of the user, checked. @throws UsageError */
export function headersOf({
  header = [],
  bearerEnv,
  basicEnv,
  auth,
}: Omit<CredentialOptions, 'browser'>): Record<string, string> {
  const headers = Object.fromEntries(
    header.map((line) => {
      const cut = line.indexOf(':');
      if (cut < 1)
        throw new UsageError(
          "A --header has no colon. Write --header 'Name: value', for example --header 'X-Api-Key: abc'.",
        );
      const checked = headerOf(line.slice(0, cut), line.slice(cut + 1));
      if (typeof checked === 'string')
        throw new UsageError(
          `A --header is wrong: ${checked}. Write --header 'Name: value' on one line, for example --header 'X-Api-Key: abc'.`,
        );
      return checked;
    }),
  );
  const ways = [
    bearerEnv !== undefined && '--bearer-env',
    basicEnv !== undefined && '--basic-env',
    auth !== undefined && '--auth',
    headers.authorization !== undefined && "--header 'Authorization: ...'",
  ].filter((way) => way !== false);
  if (ways.length > 1)
    throw new UsageError(`${ways[0]} and ${ways[1]} both say who you are. Leave out one of the two.`);
  if (bearerEnv !== undefined) headers.authorization = `Bearer ${fromEnv('--bearer-env', bearerEnv, 'token')}`;
  if (basicEnv !== undefined) {
    const pair = fromEnv('--basic-env', basicEnv, 'user:password');
    if (!pair.includes(':'))
      throw new UsageError(`--basic-env names ${basicEnv}, which holds no colon. Write user:password into it.`);
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return headers;
}

/** The URL with the keys that stand in variables, and their names. @throws UsageError */
export function withKeys(text: string, pairs: string[] = []): { url: string; keys: string[] } {
  const keys: string[] = [];
  if (pairs.length === 0) return { url: text, keys };
  const url = new URL(text);
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 1)
      throw new UsageError('A --query-env names no parameter. Write --query-env key=NAME for ?key=<value of NAME>.');
    keys.push(pair.slice(0, cut));
    url.searchParams.set(pair.slice(0, cut), fromEnv('--query-env', pair.slice(cut + 1), 'key'));
  }
  return { url: url.href, keys };
}

/** A private key for private_key_jwt, out of a PEM file (PKCS#8). @throws UsageError */
async function keyOf(path: string): Promise<NonNullable<KnownClient['key']>> {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    // The text is not repeated: whoever takes the option for the key itself has written the secret.
    throw new UsageError(
      `Cannot read the file that --client-key names (${(error as NodeJS.ErrnoException).code}). Give the path of a PEM file.`,
    );
  }
  const { importPKCS8 } = await import('jose');
  for (const algorithm of ['ES256', 'RS256', 'PS256', 'EdDSA', 'ES384', 'ES512'])
    try {
      return (await importPKCS8(pem, algorithm)) as NonNullable<KnownClient['key']>;
    } catch {
      // A key of another kind.
    }
  throw new UsageError(
    `The --client-key ${path} holds no private key in PKCS#8, a PEM file whose first line says BEGIN PRIVATE KEY. Convert it: openssl pkcs8 -topk8 -nocrypt -in ${path}`,
  );
}

const MAX_WAIT_S = 3_600;
const WAIT_S = 180;

function waitOf(text: string | undefined): number {
  const seconds = Number(text ?? WAIT_S);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= MAX_WAIT_S) return seconds * 1_000;
  throw new UsageError(
    `--sign-in-timeout is "${text}"; write seconds between 0 and ${MAX_WAIT_S}, for example --sign-in-timeout ${WAIT_S}.`,
  );
}

/** An option that belongs to a sign-in, when there is one. */
export const signInOptionOf = (options: Omit<CredentialOptions, 'browser'>): string | undefined =>
  OF_SIGN_IN.find(([, name]) => options[name] !== undefined)?.[0];

/** A sign-in as the options describe it; undefined where none is wanted. `tell` writes a line to the user. @throws UsageError */
export async function signInOf(
  options: CredentialOptions,
  { url, keys = [] }: { url: string; keys?: readonly string[] },
  tell: (lines: string) => void,
  signal?: AbortSignal,
): Promise<(AuthOptions & { save(): Promise<string | undefined> }) | undefined> {
  const { auth, clientId, clientSecretEnv, clientKey, clientMetadata, scope, redirectUri, remember, browser } = options;
  if (auth === undefined) {
    const alone = signInOptionOf(options);
    if (alone) throw new UsageError(`${alone} belongs to a sign-in. Add --auth oauth, or leave it out.`);
    return undefined;
  }
  const machine = auth === 'client-credentials';
  if (machine && (clientId === undefined || (clientSecretEnv === undefined && clientKey === undefined)))
    throw new UsageError(
      '--auth client-credentials needs the client: --client-id <id> with --client-secret-env <NAME> or --client-key <file>.',
    );
  if (clientId === undefined && (clientSecretEnv !== undefined || clientKey !== undefined))
    throw new UsageError('--client-secret-env and --client-key need the client they belong to: add --client-id <id>.');
  if (options.issuer !== undefined && clientId === undefined)
    throw new UsageError('--issuer says whose client --client-id is. Add --client-id <id>, or leave it out.');
  if (options.issuer !== undefined && !/^https?:\/\/[^/\s]/.test(options.issuer))
    throw new UsageError(
      '--issuer must be the identifier of the authorization server, as its metadata write it: --issuer https://login.example.com/tenant',
    );
  if (clientMetadata !== undefined && !/^https:\/\/[^/]+\/./.test(clientMetadata))
    throw new UsageError(
      '--client-metadata must be an https URL with a path: the address of a client ID metadata document.',
    );
  const waitMs = waitOf(options.signInTimeout);
  for (const [option, value] of [
    ['--client-id', clientId],
    ['--scope', scope],
  ] as const)
    if (value !== undefined && !/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value))
      throw new UsageError(
        `${option} is empty or holds characters that OAuth does not allow there: printable ASCII alone.`,
      );
  const { agentOf, keeper, tryRedirectUri } = await import('./sign-in.js');
  // Before anybody is asked anything.
  if (redirectUri !== undefined && !machine) await tryRedirectUri(redirectUri);
  // What came out of a variable stays out of the file of the sign-ins, and out of its list.
  const resource = new URL(url);
  for (const name of keys) resource.searchParams.delete(name);
  const keep = await keeper(resource.href, remember ?? false);
  const known: KnownClient | undefined =
    clientId === undefined
      ? undefined
      : {
          id: clientId,
          ...(options.issuer !== undefined && { issuer: options.issuer }),
          ...(clientSecretEnv !== undefined && {
            secret: fromEnv('--client-secret-env', clientSecretEnv, 'client secret'),
          }),
          ...(clientKey !== undefined && { key: await keyOf(clientKey) }),
        };
  return {
    mode: machine ? 'client-credentials' : 'authorization-code',
    ...(!machine && { agent: agentOf({ redirectUri, waitMs, browser, tell, signal }) }),
    ...{ known, metadataDocument: clientMetadata, scope },
    ...keep,
  };
}
