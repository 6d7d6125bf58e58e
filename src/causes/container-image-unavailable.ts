import { containerLine } from '../case/container-line.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, findAll, WORDS, words } from './words.js';

/** Each kind of refusal with its own cure. The first that matches tells; the name of the image is taken from any line. */
const KINDS: [string, RegExp][] = [
  ['helper', /error getting credentials|docker-credential-[\w-]+['"`]?:? (?:executable file )?not found/i],
  [
    'platform',
    /no matching manifest for \S+|no image found in (?:image index|manifest list) for architecture|image operating system "\w+" cannot be used on this platform|does not match the (?:specified|expected) platform|choosing an image from manifest list/i,
  ],
  [
    'limit',
    /toomanyrequests|pull rate limit|rate limit exceeded.{0,60}(?:pull|image)|429 Too Many Requests.{0,60}manifest/i,
  ],
  [
    'name',
    /invalid reference format|repository name (?:\S+ )?must be (?:lowercase|canonical)|could not parse reference|short-name .{0,80}did not resolve/i,
  ],
  [
    'tag',
    /manifest unknown|unexpected status.{0,60}\/(?:v2|manifests|blobs)\/.{0,120}: 404\b|manifest for \S+ not found|reading manifest \S+ in \S+: (?!.*(?:unauthorized|denied))|: not found: manifest|failed to resolve reference .{0,120}: not found|no such manifest/i,
  ],
  [
    'denied',
    /\/v2\/[^"\s]*\\?": (?:denied|unauthorized|access forbidden)|pull access denied|requested access to the resource is denied|unauthorized: |unauthorized:? authentication required|repository .{0,80}(?:does not exist|not found)|denied: (?:denied|permission_denied|access|.{0,30}permission)|failed to (?:authorize|fetch (?:anonymous|oauth) token)|\b(?:401 Unauthorized|403 Forbidden)\b.{0,80}(?:manifest|registry|\/v2\/)|(?:\/v2\/|manifest|registry).{0,160}\b(?:401 Unauthorized|403 Forbidden)\b|error from registry|no basic auth credentials|incorrect username or password/i,
  ],
  [
    'network',
    /(?:Get|Head|Post) "?https?:\/\/[^"\s]+\/v2\/[^"\s]*"?: (?!unauthorized|denied)|(?:pinging container registry|failed to do request|error pulling image|failed to (?:pull|copy)).{0,160}(?:x509|no such host|timeout|timed out|refused|TLS|EOF|reset|unreachable)|lookup (?:registry|auth|ghcr|mcr|quay|production)\S* .{0,60}(?:no such host|timeout|refused|misbehaving)|unexpected status.{0,60}\/(?:v2|manifests|blobs)\/.{0,120}: 5\d\d\b|net\/http: (?:request canceled|TLS handshake timeout).{0,80}/i,
  ],
  [
    'disk',
    /failed to register layer|no space left on device.{0,60}(?:layer|overlay|image)|(?:layer|overlay|image|docker).{0,80}no space left on device/i,
  ],
  [
    'gone',
    /\bNo such image\b|\bimage not known\b|\bErrImage(?:Pull|NeverPull)\b|\bImagePullBackOff\b|\bInvalidImageName\b|(?:failed|unable|cannot|could not) to? ?(?:pull|find|locate|resolve) (?:the )?(?:docker |container )?image\b|(?:docker |container )image .{0,80}\b(?:not found|does not exist|is not available|could not be found|not available locally)|unable to copy from source|initializing source docker:/i,
  ],
];
const ASKED = /Unable to find image ['"]?(?<image>[^'"\s]+)['"]? locally/i;
const PROGRESS = /Pull(?:ing fs layer| complete|ing from)|Status: Downloaded|Download complete|Digest: sha256/i;
const IMAGE = [
  ASKED,
  /(?:pull access denied for|manifest for|No such image:?|image) ["'`]?(?<image>[a-z0-9][\w./-]*\/?[\w.-]+(?::[\w.-]+)?)["'`]?(?:,| not| does|:|\.|$)/i,
  /reference "(?<image>[^"]+)"/,
  /docker:\/\/(?<image>[\w./:@-]+)/,
  /\/v2\/(?<image>[\w./-]+)\/manifests\//,
];
/** npm, Python and other packages come from registries as well. */
const OTHERS = /\bnpm (?:ERR!|error|warn)|\bpip\b|pypi|\buvx?\b/i;

export default defineCause({
  id: 'container-image-unavailable',
  title: 'The image of the container cannot be found or pulled',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Server disconnected',
    "docker: Error response from daemon: pull access denied, repository does not exist or may require 'docker login'",
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    'launch-binary-incompatible',
    'container-stdin-detached',
    'container-tty-allocated',
    'container-exited',
    'install-registry-unreachable',
    'install-package-not-found',
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'launch-entry-point-missing',
    'network-dns-failed',
    'network-refused',
    'network-tls-untrusted',
    'network-unreachable',
    'auth-credentials-rejected',
    'auth-credentials-missing',
    'process-backend-unreachable',
    'process-env-missing',
    'process-config-rejected',
    'stdio-stdin-closed',
    ...FAILED_START,
  ],

  match(given) {
    const lines = words(given).filter(({ text }) => !OTHERS.test(text));
    const line = containerLine(given.launch);
    const about =
      line !== null ||
      lines.some(({ text }) =>
        /docker|podman|nerdctl|containerd|from daemon|\bimage\b|manifest|registr|toomanyrequests|\bpull|\bpod\b|kube/i.test(
          text,
        ),
      );
    const asked = find(lines, ASKED);
    const answers = lines.filter(({ text }) => !/^\W*Unable to find image '[^']*' locally\W*$/i.test(text));
    const found = KINDS.map(([kind, pattern]) => ({ kind, hit: find(answers, pattern) })).find(({ hit }) => hit);
    const hit = about ? found?.hit : undefined;
    // Looking for the image is what every first start does; alone it only tells where the start stood.
    if (!hit && !(asked && !lines.some(({ text }) => PROGRESS.test(text)))) return null;
    const cited = hit ?? asked;
    if (!cited) return null;
    const image =
      lines.flatMap((one) => find([one], ...IMAGE)?.groups.image ?? [])[0] ??
      (line?.verb === 'run' ? line.subject : null);
    // Slowness ends in a timeout; a connection that was closed right after the search ended with it.
    const closed = lines.some(({ text }) =>
      /-32000\b|connection (?:was )?closed|disconnected|closed unexpectedly/i.test(text),
    );
    const ended = given.process?.exit?.by === 'itself' && given.process.exit.code !== 0;
    const engineSpoke = /from daemon|from registry|^(?:\S+ )?(?:docker|nerdctl): |^Error: |manifest|pull access/i.test(
      cited.line.text.trim(),
    );
    const kind = hit ? (found?.kind ?? 'gone') : 'asked';
    const local = image !== null && !/[./]/.test(image.split(':')[0] ?? '');
    return {
      certainty:
        kind === 'asked'
          ? closed
            ? 'likely'
            : 'possible'
          : kind !== 'name' &&
              engineSpoke &&
              (ended || /^docker: |See 'docker run/m.test(lines.map(({ text }) => text).join('\n')))
            ? 'certain'
            : 'likely',
      cites: [cited.line.at, ...(asked && asked !== cited ? findAll([asked.line], ASKED).map((a) => a.line.at) : [])],
      facts: {
        kind,
        image,
        engine: line?.engine ?? (lines.some(({ text }) => /podman/i.test(text)) ? 'podman' : 'docker'),
        local,
        said: cited.line.text.trim().slice(0, 240),
      },
    };
  },
  say: ({ kind, image, said }) => {
    const name = image ? `The image ${image}` : 'The image of the entry';
    const reason = {
      helper: 'could not be pulled: the helper that holds the logins of the registry is not on the PATH',
      platform: 'exists, but not for the processor of this machine',
      limit: 'could not be pulled: the registry refuses more downloads without a login for now',
      name: 'has a name that the engine cannot read: a word of the entry stands in the wrong place, or the name has capitals or blanks',
      tag: 'does not exist with this tag',
      denied: 'is not at the registry under this name, or it is private and needs a login',
      network: 'could not be pulled: its registry cannot be reached from this machine',
      disk: 'could not be unpacked: the disk of the engine is full',
      gone: 'is neither on this machine nor can it be pulled',
      asked: 'is not on this machine; nothing is said of a successful pull',
    }[kind];
    return `${name} ${reason ?? 'is not available'}: "${said}".`;
  },
  fix: ({ kind, image, engine, local }) => {
    const program = engine === 'podman' || engine === 'nerdctl' ? engine : 'docker';
    const name = image ?? '<image>';
    const pull = {
      say: 'Then pull it once in a terminal, so that the client need not wait for it:',
      run: `${program} pull ${name}`,
    };
    switch (kind) {
      case 'helper':
        return [
          {
            say: 'Give the server the PATH of your shell, where the helper lies (macOS: /usr/local/bin or Docker.app\'s bin), or take "credsStore" out of ~/.docker/config.json for public images:',
            edit: {
              file: 'the client config',
              at: 'env',
              to: '"env": { "PATH": "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin" }',
            },
          },
          pull,
        ];
      case 'platform':
        return [
          {
            say: 'Ask for the platform that exists (it is emulated), or build the image here:',
            edit: { file: 'the client config', at: 'args', to: '"run", "--platform", "linux/amd64", "-i", "--rm"' },
          },
          pull,
        ];
      case 'limit':
        return [
          {
            say: 'Log in to the registry (a free account raises the limit), or wait an hour:',
            run: `${program} login`,
          },
          pull,
        ];
      case 'network':
        return [
          {
            say: 'See what the engine says when it pulls; behind a company proxy set the proxy (and its certificate) in the engine itself, not in the entry:',
            run: `${program} pull ${name}`,
          },
        ];
      case 'disk':
        return [
          {
            say: 'Make room for the engine (this removes stopped containers and images without a name):',
            run: `${program} system prune`,
          },
          pull,
        ];
      case 'name':
        return [
          {
            say: 'Let every word be one element of args, options in front of the image, the image in lower case; write paths with blanks as one element:',
            edit: {
              file: 'the client config',
              at: 'args',
              to: '"args": ["run", "-i", "--rm", "-e", "NAME", "<image>:<tag>"]',
            },
          },
        ];
      default:
        return [
          {
            say: local
              ? "The name has no registry or owner in it: it is either an image to build from the server's repository first, or it needs its full name:"
              : "Take the full name with registry and tag from the server's README (ghcr.io/<owner>/<name>, not <owner>/<name>); an image that is not published must be built first, in the folder of its Dockerfile:",
            run: `${program} build -t ${name} .`,
          },
          {
            say: 'If it is private, log in to its registry:',
            run: `${program} login ${/^[\w-]+\.[\w.-]+/.exec(name)?.[0] ?? '<registry>'}`,
          },
          pull,
        ];
    }
  },
  why: 'docker run pulls an image that is not on the machine, and ends with code 125 when it cannot. A registry answers "denied" for names that do not exist as well, so that nobody can probe for private ones; a name without a registry is looked up on Docker Hub only.',
  refs: [
    'https://docs.docker.com/reference/cli/docker/container/run/#exit-status',
    'https://docs.docker.com/docker-hub/usage/',
    'https://github.com/homeassistant-ai/ha-mcp/issues/2312',
  ],
  examples: [
    {
      name: 'never published',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          "Unable to find image 'acme/notes-mcp:latest' locally\ndocker: Error response from daemon: pull access denied for acme/notes-mcp, repository does not exist or may require 'docker login': denied: requested access to the resource is denied.\nSee 'docker run --help'.",
      },
    },
    {
      name: 'a tag that is not there',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'ghcr.io/acme/notes:9.9'] },
        stderr: 'docker: Error response from daemon: manifest for ghcr.io/acme/notes:9.9 not found: manifest unknown.',
        exitCode: 125,
      },
    },
    {
      name: 'another processor',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          'latest: Pulling from acme/notes\ndocker: no matching manifest for linux/arm64/v8 in the manifest list entries.',
        exitCode: 125,
      },
    },
    {
      name: 'too many downloads',
      finds: true,
      symptoms: {
        stderr:
          'Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      },
    },
    {
      name: 'the registry cannot be reached',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '--rm', '-i', 'mcp/fetch'] },
        stderr:
          'Unable to find image \'mcp/fetch:latest\' locally\ndocker: Error response from daemon: Get "https://registry.example/v2/": dial tcp: lookup registry.example on 10.0.0.1:53: no such host.',
        exitCode: 125,
      },
    },
    {
      name: 'the helper of the logins',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          'Unable to find image \'mcp/time:latest\' locally\ndocker: error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH, out: ``.',
        exitCode: 125,
      },
    },
    {
      name: 'podman',
      finds: true,
      symptoms: {
        stderr:
          'Error: short-name "acme/notes" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf"',
        exitCode: 125,
      },
    },
    {
      name: 'a word in the wrong place',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', '-v', 'C:\\My', 'Files:/data', 'mcp/filesystem'] },
        stderr: "docker: invalid reference format.\nSee 'docker run --help'.",
        exitCode: 125,
      },
    },
    {
      name: 'a pull that succeeded',
      finds: false,
      symptoms: {
        stderr:
          "Unable to find image 'mcp/fetch:latest' locally\nlatest: Pulling from mcp/fetch\nDigest: sha256:ab\nStatus: Downloaded newer image for mcp/fetch:latest",
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'an npm package',
      finds: false,
      symptoms: { stderr: "npm error 404  'acme-notes@*' is not in this registry.", exitCode: 1 },
    },
    {
      name: 'containerd names the status of the registry',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'Error response from daemon: failed to resolve reference "ghcr.io/acme/notes:latest": unexpected status from HEAD request to https://ghcr.io/v2/acme/notes/manifests/latest: 403 Forbidden',
      },
    },
  ],
});
