/** `mcp-verdict auth`: the sign-ins that are remembered, and the way to end them. Never shows a token. */
import picocolors from 'picocolors';
import { redactor } from '../case/redact.js';
import { type Given, giveBack } from '../oauth/sign-out.js';
import { openStore, type Remembered } from '../oauth/store.js';
import { escapeLine } from '../render/escape.js';
import { wrap } from '../render/terminal.js';
import { TOOL } from '../tool.js';
import { EXIT, UsageError } from './exit.js';

const WIDTH = 80;
/** Widths of the columns under a server; with their gaps they fill the line. */
const COLUMNS = { ISSUER: 27, SCOPE: 19, EXPIRES: 15, SAVED: 11 };
const INDENT = '  ';
const MAX_CELL = 500;

/** What a file or a server wrote, in one line that is safe to show. A URL may hold a key of its own. */
const shown = (text: string): string => escapeLine(redactor()(text), MAX_CELL);

/** A length of time in the largest unit that says something. */
function span(ms: number): string {
  const minutes = Math.abs(ms) / 60_000;
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  if (minutes < 100) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}

function expiry({ expiresAt, renews }: { expiresAt?: number; renews: boolean }, now: number): string {
  const left = expiresAt === undefined ? undefined : expiresAt - now;
  const when = left === undefined ? 'not told' : left > 0 ? `in ${span(left)}` : `expired ${span(left)} ago`;
  return renews ? `${when}, renews itself` : when;
}

/** Lines of a cell: between words where that is possible, anywhere in a word that is too long. */
const cell = (text: string, width: number): string[] =>
  wrap(text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$& '), width);

function row(texts: string[]): string[] {
  const widths = Object.values(COLUMNS);
  const cells = texts.map((text, i) => cell(text, widths[i] ?? WIDTH));
  const height = Math.max(...cells.map((lines) => lines.length));
  return [...Array(height).keys()].map((line) =>
    `${INDENT}${cells.map((lines, i) => (lines[line] ?? '').padEnd(widths[i] ?? 0)).join(INDENT)}`.trimEnd(),
  );
}

/** `auth list`. Returns the exit code. @throws UsageError when the file is not fit to be used. */
export async function listSignIns({ format, color }: { format: string; color: boolean }): Promise<number> {
  const store = openStore();
  const signIns = await store.list();
  const now = Date.now();
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  if (format === 'json') {
    const plain = signIns.map(({ resource, issuer, clientId, registration, scope, expiresAt, savedAt, renews }) => ({
      server: shown(resource),
      ...{ issuer: shown(issuer), clientId: shown(clientId), registration: registration.how },
      scope: scope === undefined ? null : shown(scope),
      ...{ expiresAt: iso(expiresAt), renews, savedAt: iso(savedAt) },
    }));
    const document = { format: 'mcp-verdict.sign-ins/1', file: store.file, signIns: plain };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return EXIT.healthy;
  }
  if (signIns.length === 0) {
    process.stdout.write(
      'No sign-in is remembered. To sign in and keep it: mcp-verdict verify --auth oauth --remember <url>\n',
    );
    return EXIT.healthy;
  }
  const paint = picocolors.createColors(color && !process.env.NO_COLOR && process.stdout.isTTY === true);
  const lines = [
    ...['SERVER', ...row(Object.keys(COLUMNS))].map((line) => paint.dim(line)),
    ...signIns.flatMap((one) => [
      paint.bold(shown(one.resource)),
      ...row([shown(one.issuer), shown(one.scope ?? '-'), expiry(one, now), `${span(now - one.savedAt)} ago`]),
    ]),
    '',
    `Kept in ${store.file}. To end one: mcp-verdict auth logout <url>`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.healthy;
}

/** The authorization server cannot end it, and is not expected to (RFC 7009 section 2.2.1). */
const takesNone = (given: Given): boolean => !given.revoked && given.why.startsWith('unsupported_token_type');

function outcome({ resource, issuer, expiresAt, refreshToken }: Remembered, given: Given[] | undefined): string {
  const left = expiresAt === undefined ? undefined : expiresAt - Date.now();
  const life =
    left === undefined
      ? 'stays valid as long as that server likes'
      : left > 0
        ? `stays valid for ${span(left)} more`
        : 'has expired';
  const removed = `Signed out of ${shown(resource)}: the sign-in is removed from this machine`;
  if (!given)
    return `${removed}. ${shown(issuer)} names no revocation endpoint, and the access token ${life}${refreshToken === undefined ? '' : ', the refresh token as long as that server likes'}.`;
  const revoked = given.filter((one) => one.revoked).map(({ token }) => token);
  const kept = given.flatMap((one) => (one.revoked ? [] : [one]));
  const says = revoked.length
    ? `${removed}, and ${shown(issuer)} has revoked the ${revoked.join(' and the ')}.`
    : `${removed}.`;
  const stays = kept.map(({ token, why }) =>
    token === 'access token'
      ? `The access token was not revoked (${shown(why)}) and ${life}.`
      : `The refresh token was not revoked (${shown(why)}): end the session at ${shown(issuer)} itself.`,
  );
  return [says, ...stays].join(' ');
}

/** `auth logout`. Returns the exit code. @throws UsageError for a URL without a sign-in, or when the file is not fit to be used. */
export async function logOut(
  url: string | undefined,
  { all, format }: { all?: boolean; format: string },
): Promise<number> {
  if ((url === undefined) === !all)
    throw new UsageError(
      all
        ? 'A URL and --all say two things. Leave out one of the two.'
        : 'Which sign-in is to end? Give the URL of the server, or --all. The list: mcp-verdict auth list',
    );
  const store = openStore();
  const known = await store.list();
  // As it was written, or as a browser would write it.
  const wanted = (resource: string) =>
    url === undefined || resource === url || (URL.canParse(url) && resource === new URL(url).href);
  const urls = known.map(({ resource }) => resource).filter(wanted);
  if (urls.length === 0 && url !== undefined) {
    const others = known.slice(0, 5).map(({ resource }) => shown(resource));
    throw new UsageError(
      `No sign-in is remembered for ${shown(url)}. ${others.length ? `There is one for: ${others.join(', ')}` : 'There is none at all.'}`,
    );
  }
  const ended = await Promise.all(
    urls.map(async (resource) => {
      const one = await store.find(resource);
      if (!one) return [];
      // Given back first: whoever is interrupted here can do it again.
      const given = await giveBack(one, `${TOOL.name}/${TOOL.version}`);
      await store.remove({ resource });
      return [{ one, given }];
    }),
  );
  const signedOut = ended.flat();
  if (format === 'json') {
    const plain = signedOut.map(({ one, given }) => ({
      ...{ server: shown(one.resource), issuer: shown(one.issuer) },
      tokens: given?.map((each) => (each.revoked ? each : { ...each, why: shown(each.why) })) ?? null,
    }));
    process.stdout.write(`${JSON.stringify({ format: 'mcp-verdict.sign-out/1', signedOut: plain }, null, 2)}\n`);
  } else if (signedOut.length === 0) process.stdout.write('No sign-in is remembered.\n');
  else
    process.stdout.write(
      `${signedOut.map(({ one, given }) => wrap(outcome(one, given), WIDTH).join('\n')).join('\n\n')}\n`,
    );
  const failed = signedOut.some(({ given }) => given?.some((each) => !each.revoked && !takesNone(each)));
  return failed ? EXIT.wrong : EXIT.healthy;
}
