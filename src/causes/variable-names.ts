/** Names of environment variables that a text says are absent: how languages, libraries and people word it. */
import { type Line, unlogged } from './words.js';

/** A variable as programs write it: capitals with an underscore. A single word in capitals needs a line that says so. */
const NAME = String.raw`[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+`;
const LIST = new RegExp(
  String.raw`\b${NAME}\b(?:['"\`]?(?:\s*[,;/|&+]\s*(?:and |or )?|\s+(?:and|or)\s+)['"\`]?${NAME}\b)*`,
  'g',
);
/** Capitals that are error codes, versions of libraries, or hints for a trace. */
const NOT_A_VARIABLE =
  /^(?:ERR|ERROR|E|UND_ERR|HTTP|HTTPS|NO|SSL|TLS|MODULE|NODE|PYTHON|RUST|JAVA|UV|NPM|PIP|GLIBC\w*|CXXABI|YOUR|MY|LOG|JSON|UTF|SQL)_|_(?:NOT_FOUND|ERROR|FAILED|EXCEPTION|DENIED|REFUSED|REQUIRED|INVALID|TIMEOUT|UNAVAILABLE)$|^(?:PRIMARY|FOREIGN)_KEY$|^NOT_/;
/** Names that a server is given from outside. Weak wordings ("set X", "X not found") count only for these. */
export const GIVEN =
  /(?:KEYS?|TOKENS?|SECRETS?|PASS(?:WORD|WD)?|PAT|CREDENTIALS|UR[LI]|HOST(?:NAME)?|DSN|ENDPOINT|USER(?:NAME)?|EMAIL|ID|DOMAIN|COOKIE|DATABASE|ACCOUNT|STRING)$/;
const ENV = /\benv(?:ironment)?(?: var(?:iable)?s?)?\b|process\.env|os\.environ|\.env\b|\bconfig(?:uration)?\b/i;

const VERB = '(?:set|defined|provided|specified|configured|supplied|present|given|exported|available)';
const AFTER = new RegExp(
  String.raw`^['"\`)\]}]{0,3}(?: ?\([^)]{0,60}\))?\s{0,2}[:=,-]?\s*(?:(?:as an? )?(?:env(?:ironment)?[ -]?(?:var(?:iable)?s?)?|variables?|settings?|keys?|values?|secrets?)(?:\(s\))?\s*)?(?:(?:is|are|was|were|has|have|been|be|must|should|both|all|but|either)\s+){0,3}` +
    String.raw`(?:missing|required|mandatory|unset|undefined|empty|blank|not (?:been |yet )?(?:be )?(?:${VERB}|empty|blank)|cannot be (?:empty|blank|null|undefined|none)|(?:(?:must|should|needs? to|ha(?:s|ve) to) )?be (?:non-?empty|${VERB})|None\b|\[{1,2}\s?['"]Required)`,
  'i',
);
const BEFORE =
  /\b(?:missing|requires?|required|requiring|undefined|unset|must (?:set|provide|define|specify|supply|export|have)|please (?:set|provide|export|define|specify|add|configure)|you need(?: to (?:set|provide))?|expected)\b[^.!?]{0,70}$/i;
const WEAK_BEFORE =
  /\b(?:set|provide|export|define|specify|supply|no|without|need|pass|via|(?:not|n't) (?:find|found|set|read|load|get))\b[^.!?]{0,70}$/i;
const WEAK_AFTER = /^['"`)]{0,2}:? (?:environment variable |env var )?(?:is |was )?(?:not found|could not be found)\b/i;

/** Lines whose shape says that it is a variable, whatever its letters. */
const EXACT = [
  /\bKeyError: ['"](?<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)['"]|\bkey not found: "(?<ruby>[A-Z][A-Z0-9_]+)"|[Uu]ndefined (?:array key|index):? "?(?<php>[A-Z][A-Z0-9]*_[A-Z0-9_]+)/,
  /[Cc]ould not resolve placeholder '(?<spring>[\w.:-]+?)'|config property (?<mp>\S+) is required but|\brequired key (?<go>[A-Z][A-Z0-9_]*) missing value|\b(?<sh>[A-Z]\w*): (?:unbound variable|parameter (?:null or )?not set)/,
  /\b(?:[Nn]ot found|[Mm]issing|[Uu]nset|[Rr]equired|[Uu]ndefined|could not fetch)\b[^.]{0,20} [Ee]nv(?:ironment)?[ _-]?[Vv]ar(?:iable)?s?(?: named)?:? ['"`$]*(?<a>[A-Z][A-Z0-9_]{2,}(?:, ?[A-Z][A-Z0-9_]{2,})*|(?<=['"`])\w+)/,
  /\b[Ee]nv(?:ironment)?[ _-]?[Vv]ar(?:iable)?s?(?: not found| missing)?:? (?:['"`$]+(?<q>\w+)['"`]+|(?<b>[A-Z][A-Z0-9_]{2,})) ?(?:is |was |must |cannot |has )?(?:$|not |missing|required|unset|undefined|empty|be )|\b[Ee]nvironment variable not found: (?<rust>\w+)/,
  /\b(?<c>[A-Z][A-Z0-9]{2,})['"`]? env(?:ironment)?[ -]?var(?:iable)?s?(?: (?:is|was|must be))? (?:not |missing|required|unset|undefined|empty|set|provided)|\b(?:[Mm]issing|[Rr]equired?s?|[Ss]et(?: the)?|[Nn]o) ['"`$]?(?<d>[A-Z][A-Z0-9]{2,})['"`]? env(?:ironment)? var/,
  // Written as a variable, any name is one: $HOME, %APPDATA%, ENV['TOKEN'].
  /\$\{?(?<dollar>[A-Z][A-Z0-9_]*)\}?['"`)]{0,2}:? (?:(?:env(?:ironment)? )?var(?:iable)? )?(?:(?:is|are|was|must|has|be|been) ){0,3}(?:not (?:been )?(?:set|defined|found|provided|exported)|unset|undefined|missing|empty|required|(?<=(?:must|should|needs to|has to) be )set\b)|%(?<percent>[A-Z][A-Z0-9_]*)% (?:is|are|was) (?:not (?:set|defined)|empty|undefined)|\bENV\[['"](?<env>\w+)['"]\]\W{0,3}(?:is |was )?(?:nil|not |missing|empty|required)|[Gg]etenv\(['"](?<getenv>\w+)['"]\)\W{0,3}(?:is |was |returned )?(?:null|nil|not |missing|empty)/,
  /\b[Ee]nv(?:ironment)? ?var(?:iable)?s? ['"`$]*(?<f>[A-Z][A-Z0-9_]*)['"`]*: (?:not (?:found|present|set|defined)|missing|undefined|unset)|\brequired variable (?<compose>\w+) is missing a value|variable '\$(?:env:)?(?<ps>\w+)' cannot be retrieved|\b[Vv]ariable ['"`]?(?<fish>[A-Z][A-Z0-9_]*)['"`]? (?:is|was) (?:not set|unset|undefined)/,
  /\b(?<own>HOME|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|TMPDIR|JAVA_HOME|GOPATH|GOCACHE|DISPLAY|SYSTEMROOT)['"`]?(?: env(?:ironment)?(?: var(?:iable)?)?)? (?:(?:is|was|must|be|has|been) ){0,3}(?:not (?:set|defined|found)|unset|undefined|missing|empty|required|(?<=(?:must|should|needs to|has to) be )set\b)/,
  /\bKeyError: ['"](?<home>HOME|USER|USERPROFILE|APPDATA|PATH|PORT|TOKEN)['"]|\b(?<single>[A-Z][A-Z0-9]{2,})['"`]? env(?:ironment)? (?:is |was )?(?:not |missing|required|unset|undefined)/,
  /(?:process\.env|os\.environ|import\.meta\.env)\W{1,3}(?<e>[A-Z][A-Z0-9_]{2,})\W{1,3}(?:is |was )?(?:not |missing|required|undefined|empty)/,
];
/** Localised programs: the word for "environment variable" or "not set" beside a name in capitals. */
const LOCAL =
  /环境变量|環境変数|Umgebungsvariable|variable d[’']environnement|variable de entorno|vari[áa]vel de ambiente|переменн\S+ (?:окружения|среды)|환경 ?변수|未设置|未配置|缺少|设置されていません|nicht gesetzt|fehlt|non définie|no está definida/;
/** Several lines: a heading with names below it (envalid, dotenv-safe, t3-env), an issue of zod, a field of pydantic. */
const HEADING =
  /^.*\b(?:(?:missing|required|unset|undefined|(?<invalid>invalid)|following)\b[^:\n]{0,40}\b(?:env(?:ironment)?|variables?|config(?:uration)?|settings)\b[^:\n]{0,70}:?\s*[[{]?|not present in the environment:?|variables? (?:is|are) (?:missing|required|not set)[^:\n]{0,30}:[ \t]*)(?<list>(?:\n[ \t\p{P}\p{S}\d]*[A-Z][A-Z0-9_]{2,}.*){1,12})/gimu;
/** Asked for in a sentence, with a list of names below it: "Please set either:". */
const ASKED = new RegExp(
  String.raw`\b(?:[Ss]et|[Pp]rovide|[Dd]efine|[Ee]xport|[Cc]onfigure|[Ss]pecify|[Aa]dd|[Nn]eeds?|[Rr]equire[sd]?)\b[^:\n]{0,60}:?(?:\n[ \t]*(?:[Ee]ither|[Oo]ne|[Aa]ny|[Bb]oth|[Aa]ll)\b[^\n]{0,40})?(?<list>(?:\n[ \t]*[-*•][ \t]+${NAME}\b[^\n]*){1,12})`,
  'g',
);
const ITEM = /^[ \t\p{P}\p{S}\d]*(?<!\d)(?<names>[A-Z][A-Z0-9_]{2,}(?:, ?[A-Z][A-Z0-9_]{2,})*)\b(?<rest>.*)$/u;
const ISSUE =
  /["']?path["']?:\s*\[\s*["'](?<zod>[A-Z][A-Z0-9_]{2,})["']\s*\],?\s*["']?message["']?:\s*["'](?:Required|[^"'\n]*received undefined)|received undefined\s+→ at (?<pretty>[A-Z][A-Z0-9_]{2,})|Required at ["'](?<at>[A-Z][A-Z0-9_]{2,})|^(?<field>[A-Za-z]\w*)\n\s+[Ff]ield required/gm;
/** A key or token that is absent, or refused at start, without the variable's name. */
const SECRET = String.raw`(?:api[ _-]?(?:key|token)|access[ _-]?(?:key|token)|auth(?:entication)?[ _-]?(?:token|key)|(?:bot|bearer|personal access|refresh) token|client[ _-]?(?:id|secret)|credentials?|secret key|token)`;
export const NAMELESS = new RegExp(
  String.raw`\b(?:no|missing|empty|invalid|incorrect|without)(?: (?!module|such)[\w-]+){0,3} ${SECRET}s?\b(?! (?:or|[<'"]))|\b${SECRET}s? (?:(?:is|are|was|were|must) )?(?:missing|required|mandatory|not (?:set|provided|found|configured|specified|supplied)|be (?:set|provided)|was not)\b|\b(?:provide|specify|supply|set)(?: [\w-]+){0,3} ${SECRET}\b|unable to locate credentials|could not (?:automatically determine|load)[^.]{0,30} credentials|default credentials were not found|NoCredentialProviders|could not resolve authentication method|neither apiKey nor|empty token!|--(?:api-?key|token|key|secret)\b[^.]{0,30} (?:is )?required|required: --(?:api-?key|token|secret)|\bNotPresent\b|\benvironment variable not found$`,
  'i',
);

/** A registry or a gateway that checks the settings of a server against their schema, and misses a key. */
export const PROPERTY =
  /\b(?:missingProperty\\{0,3}["']?\s{0,2}:\s{0,2}\\{0,3}["']|(?:required property|Missing required (?:config(?:uration)?|setting|option|parameter)s?:?) \\{0,3}["'`]?)(?<name>[A-Za-z]\w{0,60}(?:[Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]assword|PASSWORD|[Cc]redentials?))\b/;

/** Options of libraries, written as in source code: "supabaseUrl is required". */
export const CAMEL =
  /(?:^|[\s'"`(:])(?<camel>[a-z]{2,30}(?:[A-Z][a-z]{1,20}){0,3}(?:Url|URL|Uri|Key|Token|Secret|Id|ID|Host|Password|Username|Endpoint|Credentials))['"`]? (?:is|are|was|were|must be) (?:required|missing|not (?:set|provided|defined|configured|specified)|undefined|empty|set|provided)\b/;
/** A single word in capitals that is said not to be set: seldom anything else, but it may be. */
export const SINGLE =
  /(?:^|[\s'"`(:])(?<name>(?!API\b|URL\b|TTL\b|NOT\b|AND\b|DEBUG\b|SSL\b|TLS\b|HTTPS?\b|JSON\b|MCP\b|OAUTH\b|INFO\b|ERROR\b|KEY\b)[A-Z][A-Z0-9]{2,})['"`]? (?:is |was )?(?:not set|unset|not exported)\b/;

const usable = (name: string) => !NOT_A_VARIABLE.test(name);

/** Names that one line says are absent. */
export function named({ text }: Line): string[] {
  const names = EXACT.flatMap((pattern) =>
    Object.values(pattern.exec(text)?.groups ?? {}).flatMap((hit) => hit?.split(/, ?/) ?? []),
  );
  for (const { 0: list, index } of text.matchAll(LIST)) {
    const before = text.slice(Math.max(0, index - 90), index);
    const after = text.slice(index + list.length, index + list.length + 120);
    // `LOG_LEVEL=debug` is a hint, `API_KEY=<your key>` a request.
    if (/^=['"]?[a-z0-9]/.test(after) && !/^=['"]?(?:your|xxx)/i.test(after)) continue;
    // "Expected BEGIN_OBJECT but was STRING": tokens of a parser.
    if (/^['"`]?,? (?:but|instead) (?:was|got|found|received|is)\b/.test(after)) continue;
    const weak = WEAK_BEFORE.test(before) || WEAK_AFTER.test(after);
    const each = list.match(new RegExp(NAME, 'g')) ?? [];
    if (
      AFTER.test(after) ||
      BEFORE.test(before) ||
      LOCAL.test(text) ||
      (weak && (ENV.test(text) || each.every((n) => GIVEN.test(n))))
    )
      names.push(...each);
  }
  return names.filter(usable);
}

/** Names that several lines together say are absent. `sure` is false when the name is derived. */
export function listed(lines: Line[]): { name: string; line: Line | undefined; sure: boolean }[] {
  // A logger's name in front of each line would hide the list.
  const text = lines.map((line) => unlogged(line.text)).join('\n');
  const lineOf = (index: number) => lines[text.slice(0, index).split('\n').length - 1];
  const below = [...text.matchAll(HEADING)].flatMap(({ index, groups }) => {
    const { invalid, list = '' } = groups ?? {};
    const first = lines.indexOf(lineOf(index) as Line);
    return list.split('\n').flatMap((item, k) => {
      const { names, rest } = ITEM.exec(item)?.groups ?? {};
      const absent = !invalid || /required|undefined|missing|not set/i.test(rest ?? '');
      return names && absent ? names.split(/, ?/).map((name) => ({ name, line: lines[first + k], sure: true })) : [];
    });
  });
  const asked = [...text.matchAll(ASKED)].flatMap(({ index, groups, 0: whole }) => {
    const start = index + whole.length - (groups?.list?.length ?? 0);
    return [...(groups?.list ?? '').matchAll(new RegExp(String.raw`\n[ \t]*[-*•][ \t]+(?<name>${NAME})`, 'g'))].map(
      (item) => ({ name: item.groups?.name ?? '', line: lineOf(start + item.index + 1), sure: false }),
    );
  });
  const settings = /validation errors? for \w*(?:settings|config|env)/i.test(text);
  const issues = [...text.matchAll(ISSUE)].flatMap(({ index, groups, 0: whole }) => {
    const { zod, pretty, at, field } = groups ?? {};
    const name = zod ?? pretty ?? at ?? field ?? '';
    // A field in lower case counts only when it sounds like something given: models of libraries miss fields as well.
    if (field && (!settings || !GIVEN.test(name.toUpperCase()))) return [];
    return [
      { name: name.toUpperCase(), line: lineOf(index + whole.indexOf(name)), sure: !field || /[A-Z]_/.test(field) },
    ];
  });
  return [...below, ...asked, ...issues].filter(({ name }) => usable(name));
}
