/** Who puts programs where: version managers, package managers, installers. Known by the folders they use. */
import type { World } from './world.js';

/** Folders outside the PATH of a client in which launchers are commonly installed, and who puts them there. */
export const USUAL_PLACES: { folder: string; via: string }[] = [
  { folder: '~/.local/bin', via: 'pip --user, pipx and uv' },
  { folder: '~/.cargo/bin', via: 'cargo' },
  { folder: '~/.volta/bin', via: 'Volta' },
  { folder: '~/.bun/bin', via: 'Bun' },
  { folder: '~/.deno/bin', via: 'Deno' },
  { folder: '~/.asdf/shims', via: 'asdf' },
  { folder: '~/.local/share/mise/shims', via: 'mise' },
  { folder: '~/.pyenv/shims', via: 'pyenv' },
  { folder: '~/.rbenv/shims', via: 'rbenv' },
  { folder: '~/.nodenv/shims', via: 'nodenv' },
  { folder: '~/.dotnet/tools', via: '.NET tools' },
  { folder: '~/go/bin', via: 'go install' },
  { folder: '~/.nvm/versions/node/*/bin', via: 'nvm' },
  { folder: '~/.local/share/fnm/node-versions/*/installation/bin', via: 'fnm' },
  { folder: '/usr/local/bin', via: 'the system' },
  { folder: '/usr/bin', via: 'the system' },
  { folder: '/opt/homebrew/bin', via: 'Homebrew' },
  { folder: '/home/linuxbrew/.linuxbrew/bin', via: 'Homebrew' },
  { folder: '/snap/bin', via: 'snap' },
];

/** The same on Windows. */
export const USUAL_PLACES_WINDOWS: { folder: string; via: string }[] = [
  { folder: 'C:\\Program Files\\nodejs', via: 'the Node.js installer' },
  { folder: '~\\AppData\\Roaming\\npm', via: 'npm install -g' },
  { folder: '~\\.local\\bin', via: 'uv and pipx' },
  { folder: '~\\.cargo\\bin', via: 'cargo' },
  { folder: '~\\.bun\\bin', via: 'Bun' },
  { folder: '~\\.deno\\bin', via: 'Deno' },
  { folder: '~\\AppData\\Local\\Volta\\bin', via: 'Volta' },
  { folder: '~\\AppData\\Roaming\\nvm\\*', via: 'nvm for Windows' },
  { folder: 'C:\\nvm4w\\nodejs', via: 'nvm for Windows' },
  { folder: '~\\AppData\\Roaming\\fnm\\node-versions\\*\\installation', via: 'fnm' },
  { folder: '~\\AppData\\Local\\Programs\\Python\\*', via: 'the Python installer' },
  { folder: '~\\AppData\\Local\\Programs\\Python\\Launcher', via: 'the Python installer' },
  { folder: '~\\.pyenv\\pyenv-win\\shims', via: 'pyenv-win' },
  { folder: '~\\scoop\\shims', via: 'Scoop' },
  { folder: 'C:\\ProgramData\\chocolatey\\bin', via: 'Chocolatey' },
  { folder: '~\\.dotnet\\tools', via: '.NET tools' },
  { folder: '~\\go\\bin', via: 'go install' },
  { folder: 'C:\\Program Files\\Docker\\Docker\\resources\\bin', via: 'Docker Desktop' },
];

/** Variables that move a manager's folder to another place. */
const ROOTS: [string, string][] = [
  ['NVM_DIR', 'nvm'],
  ['NVM_HOME', 'nvm for Windows'],
  ['FNM_DIR', 'fnm'],
  ['FNM_MULTISHELL_PATH', 'fnm'],
  ['VOLTA_HOME', 'Volta'],
  ['ASDF_DATA_DIR', 'asdf'],
  ['MISE_DATA_DIR', 'mise'],
  ['PYENV_ROOT', 'pyenv'],
  ['RBENV_ROOT', 'rbenv'],
  ['NODENV_ROOT', 'nodenv'],
  ['CONDA_PREFIX', 'conda'],
  ['HOMEBREW_PREFIX', 'Homebrew'],
];

/** The marks that managers leave in a path, with slashes of both kinds. */
const MARKS: [RegExp, string][] = [
  [/[\\/]\.?nvm[\\/](?:versions[\\/]|v\d)|[\\/]\.nvm[\\/]|[\\/]nvm4w[\\/]/, 'nvm'],
  [/[\\/]fnm_multishells[\\/]|[\\/]\.?fnm[\\/]/, 'fnm'],
  [/[\\/]\.?volta[\\/]/i, 'Volta'],
  [/[\\/]\.?asdf[\\/]/, 'asdf'],
  [/[\\/]mise[\\/](?:shims|installs)\b|[\\/]\.rtx[\\/]/, 'mise'],
  [/[\\/]\.?pyenv[\\/]/, 'pyenv'],
  [/[\\/]\.?rbenv[\\/]/, 'rbenv'],
  [/[\\/]\.?nodenv[\\/]/, 'nodenv'],
  [/[\\/]\.sdkman[\\/]/, 'SDKMAN!'],
  [/[\\/]\.proto[\\/]/, 'proto'],
  [/[\\/](?:mini|ana)conda\d?[\\/]|[\\/](?:mini|mamba)forge\d?[\\/]/i, 'conda'],
  [/^\/opt\/homebrew\/|[\\/]Cellar[\\/]|[\\/]\.?linuxbrew[\\/]/, 'Homebrew'],
  [/^\/snap\//, 'snap'],
  [/^\/nix\/store\/|[\\/]\.nix-profile[\\/]/, 'Nix'],
  [/[\\/]\.bun[\\/]/, 'Bun'],
  [/[\\/]\.deno[\\/]/, 'Deno'],
  [/[\\/]\.cargo[\\/]/, 'cargo'],
  [/[\\/]scoop[\\/]/i, 'Scoop'],
  [/[\\/]chocolatey[\\/]/i, 'Chocolatey'],
  [/[\\/]WindowsApps[\\/]/i, 'the Microsoft Store'],
];

/** Who put a program there, when that can be told from its path, or from the place its link leads to. */
export function managerOf(path: string, world: World): string | undefined {
  for (const place of [path, world.realpath(path)]) {
    const known = MARKS.find(([mark]) => mark.test(place))?.[1];
    if (known) return known;
    const root = ROOTS.find(([name]) => {
      const folder = world.env[name];
      return folder && place.startsWith(folder.replace(/[\\/]*$/, world.platform === 'win32' ? '\\' : '/'));
    });
    if (root) return root[1];
  }
  return undefined;
}
