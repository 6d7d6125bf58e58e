import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { missingFile } from './missing-file.js';
import { find, type Hit, mended, WORDS, words } from './words.js';

/** Node.js, Bun, Deno: a bare name is a package; a relative or absolute one was asked for by an existing file. */
const NODE = [
  /Cannot find (?:package|module) ['"](?<name>(?!node:|[./~\\]|[A-Za-z]:\\|file:)[^'"]+)['"]/,
  /Cannot find (?:module|package) ['"](?<name>[^'"]+)['"] imported from (?<from>\S*\w)/,
  /Cannot find module ['"](?<name>\.{1,2}\/[^'"]+)['"]/,
  /Cannot find module '(?<name>[^']+)'\. Please verify that the package\.json/,
  /[Cc]ould not resolve ["'](?<name>[^"'./][^"']*)["']|Import "(?:npm:|jsr:)?(?<map>[^"]+)" not a dependency|Relative import path "(?<deno>[^"]+)" not prefixed|error TS2307: Cannot find module ['"](?<ts>[^'"]+)/,
];
const PYTHON = [
  /ModuleNotFoundError: No module named ['"](?<name>[\w.-]+)['"](?!; )/,
  /\b[Nn]o module named? ['"](?<name>[\w.-]+)['"](?!; )/,
  /ImportError: No module named (?<name>[\w.]+)$/,
  /pkg_resources\.DistributionNotFound: The ['"](?<name>[\w.-]+)|PackageNotFoundError: (?:No package metadata was found for )?['"]?(?<meta>[\w.-]+)/,
];
const OTHER = [
  /cannot load such file -- (?<name>\S+)|Could not find (?<gem>[\w-]+(?:-[\d.]+)?) in (?:any of the sources|locally installed gems)/,
  /(?:ClassNotFoundException|NoClassDefFoundError): (?<name>[\w./$]+)/,
  /Could not load file or assembly ['"](?<name>[^,'"]+)/,
  /(?:Failed opening required|Failed to open stream: No such file or directory).*['"(](?<name>[^'"(]*vendor\/autoload\.php)|\bClass ["'](?<php>[\w\\]+)["'] not found/,
  /Can't locate (?<name>\S+\.pm) in @INC|there is no package called ['‘"](?<r>[\w.]+)/,
];
/** Tools and SDKs that a server needs beside its libraries. */
const TOOL = [
  /No instances of (?<name>MSBuild) could be detected|No (?<sdk>\.NET SDKs?) (?:were|was) found/,
  /Executable doesn't exist at (?<name>\S*(?:ms-playwright|chrom|firefox|webkit)\S*)|(?<playwright>playwright) install\b|Could not find (?<browser>Chrome|Chromium|Firefox)\b.*/,
  /error while loading shared libraries: (?<name>[\w.+-]+):|\bLibrary not loaded: (?<dylib>\S+)|ImportError: (?<so>lib[\w.+-]+): cannot open shared object|DLL load failed while importing (?<dll>\w+): (?:The specified module|找不到指定的模块)/,
  /(?:^|[\s'"`])(?<name>ffmpeg|ffprobe|git|adb|chromedriver|geckodriver|tesseract|pandoc|rg|ripgrep|graphviz|dot|gh|kubectl|terraform|psql|sqlite3|java|javac|gradle|mvn|tsc|tsx|ts-node|tsup|vite|esbuild|rimraf|shx|cross-env|nodemon|turbo|patch-package)['"`]?:? (?:command not found|not found|is not installed|(?:was |could )?not (?:be )?found (?:in|on) (?:your |the )?[$%]?PATH|is not recogni[sz]ed)/,
  /\[Errno 2\] No such file or directory: ['"](?<name>ffmpeg|ffprobe|git|adb|chromedriver|geckodriver|tesseract|pandoc|rg|dot|gh|kubectl|terraform|psql|docker|node|npm|npx|java|soffice|pdftotext|pdftoppm|osascript|xcrun|hdc|idb|aws|gcloud|az)(?:\.exe)?['"]|exec: "(?<go>[\w.-]+)": executable file not found in [$%]PATH/,
  /\b(?:dependencies|node_modules)\b.{0,30}(?:not (?:been )?installed|missing|not found)|[Pp]lease (?:install|run).{0,60}\b(?<install>npm (?:i|install|ci)|pnpm install|yarn install|uv sync|pip install -r|bundle install|composer install)\b/,
  /\b[Pp]lease run:? [`'"]?(?:npm (?:i|install|add)|pip3? install|python3? -m pip install|uv (?:add|pip install)|pnpm add|yarn add|bun add|gem install|cargo install|brew install|apt(?:-get)? install)\b(?: -\w+)* [`'"]?(?<run>[\w@./[\]-]+)/,
  /\b(?:is|are) not installed[.,;:].*\b(?:pip|uv|npm|brew|apt(?:-get)?) (?:install|add)\b|\b[Pp]lease install (?:it|them|the|with)?.*?[`'"]?(?:pip|npm|uv pip) install (?<name>[\w@./[\]-]+)/,
];

/** Came with a newer runtime: runtime-too-old. */
const BUILT_IN =
  /^(?:tomllib|zoneinfo|graphlib|dataclasses|asyncio|importlib\.(?:metadata|resources)|contextvars|typing|fs\/promises|timers\/promises|stream\/(?:web|promises)|worker_threads|diagnostics_channel|util\/types)$/;
/** A module of the MCP SDK inside the installed SDK: runtime-sdk-incompatible. */
const SDK_PART = /^(?:mcp|fastmcp)\.|[\\/]@modelcontextprotocol[\\/](?:sdk|server|client|core)[\\/]/;
/** Folders of package runners: what is missing there was not declared, or not unpacked, and is not for the user to install. */
const RUNNER = /[\\/](?:_npx|\.bun[\\/]install|dlx(?:-[^\\/]*)?|archive-v0|uv[\\/](?:tools|cache)|pipx)[\\/]/;

/** Python packages whose name on the index is not that of their module. */
const ON_THE_INDEX: Record<string, string> = {
  mcp: '"mcp[cli]"',
  fitz: 'PyMuPDF',
  dotenv: 'python-dotenv',
  cv2: 'opencv-python',
  PIL: 'pillow',
  yaml: 'PyYAML',
  bs4: 'beautifulsoup4',
  sklearn: 'scikit-learn',
  dateutil: 'python-dateutil',
  jwt: 'PyJWT',
  docx: 'python-docx',
  pptx: 'python-pptx',
  git: 'GitPython',
  serial: 'pyserial',
  psycopg2: 'psycopg2-binary',
  MySQLdb: 'mysqlclient',
  win32api: 'pywin32',
  win32com: 'pywin32',
  pywintypes: 'pywin32',
  'google.generativeai': 'google-generativeai',
  'google.genai': 'google-genai',
  googleapiclient: 'google-api-python-client',
  google_auth_oauthlib: 'google-auth-oauthlib',
};

export default defineCause({
  id: 'runtime-dependency-missing',
  title: 'A library or tool that the server needs is not in the environment in which it runs',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    "Error: Cannot find module 'express'",
    "ModuleNotFoundError: No module named 'mcp'",
    'MCP error -32000: Connection closed',
    'Server disconnected',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'deploy-crashed'],

  match(given) {
    const lines = mended(words(given));
    const file = missingFile(given);
    if (file && !file.cut) return null;
    const usable = lines.filter(
      ({ text }) => !/is a package and cannot be directly executed|Error while finding module specification/.test(text),
    );
    const [node, python, other, tool] = [NODE, PYTHON, OTHER, TOOL].map((patterns) => find(usable, ...patterns));
    const hit: Hit | null | undefined = node ?? python ?? other ?? tool;
    if (!hit) return null;
    const { from, ...named } = hit.groups;
    const name = (Object.values(named).find(Boolean) ?? '').replace(/[.,;:]+$/, '');
    if (BUILT_IN.test(name)) return null;
    const language = node ? 'node' : python ? 'python' : other ? 'other' : 'tool';
    const importer =
      from ?? lines.map(({ text }) => /^\s*- (?<path>\S.*\.[cm]?[jt]s)$/.exec(text)?.groups?.path).find(Boolean) ?? '';
    const local = !/[./\\]/.test(name.charAt(0)) && !/^[A-Za-z]:/.test(name);
    const runner =
      /^(?:npx|uvx|pipx|bunx|pnpx)(?:\.|$)/.test(given.launch?.command.split(/[\\/]/).pop() ?? '') ||
      RUNNER.test(importer) ||
      /[\\/]node_modules[\\/]/.test(importer) ||
      lines.some(({ text }) => RUNNER.test(text));
    const sdk = SDK_PART.test(name) || (python !== null && /^(?:mcp|fastmcp)\b.*\./.test(name));
    // Said by the runtime itself, at the end of the process, about a package of a project in place.
    const clear =
      given.handshake !== undefined &&
      given.process?.exit?.by === 'itself' &&
      language !== 'tool' &&
      local &&
      !runner &&
      !(python && name.includes('.')) &&
      /Error\b|ERR_MODULE|Cannot find package|LoadError/.test(hit.line.text);
    return {
      certainty: sdk ? 'possible' : clear ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: {
        name,
        language,
        importer,
        runner,
        inProject: local,
        command: given.launch?.command ?? '',
        windows: given.reported?.os === 'windows' || lines.some(({ text }) => /\b[A-Z]:\\/.test(text)),
      },
    };
  },
  say: ({ name, language, importer, runner }) => {
    const who = importer ? ` (asked for by ${importer})` : '';
    if (language === 'tool')
      return `The server needs ${name || 'a tool'}, which is not available in the environment in which it is started.`;
    const where =
      language === 'python'
        ? 'in the Python environment that runs the server'
        : language === 'node'
          ? 'in the node_modules that the server sees'
          : 'in the environment that runs the server';
    return `${name} is not ${where}${who}, so the server stopped while it loaded.${runner ? ' It was installed by a package runner, so the package itself may have forgotten to declare it.' : ''}`;
  },
  fix: ({ name, language, runner, inProject, importer, windows }) => {
    const first = String(name).split(/[./]/)[0] ?? '';
    const top =
      language === 'python' ? (ON_THE_INDEX[String(name)] ?? ON_THE_INDEX[first] ?? first.replaceAll('_', '-')) : first;
    if (language === 'tool') {
      if (/playwright/.test(String(name))) return [{ say: 'Download the browsers:', run: 'npx playwright install' }];
      return [
        {
          say: `Install ${name || 'what the message names'} where the server runs, and make it visible there: clients pass a short PATH, so add its folder to "env": { "PATH": ... }.`,
          run: name ? `${windows ? 'where.exe' : 'command -v'} ${name}` : undefined,
        },
      ];
    }
    if (language === 'python')
      return runner
        ? [
            {
              say: `Add the module to the environment of the run (the package's name may differ from the module's):`,
              edit: { file: 'the client config', at: 'args', to: `"--with", "${top.replaceAll('"', '')}"` },
            },
            { say: 'Tell the author of the package: the dependency has to stand in its pyproject.toml.' },
          ]
        : [
            {
              say: 'Install the dependencies into the interpreter that the entry starts, and name that interpreter by its absolute path as "command":',
              run: `${windows ? '<project>\\.venv\\Scripts\\python.exe' : '<project>/.venv/bin/python'} -m pip install ${top}`,
            },
            {
              say: 'With uv, start it as "uv --directory <project> run <script>", so that the project\'s own environment is used.',
            },
          ];
    if (language === 'node') {
      const project = String(importer)
        .replace(/^file:\/\//, '')
        .replace(/[\\/](?:dist|build|out|src|lib|bin)[\\/].*$|[\\/][^\\/]+$/, '');
      return runner
        ? [
            {
              say: 'Clear the cache of the runner and start again; when it fails again, the package does not declare what it uses: tell its author.',
              run: windows ? 'Remove-Item -Recurse -Force "$(npm config get cache)\\_npx"' : 'rm -rf ~/.npm/_npx',
            },
          ]
        : [
            {
              say: inProject
                ? 'Install the dependencies of the project:'
                : 'A file of the project is missing. Install and build again:',
              run: `${project && !project.startsWith('.') ? `cd ${/^[A-Za-z]:/.test(project) ? '/d ' : ''}"${project}" && ` : ''}npm install${inProject ? '' : ' && npm run build'}`,
            },
          ];
    }
    return [
      {
        say: `Install the dependencies of the project (bundle install, composer install, dotnet restore, a jar with dependencies), so that ${name} is found.`,
      },
    ];
  },
  why: "The entry decides which interpreter and which folder's packages are used. What was installed in another virtual environment, another Node.js or another folder does not exist there, and a fresh clone has no packages at all.",
  refs: ['https://nodejs.org/api/errors.html#err_module_not_found', 'https://docs.python.org/3/library/venv.html'],
  examples: [
    {
      name: 'a clone without npm install',
      finds: true,
      symptoms: {
        stderr: "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'cheerio' imported from /srv/build/index.js",
        exitCode: 1,
      },
    },
    {
      name: 'CommonJS',
      finds: true,
      symptoms: { stderr: "Error: Cannot find module 'express'\nRequire stack:\n- /srv/index.js", exitCode: 1 },
    },
    {
      name: 'the wrong Python environment',
      finds: true,
      symptoms: {
        stderr:
          'Traceback (most recent call last):\n  File "/srv/server.py", line 1, in <module>\nModuleNotFoundError: No module named \'httpx\'',
        exitCode: 1,
      },
    },
    {
      name: 'wrapped by the server',
      finds: true,
      symptoms: { stderr: "Failed to run server: No module named 'fitz'" },
    },
    {
      name: 'an SDK that is looked for at run time',
      finds: true,
      symptoms: { stderr: 'System.InvalidOperationException: No instances of MSBuild could be detected.' },
    },
    {
      name: 'browsers that were never downloaded',
      finds: true,
      symptoms: {
        stderr:
          "Error: browserType.launch: Executable doesn't exist at /home/me/.cache/ms-playwright/chromium-1140/chrome",
        exitCode: 1,
      },
    },
    {
      name: 'Deno, a package that is in no map',
      finds: true,
      symptoms: { stderr: 'error: Import "npm:zod" not a dependency and not in import map', exitCode: 1 },
    },
    {
      name: 'the entry file itself',
      finds: false,
      symptoms: { stderr: "Error: Cannot find module '/home/me/weather/dist/index.js'", exitCode: 1 },
    },
    {
      name: 'python -m',
      finds: false,
      symptoms: { stderr: '/usr/bin/python3: No module named my_server', exitCode: 1 },
    },
    {
      name: 'a module of a newer Python',
      finds: false,
      symptoms: { stderr: "ModuleNotFoundError: No module named 'tomllib'", exitCode: 1 },
    },
  ],
});
