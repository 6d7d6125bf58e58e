import { containerLine } from '../case/container-line.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, MILD, WORDS, words } from './words.js';

/** The command-line programs of the engines, of their own socket or pipe. In every language the name of the pipe stays. */
const SAID = [
  /permission denied while trying to connect to the (?:Docker daemon|Docker API|docker)|(?:dial|connect)\b.{0,80}(?:docker|podman|containerd)\S*\.sock:? .{0,40}permission denied|permission denied.{0,60}(?:docker|podman|containerd)\.sock|\bEACCES\b.{0,40}docker\.sock|open \/\/\.\/pipe\/\w*[dD]ocker\w*: (?:Access is denied|Zugriff verweigert|Acc.s refus|Acceso denegado|拒绝访问)/i,
  /Cannot connect to the Docker daemon|Is the docker daemon running|error during connect: |failed to connect to the docker API|Docker daemon (?:is not|isn't|not) (?:running|reachable|responding|available)|Docker (?:Desktop|Engine)? ?(?:is not|isn't|is paused|is manually paused|is unable|is still|was not) ?(?:running|started|to start|starting|reachable|available)?|Cannot connect to Podman|(?:unable|failed) to connect to (?:the )?Podman|Please (?:start|open|launch) Docker/i,
  /pipe[\\/]{1,2}\w*docker\w*|docker_engine\b|dockerDesktop(?:Linux|Windows)?Engine|(?:dial unix|connect(?:ing)? to|connect (?:ENOENT|ECONNREFUSED)|stat|lstat)\b.{0,20}\S*(?:docker|podman|colima|containerd|rancher|orbstack)\S*\.sock\b|cannot access containerd socket|rootless containerd not running|(?:podman|colima|lima|finch|rancher|orbstack)\b.{0,30}\b(?:machine|vm|instance|virtual machine)\b.{0,40}\b(?:not running|stopped|not started|does not exist|not initiali[sz]ed)|(?:machine|VM) does not exist.{0,30}podman/i,
  /DockerException: Error while fetching server API version|Could not find a valid Docker environment|(?:failed to|could not|cannot|unable to) (?:find|locate|reach|contact|ping) (?:the )?(?:docker|podman|containerd) (?:daemon|engine|socket|service)|context deadline exceeded.{0,60}docker|(?:request returned|Internal Server Error).{0,60}\bAPI route and version\b|\b(?:docker|podman) (?:engine|daemon|service|machine)\b.{0,12}\b(?:stopped|paused|down|not running|unavailable|not available)\b|Docker 守护进程|Docker-Daemon/i,
];
/** The command line stands in another system: Docker Desktop lends it to WSL only when told so. */
const WSL = /(?:docker|podman)'? could not be found in this WSL|WSL integration in Docker Desktop/i;
const DENIED = /permission denied|\bEACCES\b|Access is denied|Zugriff verweigert|Acc.s refus|Acceso denegado|拒绝访问/i;

export default defineCause({
  id: 'container-engine-unreachable',
  title: 'The container engine is not running, or may not be reached',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Server disconnected',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    'container-image-unavailable',
    'container-stdin-detached',
    'container-tty-allocated',
    'container-exited',
    'process-backend-unreachable',
    'process-killed',
    'config-path-missing',
    'launch-blocked-by-os',
    'stdio-stdin-closed',
    ...FAILED_START,
  ],

  match(given) {
    const lines = words(given);
    const hit = find(lines, ...SAID) ?? find(lines, WSL);
    if (!hit) return null;
    const line = containerLine(given.launch);
    const text = hit.line.text;
    const guessed = /pipe[\\/]|dockerDesktop(?:Windows|Linux)Engine|docker_engine/i.test(text)
      ? 'windows'
      : /\/Users\/|\.colima|\.orbstack|\.rd\//.test(text)
        ? 'macos'
        : null;
    const exit = given.process?.exit?.by === 'itself' && given.process.exit.code !== 0;
    const how = WSL.test(text) ? 'wsl' : DENIED.test(text) ? 'denied' : 'down';
    // The engine's own program wrote it; a server that works with Docker says it of its backend.
    const own =
      /^(?:\S+ )?(?:docker: |Error: |error during connect|Cannot connect to (?:the Docker|Podman)|ERROR: )/i.test(
        text.trim(),
      );
    return {
      certainty: how === 'wsl' || MILD.test(text) ? 'possible' : exit && (line !== null || own) ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: {
        engine: /podman/i.test(text)
          ? 'podman'
          : /containerd|nerdctl/i.test(text)
            ? 'containerd'
            : (line?.engine ?? 'docker'),
        product: /colima/i.test(text)
          ? 'colima'
          : /orbstack/i.test(text)
            ? 'OrbStack'
            : /\.rd\/|rancher/i.test(text)
              ? 'Rancher Desktop'
              : null,
        how,
        os: given.reported?.os ?? guessed,
      },
    };
  },
  say: ({ engine, product, how, os }) => {
    const name = product ?? (engine === 'podman' ? 'Podman' : engine === 'containerd' ? 'containerd' : 'Docker');
    if (how === 'denied')
      return `${name} runs, but this user may not open its socket, so the entry's container was never started.`;
    if (how === 'wsl')
      return `The ${engine} command is not connected to this WSL distribution, so the entry's container was never started.`;
    return `The ${engine} command works, but its engine does not answer${os === 'windows' ? ' on its pipe' : ' on its socket'}: ${name} is not running (or is still starting), so the entry's container was never started.`;
  },
  fix: ({ engine, product, how, os }) => {
    if (how === 'wsl')
      return [
        {
          say: 'Docker Desktop, Settings, Resources, WSL integration: switch it on for this distribution, then look:',
          run: 'docker version',
        },
      ];
    if (how === 'denied')
      return [
        os === 'windows'
          ? {
              say: 'Add your user to the group that may use Docker (as administrator), then sign out and in again:',
              run: 'net localgroup docker-users "%USERNAME%" /add',
            }
          : {
              say: 'Add your user to the group that may use Docker, then sign out and in again (the client as well):',
              run: 'sudo usermod -aG docker "$USER"',
            },
        { say: 'Check it, without sudo:', run: `${engine === 'podman' ? 'podman' : 'docker'} info` },
      ];
    const start =
      product === 'colima'
        ? 'colima start'
        : product === 'OrbStack'
          ? 'open -a OrbStack'
          : product === 'Rancher Desktop'
            ? 'rdctl start'
            : engine === 'podman'
              ? os === 'linux'
                ? 'systemctl --user start podman.socket'
                : 'podman machine start'
              : os === 'windows'
                ? 'start "" "C:\\Program Files\\Docker\\Docker\\Docker Desktop.exe"'
                : os === 'macos'
                  ? 'open -a Docker'
                  : 'sudo systemctl enable --now docker';
    return [
      {
        say: `Start the engine, and let it start with the system${os ? '' : ' (Docker Desktop: open the app)'}:`,
        run: start,
      },
      {
        say: 'Wait until it answers, then start the server again from the client:',
        run: `${engine === 'podman' ? 'podman' : 'docker'} version`,
      },
      {
        say: 'If it answers in your terminal, the client looks at another socket: take the address of the active context into the entry:',
        run: 'docker context ls',
        edit: {
          file: 'the client config',
          at: 'env',
          to: '"env": { "DOCKER_HOST": "<DOCKER ENDPOINT of the active context>" }',
        },
      },
    ];
  },
  why: 'The docker command only asks an engine to run the container. Docker Desktop, colima or a podman machine must be up before the client starts the entry; a client that opens with the session often comes first. Contexts and DOCKER_HOST of your shell do not reach a server that a client starts.',
  refs: [
    'https://docs.docker.com/engine/daemon/troubleshoot/',
    'https://docs.docker.com/engine/install/linux-postinstall/',
    'https://github.com/docker/labs-ai-tools-for-devs/issues/263',
  ],
  examples: [
    {
      name: 'Linux, engine down',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'ghcr.io/acme/notes-mcp'] },
        stderr:
          "docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?.\nSee 'docker run --help'.",
        exitCode: 125,
      },
    },
    {
      name: 'Docker Desktop on Windows',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          'error during connect: this error may indicate that the docker daemon is not running: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.24/containers/json": open //./pipe/docker_engine: Das System kann die angegebene Datei nicht finden.',
      },
    },
    {
      name: 'not in the group',
      finds: true,
      symptoms: {
        os: 'linux',
        stderr:
          'docker: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied.',
        exitCode: 126,
      },
    },
    {
      name: 'a podman machine that is stopped',
      finds: true,
      symptoms: {
        os: 'macos',
        stderr:
          'Cannot connect to Podman. Please verify your connection to the Linux system using `podman system connection list`, or try `podman machine init` and `podman machine start` to manage a new Linux VM\nError: unable to connect to Podman socket: Get "http://d/v5.0.0/libpod/_ping": dial unix ///Users/me/podman/podman.sock: connect: no such file or directory',
        exitCode: 125,
      },
    },
    {
      name: 'colima, in the words of a client',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          'MCP server notes: Cannot connect to the Docker daemon at unix:///Users/me/.colima/default/docker.sock. Is the docker daemon running?',
      },
    },
    {
      name: 'a server that works with Docker',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          "docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))",
        exitCode: 1,
      },
    },
    {
      name: 'the newest wording',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          'docker: failed to connect to the docker API at npipe:////./pipe/dockerDesktopLinuxEngine; check if the path is correct and if the daemon is running: open //./pipe/dockerDesktopLinuxEngine: The system cannot find the file specified.',
      },
    },
    {
      name: 'the engine answered: the image is at fault',
      finds: false,
      symptoms: { stderr: 'docker: Error response from daemon: pull access denied for acme/notes.', exitCode: 125 },
    },
    {
      name: 'a database that is down',
      finds: false,
      symptoms: { stderr: 'Error: connect ECONNREFUSED /var/run/postgresql/.s.PGSQL.5432', exitCode: 1 },
    },
  ],
});
