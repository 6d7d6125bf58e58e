/**
 * Secrets never leave. Every string that enters a case file passes here once: known secrets are taken out by value, and what
 * looks like a secret by shape. A secret is replaced by a mark that says what stood there.
 */

/** What was taken out, as it stands in the text. */
const mark = (what: string): string => `<redacted ${what}>`;

/** Words in a name that make its value a secret. */
export const SECRET_NAME = /(?:api[-_ ]?key|apikey|access[-_ ]?key|secret|token|passw(?:or)?d|passwd|pwd|credential|authorization|auth[-_ ]?key|private[-_ ]?key|signature|session[-_ ]?id|cookie|bearer|connection[-_ ]?string|dsn)/i;

/** Shapes of credentials that can be told without knowing them, with what they are. Prefixes are the vendors' published ones. */
const SHAPES: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, 'private key'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, 'JSON web token'],
  [/\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{16,}/g, 'API key'],
  [/\bgh[opusr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}/g, 'GitHub token'],
  [/\bglpat-[\w-]{16,}/g, 'GitLab token'],
  [/\bxox[abeoprs]-[\w-]{10,}/g, 'Slack token'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, 'AWS access key'],
  [/\bAIza[\w-]{30,}/g, 'Google API key'],
  [/\bya29\.[\w-]{20,}/g, 'Google token'],
  [/\b(?:npm|pypi|dckr_pat|hf|ntn|lin_api|figd|shpat|SG)[_.-][A-Za-z0-9_.-]{20,}/g, 'API token'],
  [/\b(?<scheme>Bearer|Basic|Token)\s+(?!<|realm\b|error\b|resource_metadata\b|scope\b|auth|token\b)[A-Za-z0-9+/_.~=-]{8,}/gi, 'credentials'],
];

/** `name=value` and `name: value` where the name says that the value is secret. The value ends at a space, quote or comma. */
const ASSIGNMENT = new RegExp(
  String.raw`(?<before>["']?\b[\w-]*${SECRET_NAME.source}[\w-]*["']?\s*[=:]\s*["']?)(?<value>(?!<redacted)[^\s"'<>,;&]{4,})`,
  'gi',
);

/** Values after a secret name that are plainly no secret: words of error messages and types. */
const HARMLESS = /^(?:true|false|null|undefined|none|missing|required|invalid|not|is|are|must|unset|empty|set|string|\[.*|\{.*|\(.*|\$\{?\w*\}?|<.*|\*+|x{3,}|your[-_]?\w*|Bearer|Basic)$/i;

/** User info in a URL: `scheme://user:password@host`. */
const URL_CREDENTIALS = /(?<scheme>\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi;

/** A secret in the query of a URL, or `key`, which is no secret name elsewhere. */
const QUERY = new RegExp(String.raw`(?<before>[?&](?:key|sig|code|auth|${SECRET_NAME.source})[\w-]*=)(?<value>[^\s&"'<>#]+)`, 'gi');

/** A mode, a number, a path, a loopback address: a value that is no secret unless the name of its variable says so. */
const EVERYDAY = /^(?:true|false|\d{1,6}|[a-z]{1,20}(?:[-_][a-z]{1,12}){0,2}|\/[\w./-]*|https?:\/\/(?:localhost|127\.0\.0\.1)[\w.:/-]*)$/i;

/** Variables whose value is never a secret, and stands in every second line of a log. */
const PLAIN_NAME = /^(?:PATH|HOME|PWD|LANG|LC_ALL|TERM|SHELL|USER|LOGNAME|NODE_ENV|TZ)$/i;

/** The values of an environment that must not appear anywhere. */
export const secretValues = (env: Record<string, unknown>): string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= 4 && !PLAIN_NAME.test(name) && (SECRET_NAME.test(name) || !EVERYDAY.test(value)) && !/^[<$]/.test(value) ? [value] : [],
  );

export interface Redactor {
  (text: string): string;
}

/**
 * A function that takes secrets out of text. `secrets` are values known to be secret (of variables, headers, tokens); those
 * shorter than 4 characters are left, since they would tear ordinary words apart.
 */
export function redactor(secrets: Iterable<string> = []): Redactor {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  // The same value in the forms in which it may come back.
  const forms = known.flatMap((secret) => [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])]);
  return (text) => {
    let clean = text;
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, mark('value'));
    for (const [shape, what] of SHAPES)
      clean = clean.replace(shape, (...args) => {
        const { scheme } = (args.at(-1) as { scheme?: string } | undefined) ?? {};
        return scheme ? `${scheme} ${mark(what)}` : mark(what);
      });
    clean = clean.replace(URL_CREDENTIALS, (...args) => `${(args.at(-1) as { scheme: string }).scheme}${mark('credentials')}@`);
    clean = clean.replace(QUERY, (...args) => `${(args.at(-1) as { before: string }).before}${mark('value')}`);
    return clean.replace(ASSIGNMENT, (whole, ...args) => {
      const { before, value } = args.at(-1) as { before: string; value: string };
      return HARMLESS.test(value) ? whole : `${before}${mark('value')}`;
    });
  };
}

/** Words of a command line with the values of secret options taken out: `--api-key X`, `--token=X`, `-H "Authorization: X"`. */
export function redactArgs(args: readonly string[], redact: Redactor): string[] {
  return args.map((word, index) => {
    const option = args[index - 1] ?? '';
    if (/^--?[\w-]+$/.test(option) && SECRET_NAME.test(option) && !word.startsWith('-')) return mark('value');
    return redact(word);
  });
}

/** Response headers whose values may be kept. Everything else is kept as its name alone. */
const KEPT_HEADERS = new Set([
  'access-control-allow-headers', 'access-control-allow-methods', 'access-control-allow-origin',
  'access-control-expose-headers', 'age', 'allow', 'alt-svc', 'cache-control', 'cf-cache-status', 'cf-mitigated', 'cf-ray',
  'connection', 'content-encoding', 'content-length', 'content-type', 'date', 'fly-request-id', 'keep-alive', 'location',
  'mcp-protocol-version', 'retry-after', 'server', 'strict-transport-security', 'transfer-encoding', 'upgrade', 'vary',
  'via', 'www-authenticate', 'x-accel-buffering', 'x-cache', 'x-powered-by', 'x-railway-edge', 'x-railway-fallback',
  'x-railway-request-id', 'x-vercel-error', 'x-vercel-id',
]);

/** Headers by allow-list: the value of a known one, `<set>` for any other. */
export function redactHeaders(headers: Record<string, string>, redact: Redactor): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const key = name.toLowerCase();
      return [key, KEPT_HEADERS.has(key) ? redact(value).slice(0, 1_000) : '<set>'];
    }),
  );
}

/** Every string in a JSON value through the redactor; calls `onChange` with the pointer of each that was changed. */
export function redactDeep<T>(value: T, redact: Redactor, onChange: (at: string) => void, at = ''): T {
  if (typeof value === 'string') {
    const clean = redact(value);
    if (clean !== value) onChange(at);
    return clean as T;
  }
  if (Array.isArray(value)) return value.map((item, i) => redactDeep(item, redact, onChange, `${at}/${i}`)) as T;
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, redactDeep(inner, redact, onChange, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)]),
    ) as T;
  return value;
}
