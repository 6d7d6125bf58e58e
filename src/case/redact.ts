/**
 * Secrets never leave. Every string that enters a case file passes here once: known secrets are taken out by value, and what
 * looks like a secret by shape. A secret is replaced by a mark that says what stood there.
 */

/** What was taken out, as it stands in the text. */
const mark = (what: string): string => `<redacted ${what}>`;

/** Words in a name that make its value a secret. */
export const SECRET_NAME =
  /(?:api[-_ ]?key|apikey|access[-_ ]?key|secret|token|passw(?:or)?d|passwd|passphrase|pwd|credential|authorization|auth[-_ ]?key|private[-_ ]?key|signature|session[-_ ]?id|cookie|bearer|connection[-_ ]?string|(?:\b|_)dsn(?![a-z]))/i;

/**
 * Names that hold one of those words and still name no secret: errors (`CredentialsProviderError: Could not ...`), metadata
 * of OAuth (`token_endpoint`), numbers of tokens, the working directory.
 */
const OTHER_NAME =
  /(?:error|exception|warning|endpoint|ur[il]s?|servers?|types?|supported|methods?|files?|path|dir|names?|length|limit|count|manager|provider|iz(?:er|e|ed|ing)|expires(?:_?(?:in|at))?|issuer|schema|required)$|^(?:old)?pwd$/i;

/** Shapes of credentials that can be told without knowing them, with what they are. Prefixes are the vendors' published ones. */
const SHAPES: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, 'private key'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, 'JSON web token'],
  // Not the name of an index or a column (pk_users_email_address): letters of one case alone.
  [/\b(?:sk|pk|rk)[-_](?![a-z_-]+(?![\w-]))[\w-]{16,}/g, 'API key'],
  [/\bgh[opusr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}/g, 'GitHub token'],
  [/\bglpat-[\w-]{16,}/g, 'GitLab token'],
  [/\bxox[abeoprs]-[\w-]{10,}/g, 'Slack token'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, 'AWS access key'],
  [/\bAIza[\w-]{30,}/g, 'Google API key'],
  [/\bya29\.[\w-]{20,}/g, 'Google token'],
  [
    /\b(?:npm|hf|ntn|shpat|lin_api|figd|dckr_pat)_[A-Za-z0-9-]{20,}|\bpypi-[\w-]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}/g,
    'API token',
  ],
  [
    // One plain word is prose: "token verification failed", "basic configuration loaded".
    /\b(?<scheme>Bearer|Basic|Token)\s+(?!<|[A-Za-z][a-z]{0,19}(?![\w+/~=-])|resource_metadata\b|HTTP\/[\d.]+(?![\w+/~=-]))[A-Za-z0-9+/_.~=-]{8,}/gi,
    'credentials',
  ],
];

/** Names with a secret word in them; the lookbehind and the bounds keep hostile text from costing more than its length. */
const NAME = String.raw`(?<![\w-])(?<name>[\w-]{0,60}?${SECRET_NAME.source}[\w-]{0,60})`;

/** A value: everything between two quotes (also escaped ones, of JSON in JSON), or up to a space, quote or comma. */
const VALUE = String.raw`(?:(?<quote>\\?["'])(?<quoted>(?:(?!\k<quote>)[^\r\n]){4,2000}?)\k<quote>|\\?["']?(?<bare>(?!<redacted)(?:(?!\\["']|%26)[^\s"'<>,;&]){4,}))`;

/** `name=value` and `name: value` where the name says that the value is secret. */
const ASSIGNMENT = new RegExp(String.raw`(?<before>${NAME}(?:\\?["'])?\s{0,3}(?:[=:]|%3[AD])\s{0,3})${VALUE}`, 'gi');

/** `--name value` in the middle of a text, as launchers echo command lines. */
const OPTION = new RegExp(
  String.raw`(?<before>(?<![\w-])--?(?=[a-z])${NAME.replace('(?<![\\w-])', '')}\s{1,3})${VALUE}`,
  'gi',
);

/** Credentials of any length behind their header. */
const AUTHORIZATION =
  /(?<before>\bauthorization(?:\\?["'])?\s{0,3}[=:]\s{0,3}(?:\\?["'])?(?:Bearer|Basic|Token|Digest|ApiKey)\s+)(?<bare>(?!<redacted)(?:(?!\\["'])[^\s"'<>,;]){4,})/gi;

/** The whole of a cookie header: the names of cookies are of the site's own choice. */
const COOKIE = /(?<before>\b(?:set-)?cookie(?:\\?["'])?\s{0,3}:\s{0,3}(?:\\?["'])?)(?<bare>[^\s=;"'<]+=[^"'\r\n\\]+)/gi;

/** What stands after a secret name and is plainly no secret: words of error messages, types, placeholders, source code. */
const PROSE =
  /^(?:a|an|and|any|are|as|at|audience|await|be|but|can|cannot|const|could|did|does|empty|env|environment|error|exceeded|exists|expected|expired|expires|failed|false|field|for|found|from|function|got|has|have|header|here|if|in|include|incorrect|input|instead|invalid|is|issuer|it|key|loading|lookup|malformed|may|mismatch|missing|must|needed|needs|new|no|none|not|null|number|object|of|ok|omit|omitted|optional|or|parameter|please|present|provided?|punc|received|rejected|required|revoked|same-origin|set|should|some|something|string|strings|the|this|to|true|type|typeof|unable|unbound|undefined|unexpected|unknown|unset|unsupported|use|using|valid|value|variable|was|were|when|will|with|without|wrong|yes|you|your[-_ ]?[\w -]*|bearer|basic|token|<.*|\*+|x{3,}|\.{3,}|(?:process\.env|import\.meta|os\.environ|os\.getenv|env|config|settings|this|self|options|args)[.[(].*|[\w.]+\(.*)$/i;

/** A placeholder that was never filled in: it is a name, and a fault of its own. */
const PLACEHOLDER =
  /^(?:(?:Bearer|Basic|Token)\s+)?(?:\$\{(?!\w+:-)(?:[\w:.-]|<[\w -]{1,30}>)+\}|\$[A-Z_][A-Z0-9_]*|\{env:\w+\}|\$?\{\{[^}]*\}\}|\{[a-z_-]+\}|%\w+%|<[\w .-]+>|[Yy][Oo][Uu][Rr][-_ ][\w -]*)$/;

export const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value);

function isHarmless(name: string, value: string): boolean {
  if (OTHER_NAME.test(name) || isPlaceholder(value)) return true;
  const word = value.replace(/^[=([{]+|[.,:;!?)\]}]+$/g, '');
  // A sentence in quotes is told by its first word.
  if (word === '' || PROSE.test(word) || (word.includes(' ') && PROSE.test(word.split(' ')[0] ?? ''))) return true;
  return /tokens$/i.test(name) && /^\d+$/.test(word);
}

/** User info in a URL: `scheme://user:password@host`, or one long word without a password. */
const URL_CREDENTIALS = /(?<scheme>\b[a-z][a-z0-9+.-]{0,20}:\/\/)(?:[^\s/@:"'<>]*:[^\s/"'<>]+|[^\s/@:"'<>]{16,})@/gi;

/** A secret in the query of a URL, or `key`, which is no secret name elsewhere. */
const QUERY = new RegExp(
  String.raw`(?<before>(?:[?&]|%3F|%26)(?:key|sig|code|auth|[\w-]{0,30}?${SECRET_NAME.source}[\w-]{0,30})(?:=|%3D))(?<value>(?:(?!%26)[^\s&"'<>#])+)`,
  'gi',
);

/** Whether a parameter of that name carries a credential in a URL. */
export const isSecretParameter = (name: string): boolean =>
  /^(?:key|sig|code|auth)$/i.test(name) || SECRET_NAME.test(name);

/** A mode, a number, a path, a loopback address: a value that is no secret unless the name of its variable says so. */
const EVERYDAY =
  /^(?:true|false|\d{1,6}|[a-z]{1,20}(?:[-_][a-z]{1,12}){0,2}|\/[\w./-]*|https?:\/\/(?:localhost|127\.0\.0\.1)[\w.:/-]*)$/i;

/** Variables whose value is never a secret, and stands in every second line of a log. */
const PLAIN_NAME = /^(?:PATH|HOME|PWD|OLDPWD|LANG|LC_ALL|TERM|SHELL|USER|LOGNAME|NODE_ENV|TZ)$/i;

/** The values of an environment that must not appear anywhere. A password inside the URL of a service counts by itself. */
export const secretValues = (env: Record<string, unknown>): string[] =>
  Object.entries(env).flatMap(([name, value]) => {
    if (typeof value !== 'string' || value.length < 4 || PLAIN_NAME.test(name) || isPlaceholder(value)) return [];
    if (!SECRET_NAME.test(name) && EVERYDAY.test(value)) return [];
    const password = /^[a-z][\w+.-]*:\/\/[^\s/@:]*:([^\s/]+)@/i.exec(value)?.[1];
    return password ? [value, password, decoded(password)] : [value];
  });

/** The credentials in a URL: its password, a long user name, and the values of secret parameters. */
export function secretUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { username, password, searchParams } = new URL(text);
  const user = username.length >= 16 || password === '' ? [username] : [];
  const ofQuery = [...searchParams].flatMap(([name, value]) => (isSecretParameter(name) ? [value] : []));
  return [...user, password, ...ofQuery].flatMap((value) => (value === '' ? [] : [value, decoded(value)]));
}

/** Percent-decoded, or as it was when it is no valid encoding. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export type Redactor = (text: string) => string;

/** Shorter values in base64 would be found in everything. */
const MIN_ENCODED = 12;

/** What of a value stands in base64 at whichever place of a longer text it begins: without the characters it shares with its neighbours. */
function inBase64(secret: string): string[] {
  if (secret.length < MIN_ENCODED) return [];
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret.slice(0, 4_000)));
  return [0, 1, 2].flatMap((before) => {
    const whole = btoa('x'.repeat(before) + bytes);
    const own = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The forms in which a value may come back: in a URL, in JSON, in JSON within JSON, in base64, and a long one line by line. */
function formsOf(secret: string): string[] {
  // encodeURIComponent refuses half of a surrogate pair.
  const whole = secret.replace(/\p{Surrogate}/gu, '\uFFFD');
  const encoded = encodeURIComponent(whole);
  const json = JSON.stringify(secret).slice(1, -1);
  const lines = /[\r\n]/.test(secret) ? secret.split(/[\r\n]+/).map((line) => line.trim()) : [];
  return [
    secret,
    encoded,
    encoded.replaceAll('%20', '+'),
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ v: whole }).toString().slice(2),
    json,
    JSON.stringify(json).slice(1, -1),
    ...inBase64(whole),
    ...lines.filter((line) => line.length >= 8 && !line.startsWith('-----')),
  ];
}

/** Names of headers and hosts come back in lower case. Shorter values would tear ordinary words apart. */
const MIN_ANY_CASE = 12;

interface Form {
  text: string;
  lower: string;
  /** The same in any mixture of cases. */
  any(): RegExp;
}

const formIn = (text: string): Form => {
  let any: RegExp | undefined;
  return {
    text,
    lower: text.toLowerCase(),
    any: () => (any ??= new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi')),
  };
};

/** A text that was cut may end in the first part of a secret. This long it is worth taking out. */
const MIN_PART = 6;
/** Nothing is cut shorter than this. */
const SHORTEST_CUT = 40;

function withoutCutSecret(text: string, forms: string[]): string {
  if (text.length < SHORTEST_CUT) return text;
  const lower = text.toLowerCase();
  // A letter that is longer in lower case would move every place behind it.
  const whole = lower.length === text.length ? lower : text;
  for (const form of forms) {
    const first = form.slice(0, MIN_PART);
    for (
      let from = whole.lastIndexOf(first);
      from !== -1 && whole.length - from < form.length;
      from = from === 0 ? -1 : whole.lastIndexOf(first, from - 1)
    )
      if (form.startsWith(whole.slice(from))) return text.slice(0, from) + mark('value');
  }
  return text;
}

/**
 * A function that takes secrets out of text. `secrets` are values known to be secret (of variables, headers, tokens); those
 * shorter than 4 characters are left, since they would tear ordinary words apart.
 */
export function redactor(secrets: Iterable<string> = []): Redactor {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= 4);
  const forms = [...new Set(known.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  // A short word is only taken out where it stands by itself: "test" is no part of "latest".
  const short = forms
    .filter((form) => /^\w{1,7}$/.test(form))
    .map((form) => new RegExp(String.raw`(?<![A-Za-z0-9])${form}(?![A-Za-z0-9])`, 'g'));
  const long = forms.filter((form) => !/^\w{1,7}$/.test(form));
  const cuttable = [...new Set(long.filter((form) => form.length > MIN_PART).map((form) => form.toLowerCase()))];
  const exact = long.filter((form) => form.length < MIN_ANY_CASE);
  const anyCase = long.filter((form) => form.length >= MIN_ANY_CASE).map(formIn);
  type Groups = { before: string; name?: string; bare?: string; quote?: string; quoted?: string };
  const assigned = (whole: string, ...args: unknown[]): string => {
    const { before, name = '', bare, quote = '', quoted } = args.at(-1) as Groups;
    const value = quoted ?? bare ?? '';
    if (value.startsWith('<redacted') || isHarmless(name, value)) return whole;
    return quoted === undefined
      ? whole.slice(0, whole.length - value.length) + mark('value')
      : `${before}${quote}${mark('value')}${quote}`;
  };
  return (text) => {
    let clean = text;
    const lower = text.toLowerCase();
    for (const form of anyCase) if (lower.includes(form.lower)) clean = clean.replace(form.any(), mark('value'));
    for (const form of exact) if (clean.includes(form)) clean = clean.replaceAll(form, mark('value'));
    for (const form of short) clean = clean.replace(form, mark('value'));
    clean = withoutCutSecret(clean, cuttable);
    for (const [shape, what] of SHAPES)
      clean = clean.replace(shape, (...args) => {
        const { scheme } = (args.at(-1) as { scheme?: string } | undefined) ?? {};
        return scheme ? `${scheme} ${mark(what)}` : mark(what);
      });
    clean = clean.replace(
      URL_CREDENTIALS,
      (...args) => `${(args.at(-1) as { scheme: string }).scheme}${mark('credentials')}@`,
    );
    clean = clean.replace(QUERY, (...args) => `${(args.at(-1) as { before: string }).before}${mark('value')}`);
    clean = clean.replace(COOKIE, assigned).replace(AUTHORIZATION, assigned);
    clean = clean.replace(ASSIGNMENT, assigned);
    return clean.replace(OPTION, (whole, ...args) => {
      const { bare } = args.at(-1) as Groups;
      // "--token option", "--api-key flag": prose about the option.
      return bare !== undefined && /^(?:-|[a-z]+[.,:;)]*$)/.test(bare) ? whole : assigned(whole, ...args);
    });
  };
}

/** Whether what stands under that name is a secret: of a variable, a header, a field. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !OTHER_NAME.test(name);

const isSecretOption = (word: string): boolean => /^--?[\w-]+$/.test(word) && isSecretName(word);

/** Words of a command line with the values of secret options taken out: `--api-key X`, `--token=X`, `-H "Authorization: X"`. */
export function redactArgs(args: readonly string[], redact: Redactor): string[] {
  return args.map((word, index) => {
    if (isSecretOption(args[index - 1] ?? '') && !word.startsWith('-'))
      return isPlaceholder(word) ? word : mark('value');
    return redact(word);
  });
}

/** The values that a command line gives to secret options. The server may print them. */
export function secretArgs(args: readonly string[]): string[] {
  return args.flatMap((word, index) => {
    const [option = '', value] = word.split(/=(.*)/s);
    if (value !== undefined && (isSecretOption(option) || /^[A-Z]\w*$/.test(option)))
      return secretValues({ [option]: value });
    return isSecretOption(args[index - 1] ?? '') && !word.startsWith('-') ? secretValues({ token: word }) : [];
  });
}

/** Items of a list after the redactor, where a private key that stands line by line is taken out to its end. */
function redactList<T>(items: T[], each: (item: T, index: number) => T): T[] {
  let inKey = false;
  return items.map((item, i) => {
    const text = typeof item === 'string' ? item : (item as { text?: unknown } | null)?.text;
    const begins = typeof text === 'string' && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
    const ends = typeof text === 'string' && /-----END [A-Z ]*PRIVATE KEY-----/.test(text);
    const hide = inKey && typeof text === 'string' && !begins;
    inKey = (inKey || begins) && !ends;
    if (!hide) return each(item, i);
    return each((typeof item === 'string' ? mark('private key') : { ...item, text: mark('private key') }) as T, i);
  });
}

/** Shorter names hold no secret that could be told from a word. */
const MIN_NAME = 8;

/** Names are few, and stand in a case again and again: each is looked at once. */
function redactorOfNames(redact: Redactor): Redactor {
  const seen = new Map<string, string>();
  return (name) => {
    if (name.length < MIN_NAME) return name;
    const clean = seen.get(name) ?? redact(name);
    seen.set(name, clean);
    return clean;
  };
}

/** Every string in a JSON value, and every name in it, through the redactor; calls `onChange` with the pointer of each that was changed. */
export function redactDeep<T>(
  value: T,
  redact: Redactor,
  onChange: (at: string) => void,
  at = '',
  redactName = redactorOfNames(redact),
): T {
  if (typeof value === 'string') {
    const clean = redact(value);
    if (clean !== value) onChange(at);
    return clean as T;
  }
  if (Array.isArray(value))
    return redactList(value, (item, i) => redactDeep(item, redact, onChange, `${at}/${i}`, redactName)) as T;
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        // A server chooses names as well: of headers, of the parameters of a challenge.
        const key = redactName(name);
        const here = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        if (key !== name) onChange(here);
        return [key, redactDeep(inner, redact, onChange, here, redactName)];
      }),
    ) as T;
  return value;
}
