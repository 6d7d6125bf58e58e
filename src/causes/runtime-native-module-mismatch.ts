import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { together, writtenElsewhere } from './installers.js';
import { find, type Hit, WORDS, words } from './words.js';

/** Built for another version of the runtime: it says so itself. */
const VERSION = [
  /NODE_MODULE_VERSION\s+(?<built>\d+)\b.{0,120}?NODE_MODULE_VERSION\s+(?<runs>\d+)|Module version mismatch\. Expected (?<expected>\d+), got (?<got>\d+)/,
  /compiled against a different (?:Node\.js|Electron)\b|\bNODE_MODULE_VERSION\b|Module did not self-register/,
  /module (?:was |that was )?compiled against ABI version|compiled (?:against|using|for|with) (?:a different version of )?(?:Python|NumPy|API version) ?(?<api>[\w.]*)|numpy\.(?:dtype|ufunc) size changed|Importing the numpy C-extensions failed|numpy\.core\.multiarray failed to import|incompatible (?:library|magic number|with this version of Python)|Module use of python\d+\.dll conflicts|Python version mismatch: module was compiled for/i,
  /incompatible library version|linked to incompatible|loadable library and perl binaries are mismatched|Module API=\d+|compiled with module API/,
];
/** The binary part of a package for this system and runtime is not among what was installed. */
const ABSENT = [
  /Could not locate the bindings file|No native build was found for|Cannot find module ['"][^'"]*(?:build[\\/](?:Release|Debug)[\\/][^'"]*|\.node)['"]|Cannot find native binding|\.node: cannot open shared object file|[Ff]ailed to load (?:the )?native (?:binding|module|addon)|Cannot find module ['"](?:\.\.?\/)*(?:build|lib)\/[^'"]*\.node['"]/,
  /(?:Cannot find (?:module|package)|The package) ["']?(?<name>@?[\w./-]*?(?:(?:linux|darwin|win32|android|freebsd)(?:32|64)?-(?:x64|arm64|ia32|arm|riscv64|ppc64|s390x|universal)[\w-]*))(?![\w/-])/,
  /installed esbuild for another platform|Host version "[^"]+" does not match binary version|Could not load the ["']?(?<name>sharp)["']? module using the|optional dependencies.{0,120}npm has a bug|npm has a bug related to optional dependencies/i,
  /cannot import name ['"](?<name>_(?:\w{0,20}_)?(?:rust|core|imaging|ssl|sqlite3|ctypes|bz2|lzma|cext|ext|native|speedups|C|lib|umath|psycopg|cffi_backend|bcrypt|brotli|zmq|multiarray))['"]/,
  /No module named ['"](?<name>(?:rpds\.rpds|_cffi_backend|(?:[\w]+\.)*_(?:rust|pydantic_core|multiarray\w*|umath\w*|ssl|sqlite3|ctypes|bz2|lzma|speedups|imaging|core|cext|ext|native|internal|bcrypt|brotli)|_\w+))['"]/,
];
/** A library was found and could not be joined to this runtime. */
const JOIN =
  /undefined symbol: ?(?<symbol>\S+)|[Ss]ymbol not found(?: in flat namespace)?:? ?['(]?(?<flat>_?\w+)|DLL load failed(?: while importing (?<name>\w+))?:? ?(?:The specified procedure|找不到指定的程序|%1)|UnsatisfiedLinkError|ERR_DLOPEN_FAILED|The specified procedure could not be found|A dynamic link library \(DLL\) initialization routine failed/;

/** Another machine or system: launch-binary-incompatible. Cut off: install-cache-broken. A library of the system: runtime-dependency-missing. */
const OTHER_MACHINE =
  /incompatible architecture|wrong ELF class|invalid ELF header|not a valid Win32|GLIBC(?:XX)?_|Exec format|mach-o file, but|(?<!\.node: )cannot open shared object file|wrong architecture|slice is not valid|code signature|Team ID|extends beyond end|file too short|can't load .{0,40}bit \.dll on/i;

const REBUILT =
  /(?<name>better-sqlite3|sqlite3|better_sqlite3|canvas|bcrypt|sharp|keytar|node-pty|serialport|usb|hnswlib-node|faiss-node|argon2|esbuild|rollup|lightningcss|swc|libsql|lancedb|onnxruntime-node|tree-sitter[\w-]*|isolated-vm|zeromq|re2|numpy|pydantic[_-]core|rpds|cryptography|pandas|torch|lxml|cffi|nokogiri|ffi)/;

export default defineCause({
  id: 'runtime-native-module-mismatch',
  title: 'A native module was built for another version of the runtime than the one that loads it',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    'was compiled against a different Node.js version using NODE_MODULE_VERSION 127',
    "code: 'ERR_DLOPEN_FAILED'",
    'Could not locate the bindings file',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'install-package-broken', 'runtime-dependency-missing'],

  match(given) {
    const lines = words(given);
    const wide = together(lines, 5);
    const pair = find(wide, VERSION[0] as RegExp);
    const first = find(lines, ...VERSION);
    const version: Hit | null = pair ?? first;
    const machine = lines.some(({ text }) => OTHER_MACHINE.test(text));
    const absent = version ? null : find(lines, ...ABSENT);
    const join = version || absent || machine ? null : find(lines, JOIN);
    const hit = version ?? absent ?? join;
    if (!hit || (machine && !pair)) return null;
    const groups = { ...first?.groups, ...hit.groups };
    const text = wide.find(({ at }) => at === hit.line.at)?.text ?? hit.line.text;
    const built = groups.built ?? groups.got ?? '';
    const runs = groups.runs ?? groups.expected ?? '';
    const python = /Python|numpy|\.pyd\b|site-packages|ImportError|No module named|DLL load/i.test(text);
    const ruby = /LoadError|\.rb\b|incompatible library version/.test(text);
    // Of several lines the one that names the numbers is cited.
    const cited =
      lines.find((line) => /NODE_MODULE_VERSION/.test(line.text)) ??
      lines.find((line) => /compiled against a different/.test(line.text)) ??
      lines.find((line) => line.at === hit.line.at);
    return {
      certainty:
        pair && built !== runs && given.process?.exit?.by === 'itself'
          ? 'certain'
          : (join && !/symbol|procedure/i.test(join.match[0])) ||
              writtenElsewhere(
                lines,
                /['"](?<path>[^'"]*node_modules[^'"]*)['"]/.exec(hit.line.text)?.groups?.path ?? '',
              )
            ? 'possible'
            : 'likely',
      cites: [cited?.at ?? hit.line.at],
      facts: {
        language: python ? 'Python' : ruby ? 'Ruby' : /UnsatisfiedLink/.test(text) ? 'Java' : 'Node.js',
        module:
          groups.name ??
          REBUILT.exec(
            lines
              .map((line) => line.text)
              .join(' ')
              .slice(0, 4_000),
          )?.groups?.name ??
          '',
        built,
        runs,
        absent: absent !== null,
        npx:
          /[\\/]_npx[\\/]/.test(lines.map((line) => line.text).join(' ')) ||
          /^npx/.test(given.launch?.command.split(/[\\/]/).pop() ?? ''),
        windows: given.reported?.os === 'windows',
      },
    };
  },
  say: ({ language, module, built, runs, absent }) => {
    const what = module ? `The native module ${module}` : 'A native module';
    if (absent)
      return `${what} has no binary for this system and this ${language} among what was installed, so the server stopped while it loaded.`;
    return `${what} was built for another ${language} than the one that runs the server${built && runs ? ` (module version ${built}, this ${language} needs ${runs})` : ''}, so it cannot be loaded.`;
  },
  fix: ({ language, module, npx, absent, windows }) => {
    const name = String(module).replace('better_sqlite3', 'better-sqlite3');
    if (language === 'Python')
      return [
        {
          say: 'Install the packages again into the environment of the Python that the entry starts:',
          run: `<project>/.venv/bin/python -m pip install --force-reinstall --no-cache-dir ${name && !name.includes('.') && !name.startsWith('_') ? name : '<package>'}`,
        },
        {
          say: 'With uvx, choose a Python for which the package has a wheel:',
          run: 'uv cache clean',
          edit: { file: 'the client config', at: 'args', to: '"--python", "3.12"' },
        },
      ];
    if (language === 'Ruby')
      return [{ say: 'Build the gems again with the Ruby of the entry:', run: 'gem pristine --all --extensions' }];
    if (language === 'Java') return [{ say: 'Use a JDK and a jar that carries the native library of this system.' }];
    const clear = windows ? 'Remove-Item -Recurse -Force "$(npm config get cache)\\_npx"' : 'rm -rf ~/.npm/_npx';
    return [
      npx
        ? {
            say: `Let npx install it anew with the Node.js that runs it: clear npx's cache.`,
            run: clear,
          }
        : absent
          ? {
              say: 'Install the dependencies anew on this machine (not copied, and with the optional ones):',
              run: 'rm -rf node_modules package-lock.json && npm install --include=optional',
            }
          : {
              say: 'Build it for the Node.js that runs the server, in the folder of the server:',
              run: `npm rebuild${name ? ` ${name}` : ''}`,
            },
      {
        say: 'Start it with the Node.js it was built for, by an absolute path: the client may pick another one than your terminal does.',
        edit: { file: 'the client config', at: 'command', to: '"command": "<folder of that node>/node"' },
      },
    ];
  },
  why: "A native addon is machine code for one binary interface of its runtime, and Node.js and Python change that interface with each release line. After an upgrade, or when the client picks another version than the one that installed, the module is the old one's.",
  refs: [
    'https://nodejs.org/api/addons.html',
    'https://nodejs.org/en/download/releases',
    'https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/',
  ],
  examples: [
    {
      name: 'a module of another Node.js, over several lines',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'memory-mcp'] },
        stderr:
          "Error: The module '/home/me/.npm/_npx/1/node_modules/better-sqlite3/build/Release/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 127. This version of Node.js requires\nNODE_MODULE_VERSION 137. Please try re-compiling or re-installing\n  code: 'ERR_DLOPEN_FAILED'",
        exitCode: 1,
      },
    },
    {
      name: 'no binary for this Node.js',
      finds: true,
      symptoms: {
        stderr: 'Error: Could not locate the bindings file. Tried:\n → /x/node_modules/sqlite3/build/node_sqlite3.node',
        exitCode: 1,
      },
    },
    {
      name: 'the optional package of the platform',
      finds: true,
      symptoms: {
        stderr:
          'Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies',
        exitCode: 1,
      },
    },
    {
      name: 'sharp',
      finds: true,
      symptoms: { stderr: 'Error: Could not load the "sharp" module using the darwin-arm64 runtime', exitCode: 1 },
    },
    {
      name: 'an extension of another Python',
      finds: true,
      symptoms: {
        stderr: "ModuleNotFoundError: No module named 'pydantic_core._pydantic_core'",
        exitCode: 1,
      },
    },
    {
      name: 'a symbol that this Python lacks',
      finds: true,
      symptoms: {
        stderr: 'ImportError: /srv/venv/lib/python3.12/site-packages/foo.so: undefined symbol: _PyUnicode_Ready',
        exitCode: 1,
      },
    },
    {
      name: 'Ruby',
      finds: true,
      symptoms: { stderr: 'LoadError: incompatible library version - /gems/nokogiri/nokogiri.so', exitCode: 1 },
    },
    {
      name: 'the numbers of an ABI',
      finds: true,
      symptoms: {
        stderr: 'RuntimeError: module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000',
        exitCode: 1,
      },
    },
    {
      name: 'an addon that is not among what was installed',
      finds: true,
      symptoms: {
        os: 'linux',
        stderr:
          'Error: /root/.npm/_npx/1a/node_modules/acme/build/Release/acme.node: cannot open shared object file: No such file or directory',
        exitCode: 1,
      },
    },
    {
      name: 'another processor',
      finds: false,
      symptoms: {
        stderr:
          "Error: dlopen(/x/node_sqlite3.node, 0x0001): tried: '/x/node_sqlite3.node' (mach-o file, but is an incompatible architecture (have 'arm64', need 'x86_64'))",
      },
    },
    {
      name: 'a package that is not installed',
      finds: false,
      symptoms: { stderr: "ModuleNotFoundError: No module named 'httpx'", exitCode: 1 },
    },
  ],
});
