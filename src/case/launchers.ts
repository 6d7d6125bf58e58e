/** Programs that belong to the machine, not to a server: launchers, package runners, runtimes, container engines. */
export const LAUNCHER =
  /^(?:np[mx]|pn(?:pm|px)|yarn|node(?:\.?js)?|bunx?|deno|uvx?|pip[x3]?|python[\d.]*|py|pyenv|poetry|conda|mamba|pixi|hatch|docker|podman|nerdctl|java|jbang|dotnet|dnx|go|cargo|ruby|bundle|gem|php|composer|pwsh|powershell|bash|zsh|cmd|wsl|git|gcloud|aws|kubectl|nix|nvm|fnm|volta|mise|asdf|rbenv|env|sudo|flatpak|snap|op|doppler)(?:\.(?:exe|cmd|bat|ps1))?$/i;

/** A program and its arguments in one text: "npx -y foo", "/usr/bin/node /x/index.js", "C:\x\server.exe --stdio". */
export function isJoined(text: string): boolean {
  const [program = '', ...rest] = text.trim().split(/\s+/);
  if (rest.length === 0) return false;
  // Words between programs are a shell's.
  if (rest.some((word) => /^(?:&&|\|\||\||;)$/.test(word))) return true;
  if (LAUNCHER.test(program.split(/[\\/]/).pop() ?? '')) return true;
  // A folder's name with a blank goes on with a letter; an option does not.
  if (/^--?[A-Za-z][\w-]*(?:=|$)/.test(rest[0] ?? '')) return true;
  // No folder is called by a URL.
  if (/^https?:\/\//.test(rest[0] ?? '')) return true;
  // Otherwise a space may belong to a folder name: only an argument right behind a program's extension tells.
  return (
    /\.(?:exe|cmd|bat|[cm]?[jt]s|py|sh|jar|dll)["']?\s+(?:-|\/|@|[A-Za-z]:\\)/i.test(text) ||
    (!/[\\/]/.test(program) && /^[-'"@.]|^[\w-]+\.(?:[cm]?[jt]s|py|rb|php|sh|jar)$/.test(rest[0] ?? ''))
  );
}
