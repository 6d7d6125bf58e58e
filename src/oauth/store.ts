/**
 * Sign-ins that a person asked us to remember: one file in the folder of the operating system for a user's settings, readable by its
 * owner alone. What is found there is used only when it is ours beyond doubt; a file that is damaged, or from a later version, is left
 * as it is.
 */
import { z } from 'zod';
import { type Home, ownFile, thisHome } from './own-file.js';
import type { Kept } from './sign-in.js';
import { WrongUse } from './wrong-use.js';

export const STORE_FORMAT = 'mcp-verdict.tokens/1';

const remembered = z.object({
  /** The URL of the MCP server, to the letter. */
  resource: z.string(),
  /** The issuer of the authorization server, to the letter. Tokens of one are never shown to another. */
  issuer: z.string(),
  clientId: z.string(),
  clientSecret: z.string().optional(),
  /** How we became a client, and the redirect URI that belongs to it. */
  registration: z.object({
    how: z.enum(['given', 'document', 'dynamic']),
    redirectUri: z.string().optional(),
  }),
  tokenAuthMethod: z.string().optional(),
  /** Where a dynamic registration can be taken back, and the token that opens it (RFC 7592). */
  management: z.object({ url: z.string(), token: z.string() }).optional(),
  /** Where the tokens can be given back (RFC 7009). */
  revocationEndpoint: z.string().optional(),
  accessToken: z.string(),
  tokenType: z.string(),
  /** Milliseconds since 1970, as `savedAt`. Absent: the authorization server did not say. */
  expiresAt: z.number().optional(),
  refreshToken: z.string().optional(),
  scope: z.string().optional(),
  savedAt: z.number(),
});

const stored = z.object({ format: z.literal(STORE_FORMAT), signIns: z.array(remembered) });

/** A sign-in, with its secrets. */
export type Remembered = z.infer<typeof remembered>;

/** A sign-in as it may be shown. */
export type RememberedFacts = Omit<Remembered, 'accessToken' | 'refreshToken' | 'clientSecret' | 'management'> & {
  /** It renews itself: there is a refresh token. */
  renews: boolean;
};

export interface Store {
  /** Where it lies, whether or not it exists. */
  readonly file: string;
  /** The sign-in at exactly this URL; with an issuer only one of exactly that. */
  /** Whether a sign-in could be kept. */
  prepare(): Promise<void>;
  find(resource: string, issuer?: string): Promise<Remembered | undefined>;
  /** Keep it, in place of the one for the same URL. */
  save(one: Remembered): Promise<void>;
  /** Forget the one for exactly this URL, or all. Returns how many there were. */
  remove(which: { resource: string } | 'all'): Promise<number>;
  list(): Promise<RememberedFacts[]>;
}

const FILE = 'tokens.json';
const WORDS = {
  one: 'sign-in',
  many: 'sign-ins',
  afterLeak: 'Otherwise delete it, and revoke its tokens at the authorization server.',
};

function parse(path: string, text: string | undefined): Remembered[] {
  if (text === undefined) return [];
  const cure = `Rename it to ${FILE}.old, and sign in again.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser quotes the text, and that holds tokens.
    throw new WrongUse(`${path} is damaged: it is no JSON. ${cure}`);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'string' && format !== STORE_FORMAT && format.startsWith('mcp-verdict.tokens/'))
    throw new WrongUse(
      `${path} was written by another version of mcp-verdict (its format is not ${STORE_FORMAT}). Use that version, or give this one a folder of its own with MCP_VERDICT_CONFIG_DIR.`,
    );
  const parsed = stored.safeParse(value);
  if (!parsed.success) {
    const { path: at = [] } = parsed.error.issues[0] ?? {};
    throw new WrongUse(`${path} is damaged: ${at.length ? `at /${at.join('/')}` : 'it'} is not as expected. ${cure}`);
  }
  return parsed.data.signIns;
}

/** A sign-in that has just been made, or renewed, as it is kept. */
export function rememberedOf(
  { resource, issuer, client, tokens, revocationEndpoint }: Kept & { resource: string; revocationEndpoint?: string },
  savedAt: number,
): Remembered {
  const how = client.how === 'document' || client.how === 'dynamic' ? client.how : 'given';
  return {
    ...{ resource, issuer, clientId: client.id, clientSecret: client.secret },
    registration: { how, redirectUri: client.redirectUri },
    ...{ tokenAuthMethod: client.tokenAuthMethod, management: client.management, revocationEndpoint },
    ...{ accessToken: tokens.accessToken, tokenType: tokens.type, refreshToken: tokens.refreshToken },
    ...{ scope: tokens.scope, expiresAt: tokens.expiresAt, savedAt },
  };
}

/** What was kept, as a sign-in goes on with it. */
export function keptOf(one: Remembered): Kept {
  const { issuer, clientId: id, clientSecret: secret, tokenAuthMethod, management, registration } = one;
  const { accessToken, tokenType: type, refreshToken, scope, expiresAt } = one;
  return {
    issuer,
    client: { id, secret, issuer, tokenAuthMethod, management, ...registration },
    tokens: { accessToken, type, refreshToken, scope, expiresAt },
  };
}

const facts = ({
  accessToken: _access,
  refreshToken,
  clientSecret: _secret,
  management: _management,
  ...rest
}: Remembered): RememberedFacts => ({
  ...rest,
  renews: refreshToken !== undefined,
});

/** The store of this user. Every method throws WrongUse with the cure when the file is not fit to be used. */
export function openStore(home: Home = thisHome()): Store {
  const own = ownFile(FILE, WORDS, home);
  const file = own.path;
  const read = (): Remembered[] => parse(file, own.read());

  /** Read, change and write with nobody in between. `edit` returns null when there is nothing to write. */
  const change = (edit: (signIns: Remembered[]) => Remembered[] | null): Promise<void> =>
    own.change((text) => {
      const signIns = edit(parse(file, text));
      return signIns && `${JSON.stringify({ format: STORE_FORMAT, signIns }, null, 2)}\n`;
    });

  return {
    file,
    async prepare() {
      await change(() => null);
    },
    async find(resource, issuer) {
      return read().find((one) => one.resource === resource && (issuer === undefined || one.issuer === issuer));
    },
    async save(one) {
      await change((signIns) => [
        ...signIns.filter(({ resource }) => resource !== one.resource),
        remembered.parse(one),
      ]);
    },
    async remove(which) {
      let count = 0;
      // No folder is made for nothing.
      if (own.read() === undefined) return 0;
      await change((signIns) => {
        const kept = which === 'all' ? [] : signIns.filter(({ resource }) => resource !== which.resource);
        count = signIns.length - kept.length;
        return count === 0 ? null : kept;
      });
      return count;
    },
    async list() {
      return read().map(facts);
    },
  };
}
