/**
 * Whose words stand on stdout: texts that launchers and libraries are known to print there. A client often quotes no
 * more than the first ten characters, so each pattern is content with the beginning.
 */

export type Author = 'launcher' | 'dependency' | 'server';

export interface Known {
  who: Author;
  /** The program or library that prints it. */
  name: string;
  text: RegExp;
}

const launcher = (name: string, text: RegExp): Known => ({ who: 'launcher', name, text });
const dependency = (name: string, text: RegExp): Known => ({ who: 'dependency', name, text });

/** Programs in front of a server: package runners, build tools, shells, containers. */
const LAUNCHERS: Known[] = [
  launcher(
    'Gradle',
    /^> (?:Task|Configure|Connecting)|^Starting a? ?Gradle|^Welcome to Gradle|^To honou?r the JVM set/,
  ),
  launcher('Nx', /^> nx run|^ ?NX {1,3}\S/),
  launcher(
    'npm',
    /^> |^npm (?:notice|warn|info|verb|http)|^npx: |^added \d+(?: pack| p?$|$)|^(?:up to date|found \d+ vuln)|^\d+ packages are looking|^Need to install the following/i,
  ),
  launcher('yarn', /^yarn run v|^\$ \S|^Done in [\d.]+ ?s|^➤ YN|^(?:info Direct|info Visit|success Saved)/),
  launcher(
    'pnpm',
    /^(?:Progress: res|Packages: [+-]|Lockfile is |Already up t|Scope: (?:all|\d+ of)|Update avai|Done in \d+ms using pnpm)|^ ?WARN ? .{0,80}pnpm/,
  ),
  launcher('Deno', /^Task [\w:-]+ (?:deno|node|npx?|tsx|bun|sh|cd)\b|^(?:Download|Check) (?:https?|file|npm|jsr):/),
  launcher('bun', /^bun (?:install|add|run) v|^\[\d+\.\d+ms\] "\.env/),
  launcher(
    'tsc',
    /^\S{1,200}\.tsx?[(:]\d+[,:]\d+\)?|^error TS\d|^(?:\[\S+ \S+\]|\d\d?:\d\d:\d\d(?: [AP]M)?) (?:- )?(?:Starting comp|File change|Found \d+ err)/,
  ),
  launcher('nodemon', /^\[nodemon\]?|^\[tsx\]|^\[(?:INFO|ERROR)\] \S+ ts-node-dev/),
  launcher('turbo', /^• (?:Packages|Running|Remote)|^turbo \d|^\[\d\] |^lerna (?:info|notice)/),
  launcher(
    '.NET SDK',
    /^\s*(?:Determin(?:in|an|az)|Restored? |All projects are|Build succeeded|Build started|MSBuild version|Using laun|Building\.\.\.|Welcome to \.NET|Wiederherzustell|Alle Projekte sind|Identification des proj|Определение про|正在确定要还原|所有项目均是|復元対象の|모든 프로젝트)|launchSettings\.json|\b(?:warning|error) (?:CS|NU|MSB|NETSDK|CA)\d{4}\b|^\s*\S+ -> \S+\.(?:dll|exe)\b|^\s*\(\d+[.,]\d+ ?s\)|^\s{20,}\(?\d|^\s*\S+ (?:\S+ )?succeeded \(\d|\]9;4;/,
  ),
  launcher(
    'Maven',
    /^\[INFO\] (?:Scan|-{3,}|BUILD|Building |Download|Total time|Finished at|$)|^Download(?:ing|ed) from \w+: |^\[(?:INFO|WARNING)\] {0,2}(?:\S+:\S+ \S+ \(|$)/,
  ),
  launcher('sbt', /^\[info\] (?:welcome to|loading |set current|compiling)/),
  launcher('Cargo', /^ {2,}(?:Compiling|Finished|Running|Updating|Downloaded|Downloading|Blocking) \S?/),
  launcher('go', /^go: (?:downloading|finding|extracting)/),
  launcher('mix', /^Compiling \d+ files? \(|^Generated \w+ app|^==> \w+/),
  launcher(
    'pip',
    /^(?:Collecting |Requirement |Installing collected|Successfully installed|Looking in indexes|Looking in links|Defaulting to user|Obtaining |Preparing metadata|Building wheel|Using cached |\[notice\] A new release of pip)/,
  ),
  launcher(
    'uv',
    /^(?:Resolved \d|Prepared \d|Installed \d+ p|Built \S|Audited \d|Uninstalled \d|Creating virtual ?env|Using (?:CPython|Python) \d|Activate with)/,
  ),
  launcher(
    'poetry or conda',
    /^(?:Creating virtualenv|Skipping virtualenv|Installing dependencies from lock|The currently activated Python|Collecting package metadata|Solving environment|Channels:$|Loading \.env environment)/,
  ),
  launcher(
    'a version manager',
    /^(?:Now using (?:n|io|ruby)|Found '.{0,200}\.nvmrc|Using [Nn]ode v?\d|Switched to |Agent pid \d|(?:mise|asdf|fnm|volta|rvm|rbenv|pyenv|direnv|chruby|corepack)\b[: ]|! Corepack)/,
  ),
  launcher(
    'cmd.exe',
    /^(?:Active cod|Aktive Cod|Page de co|Página de |Tabella co|Текущая ко|活动代码页|使用中的字碼|現在のコー|활성 코드)|^[A-Za-z]:\\[^>\n]{0,200}>|^Microsoft Windows? \[|^\(c\) (?:\d{4} )?Microsoft|^ECHO is o|^'\\\\|UNC paths are not supp/,
  ),
  launcher(
    'PowerShell',
    /^(?:Windows Pow|PowerShell \d|Copyright \(C\) Mic|Install the latest Pow|Loading personal|PS [A-Z]:\\)/,
  ),
  launcher(
    'ssh',
    /^(?:Last login|Welcome to (?:Ubuntu|Debian|Alpine|Fedora)|Warning: Permanently|Pseudo-termi|The authenticity of)/,
  ),
  launcher('wsl.exe', /^w\W?s\W?l\W?:/),
  launcher(
    'the container engine',
    /^(?:Unable to find image|[\w./-]{1,120}: Pulling|[0-9a-f]{12}: |Digest: sha|Status: (?:Down|Image)|Using default tag|\[\+\] |Attaching to|Creating network|Emulate Docker|#\d+ \[)|^ ?(?:Container|Network|Volume) \S+ +(?:Creat|Start|Runn)/,
  ),
  launcher('make', /^make(?:\[\d+\])?: /),
  launcher('git', /^(?:Cloning into|Already up|HEAD is now|Updating [0-9a-f]{7}|remote: )/),
  launcher(
    'Bundler',
    /^(?:Fetching (?:gem|https|source)|Bundle complete|Using \w[\w-]* \d+\.|Could not find (?:gem|\S+-\d)|Could not locate Gemfile)/,
  ),
  launcher('a bridge', /^\[(?:supergateway|mcp-proxy|mcpo|mcp-remote|Runner|smithery)\]/),
  launcher('a secrets runner', /^Injecting \d+ .{0,40}secrets|^\[dotenvx/),
];

/** Words of a script that fetches or updates the server before it starts it. */
const INSTALLER =
  /^(?:Attempting to (?:find|down|inst)|Checking (?:for|depend|if|prereq)|Download(?:ing|ed)\b|Installing\b|Extracting\b|Unpacking\b|Fetching\b|Updating\b|Bootstrapping|Activating\b|Creating (?:virtual|venv)|Setting up)|\b(?:is (?:already )?installed (?:at|in|to)|latest version (?:of|for)|already up[- ]to[- ]date|dependencies installed)\b/i;

/** Libraries and runtimes that print by themselves. */
const DEPENDENCIES: Known[] = [
  dependency('dotenv', /^\[?dotenv(?:@|\]|-|x|$)|injecting env \(\d|^\W{0,4}injected(?: env|$)/),
  dependency(
    'PHP',
    /^(?:<br ?\/?>|<b>|PHP )\s*|^(?:Deprecated|Strict Standards): ?\S?|^Deprecated$|^(?:Warning|Notice|Fatal error|Parse error): .{1,300}\bin \S.{0,200} on line \d|^Xdebug: |^Deprecation Notice: /,
  ),
  dependency(
    'the Java virtual machine',
    /^(?:OpenJDK|Java HotSpot|Eclipse OpenJ9).{0,30}(?:warning|VM)|^OpenJDK 6|^\[\d+[.,]\d+s\]\[|^Picked up (?:JAVA|_JAVA)/,
  ),
  dependency('Spring Boot', /:: Spring Boot ::|^\s*\.\s+_{4}\s|^\s*\/\\\\ \/ ___|^ *=+\|_\|=/),
  dependency('Hibernate', /^Hibernate: |\bHHH\d{5,6}\b/),
  dependency('SLF4J', /^SLF4J[(:]/),
  dependency('Logback or Log4j', /\|-(?:INFO|WARN|ERROR) in |^(?:ERROR|WARN) StatusLogger|^log4j:WARN/),
  dependency('HikariCP', /HikariPool-\d|com\.zaxxer\.hikari/),
  dependency('JLine', /\borg\.jline\b|Unable to create a system term/),
  dependency(
    'Node.js',
    /^\(node:\d+|^\(Use `node --trace|^node:\d+\) |\b(?:Experimental|Deprecation)Warning: .{0,120}\bnode\b/i,
  ),
  dependency(
    'Python warnings',
    /\.py:\d+: \w*Warning\b|^\s*warnings\.warn\(|\b(?:Deprecation|Future|User|Runtime|Resource|Import|PendingDeprecation|Insecure\w*|\w+Deprecation)Warning: /,
  ),
  dependency(
    'a progress bar',
    /\d{1,3}(?:\.\d+)?%\s*\|| it\/s[\],]|\bs\/it[\],]|\[\*{3,}\s*\d+%|^(?:Fetching \d+ files|Loading (?:checkpoint|weights)|(?:Batches|Map|Filter): +\d|Downloading shards)|^\|?■{2,}|\bETA:? -?\d?|[━█▉▊▋▌▍▎▏]{4,}|^\d{1,3}%\s*(?:\[|\|?$)/,
  ),
  dependency('NLTK', /^\[nltk_data\]?/),
  dependency(
    'Hugging Face',
    /^Some weights of|^Special tokens have|huggingface\/tokenizers|\bHF_TOKEN\b|^No sentence-transformers model|^None of PyTorch/,
  ),
  dependency(
    'TensorFlow',
    /oneDNN custom op|TensorFlow binary is|cpu_feature_guard|^WARNING:tensorflow|running TensorFlow\.js|All log messages before absl/,
  ),
  dependency('ONNX Runtime', /\bEP Error\b|^Falling back to \[|^Falling ba$|onnxruntime|^ when using \[/),
  dependency('pygame', /^pygame(?:-ce)? \d|Hello from the pygame/),
  dependency('llama.cpp', /^(?:llama_|llm_load|ggml_|whisper_|load_tensors)/),
  dependency('LiteLLM', /Give Feedback \/ Get Help: https|LiteLLM\.Info|^Provider List: https/),
  dependency('vLLM', /Automatically detected platform/),
  dependency('browser-use', /^INFO\s+\[(?:telemetry|browser_use|agent|service|controller)\]|Anonymized telemetry/i),
  dependency('FastMCP', /\bFastMCP\b.{0,20}\d|gofastmcp\.com/),
  dependency('Ultralytics', /^Ultralytics |Ultralytics Settings/),
  dependency('EasyOCR', /^Using CPU\. Note|^Neither CUDA nor MPS/),
  dependency('baostock', /^log(?:in|out) (?:success|respond)/),
  dependency('webdriver-manager', /WebDriver manager =|^\[WDM\]/),
  dependency(
    'Playwright or Puppeteer',
    /Downloading (?:Chrom|Firefox|Webkit|FFMPEG|Headless)|playwright build v|^\W{0,3}Chrom(?:e|ium) .{0,60}download/i,
  ),
  dependency('Prisma', /^prisma:|^Prisma schema load|^Environment variables loaded from/),
  dependency('Sequelize', /^Executing \((?:def|[0-9a-f]{8})/),
  dependency('Mongoose', /^Mongoose: /),
  dependency('TypeORM', /^query(?: failed| is slow)?: /),
  dependency('Knex', /^Knex: ?(?:warning|run)/i),
  dependency('i18next', /^i18next(?:: | is )|Locize/),
  dependency('Browserslist', /^Browserslist: |^\[baseline-browser-mapping\]/),
  dependency('core-js', /Thank you for using core-js/),
  dependency('AWS SDK', /^NOTE: (?:The AWS SDK|We are formal)/),
  dependency('Winston', /^\[winston\]/),
  dependency('Sentry', /^Sentry Logger/),
  dependency('Datadog', /^DATADOG TRACER|^dd-trace/i),
  dependency('LaunchDarkly', /^\w+: \[LaunchDarkly\]/),
  dependency('MSAL', /@azure\/msal-|^\[\w{3}, \d\d \w{3} \d{4} .{0,20}\] : \[/),
  dependency('Snowflake', /initialize Easy Logging|snowflake-connector/),
  dependency('Gin', /^\[GIN(?:-debug)?\]/),
  dependency('GORM', /\[rows:\d|\[\d+\.\d+ms\] \[rows/),
  dependency('Ruby', /\.rb:\d+: warning: |^DEPRECATION WARN/),
  dependency('R', /^(?:Loading required pa|Attaching package|Registered S3 m)/),
  dependency('Julia', /^(?:Precompiling |\s*Activating (?:project|new))/),
];

const KNOWN = [...LAUNCHERS, ...DEPENDENCIES];

/** Lines of which the first ten characters tell enough; shorter or commoner beginnings could be anybody's. */
const BEGINNINGS: [Author, string, string[]][] = [
  ['launcher', 'pnpm', ['Progress: resolved', 'Packages: +', 'Lockfile is up to date']],
  ['launcher', 'bun', ['bun install v']],
  [
    'launcher',
    '.NET SDK',
    ['  Determining projects', 'Determining projects', 'MSBuild version', '  All projects are', 'All projects are up'],
  ],
  ['launcher', 'Maven', ['[INFO] Scanning', '[INFO] BUILD', '[INFO] Building', '[INFO] -----']],
  ['launcher', 'Cargo', ['   Compiling ', '    Finished ', '     Running ', '    Updating ']],
  ['launcher', 'go', ['go: downloading']],
  ['launcher', 'pip', ['Requirement already satisfied', 'Looking in indexes', 'Defaulting to user']],
  ['launcher', 'uv', ['Using CPython']],
  ['launcher', 'a version manager', ['Now using node', 'Now using Node']],
  ['launcher', 'PowerShell', ['Windows PowerShell']],
  [
    'launcher',
    'the container engine',
    ['latest: Pulling', 'Digest: sha256', 'Status: Downloaded', 'Status: Image', 'Using default tag'],
  ],
  ['launcher', 'git', ['Cloning into', 'HEAD is now at']],
  ['launcher', 'Bundler', ['Fetching gem metadata', 'Bundle complete']],
  ['launcher', 'a bridge', ['[supergateway]', '[mcp-proxy]', '[mcp-remote]', '[smithery]']],
  ['dependency', 'Hibernate', ['Hibernate: select']],
  ['dependency', 'Sequelize', ['Executing (default)']],
  ['dependency', 'Mongoose', ['Mongoose: ']],
  ['dependency', 'ONNX Runtime', ["Falling back to ['", ' when using [']],
  ['dependency', 'Hugging Face', ['Some weights of']],
  ['dependency', 'Gin', ['[GIN-debug]']],
  ['dependency', 'Ruby', ['DEPRECATION WARNING']],
  ['dependency', 'Ultralytics', ['Ultralytics YOLO']],
  ['dependency', 'baostock', ['login success', 'logout success']],
  ['dependency', 'the Java virtual machine', ['OpenJDK 64-Bit', 'Java HotSpot', 'Picked up JAVA']],
  ['dependency', 'Spring Boot', ['  .   ____  ']],
];
/** How much of a line V8 quotes, less what a space at the end may cost. */
const QUOTED = { min: 8, max: 12 };

function byBeginning(text: string): Known | null {
  if (text.length < QUOTED.min || text.length > QUOTED.max) return null;
  const found = BEGINNINGS.find(([, , lines]) => lines.some((line) => line.startsWith(text)));
  return found ? { who: found[0], name: found[1], text: /^/ } : null;
}

/** What known program or library prints this, or null. */
export const knownAuthor = (text: string): Known | null => {
  const words = text.replace(/^\uFEFF/, '').replace(/^\n+/, '');
  return KNOWN.find(({ text: pattern }) => pattern.test(words)) ?? byBeginning(words);
};

/** Whether an installer talks that way. */
export const soundsLikeInstaller = (text: string): boolean => INSTALLER.test(text);

/** A library may well have written it: a warning, a deprecation, a query, a download. */
export const soundsLikeLibrary = (text: string): boolean =>
  /\b(?:warn(?:ing)?|deprecat\w*|download\w*|loading|telemetry|cache|model|weights|select .{1,80} from|connected to)\b/i.test(
    text,
  );

/** Commands that print on stdout before they hand over, unless told to be silent; `name` is what a person calls them. */
export function noisyLauncher(command: string, args: string[]): { name: string; quiet: string } | null {
  const name = (command.split(/[\\/]/).pop() ?? '').replace(/\.(?:exe|cmd|bat)$/i, '').toLowerCase();
  const line = [name, ...args].join(' ');
  const inner =
    /\b(?:npm|pnpm|yarn|dotnet|mvnw?|gradlew?|sbt|nvm|chcp|docker(?:[ -]compose)?|pip3?|conda)\b.{0,200}/i.exec(
      /^(?:(?:ba|z|da|fi)?sh|cmd|pwsh|powershell|wsl|ssh)$/.test(name) ? args.join(' ') : line,
    )?.[0];
  if (inner) {
    if (
      /^npm (?:(?:run|run-script|exec)\b|start\b|test\b)/i.test(inner) ||
      /^npm (?:--prefix|-C)\b.{0,120}\b(?:run|start)\b/i.test(inner)
    )
      return /(?:--silent|-s\b|--loglevel[= ]silent)/.test(inner) ? null : { name: 'npm run', quiet: '--silent' };
    if (/^pnpm (?!dlx|exec).{0,80}?\b(?:run|start|dev|mcp)\b/i.test(inner))
      return /--silent|-s\b/.test(inner) ? null : { name: 'pnpm run', quiet: '--silent' };
    if (/^yarn (?!dlx|exec|node)\S/i.test(inner))
      return /--silent|-s\b/.test(inner) ? null : { name: 'yarn run', quiet: '--silent' };
    if (/^dotnet (?:run|watch|script)\b/i.test(inner)) return { name: 'dotnet run', quiet: '--no-build' };
    if (/^mvnw?\b/i.test(inner)) return /(?:^| )-q\b|--quiet/.test(inner) ? null : { name: 'mvn', quiet: '-q' };
    if (/^gradlew?\b/i.test(inner)) return /(?:^| )-q\b|--quiet/.test(inner) ? null : { name: 'gradle', quiet: '-q' };
    if (/^sbt\b/i.test(inner)) return { name: 'sbt', quiet: '--error' };
    if (/^nvm use\b/i.test(inner)) return { name: 'nvm use', quiet: '--silent' };
    if (/^chcp\b/i.test(inner)) return /chcp \d+ *>/.test(inner) ? null : { name: 'chcp', quiet: '>nul' };
    if (/^docker[ -]compose (?:.{0,80} )?(?:up|start|logs|pull)\b|^docker pull\b/i.test(inner))
      return { name: 'docker compose', quiet: '--quiet-pull' };
    if (/^(?:pip3? install|conda (?:run|activate|install))\b/i.test(inner))
      return /-q\b|--quiet|>\s*&?2|--no-capture-output/.test(inner)
        ? null
        : { name: inner.split(/\s+/).slice(0, 2).join(' '), quiet: '>&2' };
  }
  if (/\b2>&1\b/.test(line)) return { name: '2>&1', quiet: '' };
  if (/^(?:nodemon|turbo|nx|lerna|make|just|concurrently)$/.test(name)) return { name, quiet: '--quiet' };
  if (/^ssh$/.test(name)) return /(?:^| )-q\b/.test(line) ? null : { name: 'ssh', quiet: '-q' };
  return null;
}

/** A shell or a script stands in front of the server. */
export function throughScript(command: string, args: string[]): boolean {
  const name = (command.split(/[\\/]/).pop() ?? '').toLowerCase();
  return (
    /^(?:(?:ba|z|da|fi|k)?sh|cmd|pwsh|powershell|wsl|wscript)(?:\.exe)?$/.test(name) ||
    /\.(?:sh|bat|cmd|ps1|command)$/.test(name) ||
    args.some((arg) => /\.(?:sh|bat|cmd|ps1)$/i.test(arg))
  );
}
