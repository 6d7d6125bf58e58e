/** What is said when a runtime is older than the program needs: read by runtime-too-old. */
import type { Line } from './words.js';

/** The requirement is spelled out, with both versions or one. */
export const STATED = [
  /requires a different (?<name>Python): (?<has>[\d.]+) not in ['"](?<needs>[^'"]+)/,
  /npm v\S+ (?:is known not to run|does not (?:support|run)) on (?<name>Node\.js) v(?<has>[\d.]+)/,
  /\b(?:[Yy]ou(?:'re| are)|[Cc]urrently|[Cc]urrent version is) (?:using|running|on)? ?(?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Bun|Deno|Go)(?: version)? v?(?<has>\d[\d.]*\d|\d+)\b.{0,100}\b(?:needs?|requires?|at least|minimum|upgrade|or (?:higher|newer|later|above))\b/,
  /\b(?<name>rustc|Go|Perl|\.NET|npm|uv|pip) v?(?<has>\d[\d.]*) is (?:not supported|too old|outdated)\b/,
  /npm does not support (?<name>Node\.js) v(?<has>[\d.]+)/,
  /The engine "(?<name>node|npm|yarn|pnpm|bun)" is incompatible.*Expected version "(?<needs>[^"]+)"\. Got "(?<has>[^"]+)"/,
  /\b(?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Bun|Deno)(?: version)?:? v?(?<has>\d[\d.]*)(?: \S+)? (?:is|was) (?:too old|not supported|unsupported|outdated|end[- ]of[- ]life|below)/i,
  /\b(?:unsupported|incompatible|outdated) (?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Bun|Deno)(?: runtime)?(?: version)?:? \(?v?(?<has>\d[\d.]*)/i,
  /\b(?:up(?:grade|date)|switch)(?: \w+){0,2} to (?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Bun|Deno)(?: version)? ?(?<needs>(?:[><=^~]+ ?)?v?\d[\d.]*\+?)/i,
  /\bexpected (?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Bun|Deno)(?: version)? ?(?<needs>(?:[><=^~]+ ?)?v?\d[\d.]*\+?)/i,
  /Not compatible with your version of (?<name>node|npm)|\bnpm (?:error|ERR!) notsup\b/i,
  /ERR_PNPM_UNSUPPORTED_ENGINE|This version of pnpm requires at least (?<name>Node\.js) v(?<needs>[\d.]+)/,
  /(?:requires?|needs?|supports? only|minimum|at least)\b.{0,30}?\b(?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Go|Deno|Bun|rustc)\b(?: version)?[ :"']{0,3}(?<needs>(?:[><=^~]+ ?)?v?\d[\d.]*\+?(?: or (?:higher|newer|later|above))?)/i,
  /\b(?<name>Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Go|Deno|Bun) (?:version )?(?<needs>(?:[><=^~]+ ?)?v?\d[\d.]*\+?)(?: (?:or|and) (?:higher|newer|later|above|greater|up))? (?:is |are )?(?:required|needed)/i,
  /(?<name>Python) version \((?<has>[\d.]+)\) does not satisfy Python(?<needs>[><=!~\d.,]+)/,
  /(?:requested|required) (?<name>Python) version \((?<asked>[^)]{1,40})\) does not satisfy Python(?<needs>[><=!~\d.,]+)/,
  /resolved to (?<name>Python) (?<has>[\d.]+), which is incompatible with .*?requirement: [`'"]?(?<needs>[><=!~\d.,]+)/,
  /Requires-Python:? ?(?<needs>[><=!~]=? ?\d[\d.,<>=!~ *]*)|depends on (?<name>Python)(?<dep>[><=!~]+\d[\d.,<>=!~]*).{0,160}(?:cannot be used|unsatisfiable|incompatible)/,
  /No interpreter found for (?<name>Python) ?(?<needs>[><=!~\d.,]+)|(?:Ignored the following versions|ERROR: Ignored).*require a different (?<py>python) version/,
  /compiled by a more recent version of the (?<name>Java) Runtime|UnsupportedClassVersionError|Unsupported major\.minor version|class file has wrong version|release version \d+ not supported|invalid (?:source|target) release/,
  /You must install (?:or update )?(?<name>\.NET) to run this application|compatible (?<sdk>\.NET SDK) was not found|current (?<target>\.NET SDK) does not support targeting|not possible to find any compatible (?<any>framework) version|framework '(?<fw>Microsoft\.[\w.]+)', version '(?<needs>[\d.]+)'/,
  /go\.mod requires (?<name>go) >= (?<needs>[\d.]+) \(running go (?<has>[\d.]+)|module requires (?<go>[Gg]o) [\d.]+|invalid go version/,
  /requires (?<name>rustc) (?<needs>[\d.]+) or newer|feature `edition20\d\d` is required/,
  /Your (?<name>Ruby) version is (?<has>[\d.]+), but|dependencies require a (?<php>PHP) version "(?<needs>[^"]+)/,
  /Required (?<name>uv) version .* does not match the running version/,
  /(?:your|current|installed|this) (?:version of )?(?<name>Node(?:\.?js)?|npm|Python|Java)(?: version)?\b.{0,40}(?:is )?(?:too old|not supported|outdated|unsupported)/i,
];

/** What an old runtime stumbles over, by itself: no newer one says this. */
export const STUMBLES = [
  // No JSON parser names an operator of two characters: also a client that leaves out the kind of the error means code.
  /Unexpected token ['"]?(?:\?\?=?|&&=|\|\|=|\?\.)(?:['"]|$|\s)/,
  /SyntaxError: Unexpected token ['"]?(?:\?\?=?|&&=|\|\|=|\?\.|\?\?|\.(?!\w)|with)(?:['"]|$|\s)/,
  /SyntaxError: Unexpected token ['"]?\?['"]?(?![,\w])/,
  // Only engines before Node.js 12 print the token without quotes (JSON.parse did so until 18).
  /SyntaxError: Unexpected token (?:[{=.?*(:]|import|export)$|SyntaxError: f-string: (?:expecting|unmatched)/,
  /SyntaxError: Invalid regular expression flags|SyntaxError: future feature annotations is not defined/,
  /(?:ReferenceError: |^|: )(?<api>fetch|File|Headers|Request|Response|FormData|Blob|structuredClone|ReadableStream|WritableStream|TransformStream|TextDecoderStream|AbortController|AbortSignal|CustomEvent|WebSocket|crypto|globalThis|BigInt|navigator|CloseEvent|performance|queueMicrotask|WeakRef|Iterator) is not defined/,
  /requested module '(?<api>node:[\w/]+|fs|util|crypto|process|module|url|path|events|stream|timers(?:\/promises)?)' does not provide an export named/,
  /NameError: name ['"](?<api>ExceptionGroup|BaseExceptionGroup|aiter|anext|EncodingWarning)['"] is not defined|node(?:\.exe)?: (?<option>--[\w-]+)\S* is not allowed in NODE_OPTIONS/,
  /No such built-in module: (?<api>node:\S+)|Cannot find (?:module|package) ['"](?<mod>node:[\w/]+|fs\/promises|timers\/promises|stream\/web|worker_threads|diagnostics_channel)['"]/,
  /(?:TypeError: .*|^|: )\b(?<api>(?:Object\.(?:hasOwn|groupBy|fromEntries)|Array\.fromAsync|Promise\.(?:withResolvers|try|any|allSettled)|AbortSignal\.(?:any|timeout)|URL\.(?:canParse|parse)|util\.(?:styleText|parseArgs|stripVTControlCharacters)|crypto[\w$]*\.(?:hash|getRandomValues|randomUUID)|webidl\.util\.markAsUncloneable|process\.getBuiltinModule|structuredClone)|[\w$.)\]]+\.(?:replaceAll|findLast|toSorted|toReversed|toSpliced|hasOwn|flatMap|getSetCookie|isDisjointFrom)) is not a function/,
  /bad option: (?<api>--(?:env-file|experimental-(?:strip-types|transform-types|sqlite|websocket|require-module|permission)|import|watch|disable-warning|run|test|use-system-ca|permission|openssl-legacy-provider)\b)/,
  /No module named ['"](?<api>tomllib|zoneinfo|graphlib|dataclasses|contextvars|asyncio|importlib\.(?:metadata|resources))['"]/,
  /unsupported operand type\(s\) for \|: ['"](?:type|_GenericAlias|NoneType|ABCMeta)|TypeError: ['"](?:type|ABCMeta)['"] object is not subscriptable/,
  /cannot import name ['"](?<api>Annotated|TypeAlias|ParamSpec|Self|override|NotRequired|Required|Unpack|Literal|Protocol|TypedDict|Concatenate|TypeGuard|assert_never|StrEnum|UTC|TaskGroup|batched|pairwise)['"] from ['"](?:typing|enum|datetime|asyncio|itertools)['"]/,
  /module ['"](?<api>asyncio)['"] has no attribute ['"](?:run|timeout|TaskGroup|to_thread|Runner)|got an unexpected keyword argument ['"](?:slots|kw_only)['"]/,
  /Unrecognized VM option|SyntaxError: Missing parentheses in call|SyntaxError: Non-ASCII character/,
];

/** The resolvers of uv and pip break their sentences over several lines, behind a drawn tree. */
const BROKEN =
  /\b(?:Because|requires?|depends|current|interpreter|satisfy|incompatible|Requires-Python|Python(?: version)?)\b/;
export const unbroken = (lines: Line[]): Line[] =>
  lines.flatMap((line, i) =>
    BROKEN.test(line.text)
      ? [
          {
            ...line,
            text: lines
              .slice(i, i + 4)
              .filter(({ from }) => from === line.from)
              .map(({ text }) => text.replace(/^[\s│|╰├─▶×]+/, ''))
              .join(' '),
          },
        ]
      : [],
  );
export const RESOLVER = STATED.filter(({ source }) =>
  /requires a different|does not satisfy|resolved to|depends on/.test(source),
);
/** The version that a server found, told beside the one it wants. */
export const FOUND =
  /\b(?:found|detected|running|using|got|starting|current(?:ly)?(?: version)?|your version|you have|have|you are on|but|actual)\b[^\d\n]{0,30}?\bv?(?<has>\d+(?:\.\d+)*)/i;
export const RUNS = /\b(?:Node(?:\.?js)?|Python|Java|JDK|Ruby|PHP|Bun|Deno)(?: version)?:? v?(?<has>\d+(?:\.\d+)*)/i;
export const reaches = (has: string, needs: string): boolean => {
  const [a = [], b = []] = [has, needs].map((text) => (/\d+(?:\.\d+)?/.exec(text)?.[0] ?? '').split('.').map(Number));
  return (a[0] ?? 0) > (b[0] ?? 0) || (a[0] === b[0] && (a[1] ?? 0) >= (b[1] ?? 0));
};

/** Any syntax error, but out of a loader that only Node.js up to 12 has. */
export const OLD_LOADER =
  /\((?:internal\/(?:modules\/cjs\/loader|modules\/esm\/\w+|bootstrap\/node|main\/run_main_module|modules\/run_main)\.js|module\.js|bootstrap_node\.js):\d+/;
export const SYNTAX =
  /SyntaxError: (?:Unexpected (?:token|identifier|reserved word|string)|Invalid or unexpected|missing \)|Cannot use import statement)/;
export const SYNTAX_BARE =
  /(?:^|: )(?:SyntaxError: )?(?:Unexpected (?:token|identifier|reserved word|string)|Invalid or unexpected token)/;
/**
 * Python names no version: the statement under the caret does (match, walrus, parenthesised with, except*; annotations, texts with
 * an f in front and print with a file, which Python 2 does not know).
 */
export const PYTHON_STATEMENT =
  /^\s*(?:match [\w.()[\]]+:|case \S.*:|async def \w+\(|except\* \w|type \w+ = |if \(?\w+ := |def \w+\((?:[^)]{0,200}\w: ?\w|[^)]{0,200}\) ?->)|(?:self\.)?\w+: ?[\w[\], .|"']{1,80} = |print\(.{0,200}file ?= ?sys\.|.{0,120}[\s(=,[]f["'][^"']{0,200}\{|nonlocal \w)/;
/** The usage text of npx up to version 6, which does not know `-y <package>`. */
export const NPX_6 = /You must supply a command\.|^\s*npx \[options\] <command>\[@version\]/;
/** npm up to 6 says this when npx has installed a package: it came with Node.js 14 and older, which stumbles over newer syntax. */
export const OLD_NPX = /^npx: installed \d+ in/;
/** An import with a string alone was read as a script: said by engines before modules, and by a file that is taken for one. */
/** The same, joined to one line. */
export const IMPORT_JOINED = /SyntaxError: Unexpected (?:string|identifier)\W{1,10}import ["'\w*{]/;
export const STATEMENT_JOINED =
  /\b(?:match [\w.()[\]]+:|case \S+:|except\* \w+:|def \w+\([^)]{0,200}\w: ?\w[^)]{0,200}\)[^:]{0,60}:|print\(f["'][^"']{0,200}["']\))\s*\^+\s*SyntaxError: invalid syntax/;
export const IMPORT_STRING = /SyntaxError: Unexpected (?:string|identifier)/;
export const IMPORT_LINE = /^\s*import (?:["']|[\w*{][^;]{0,120} from ["'])/;
/** Newer releases of Node.js can require an ES module: a runner-up. */
export const REQUIRE = /\bERR_REQUIRE_ESM\b|require\(\) of ES Module/;
/** A version manager's folder in the command itself, as desktop clients find it first. */
export const IN_COMMAND =
  /[\\/](?:node|nodejs|n[\\/]versions[\\/]node|node-versions)[\\/]v?(?<node>\d+)\.\d+[^\\/]*[\\/]/;
/** Errors of a program text that the runtime could not follow. */
export const OWN_CODE = /\b(?:SyntaxError|ReferenceError|TypeError|AttributeError|ImportError|ERR_\w+)\b/;
export const WARNED = /EBADENGINE|Unsupported engine|SyntaxWarning: .*requires Python/i;

export const ran = (lines: Line[]): string =>
  lines
    .map(
      ({ text }) =>
        /^\s*Node\.js v(?<v>\d+\.\d+\.\d+)|versions\/node\/v(?<nvm>\d+\.\d+\.\d+)|lib\/python(?<py>[23]\.\d+)\//.exec(
          text,
        )?.groups,
    )
    .map((g) => g?.v ?? g?.nvm ?? g?.py)
    .find(Boolean) ?? '';
