/** Where each client keeps what a server said on stderr. Sources: the vendors' pages on debugging MCP servers, and their own logs. */

export interface ClientLogs {
  name: string;
  /** Log files by operating system; `<name>` stands for the server's name. */
  files?: Partial<Record<'macos' | 'windows' | 'linux', string>>;
  /** A place inside the client, where there is no file. */
  panel?: string;
  /** How the client is started so that it logs more. */
  debug?: string;
}

/** By client id, as in the symptoms JSON. */
export const CLIENT_LOGS: Record<string, ClientLogs> = {
  // https://modelcontextprotocol.io/docs/tools/debugging
  'claude-desktop': {
    name: 'Claude Desktop',
    files: {
      macos: '~/Library/Logs/Claude/mcp-server-<name>.log',
      windows: '%APPDATA%\\Claude\\logs\\mcp-server-<name>.log',
    },
  },
  // https://code.claude.com/docs/en/mcp
  'claude-code': {
    name: 'Claude Code',
    files: {
      macos: '~/Library/Caches/claude-cli-nodejs/*/mcp-logs-<name>/*.jsonl',
      linux: '~/.cache/claude-cli-nodejs/*/mcp-logs-<name>/*.jsonl',
    },
    debug: 'claude --debug',
  },
  cursor: { name: 'Cursor', panel: 'the Output panel, channel "MCP Logs"' },
  // https://code.visualstudio.com/docs/copilot/customization/mcp-servers
  vscode: { name: 'VS Code', panel: 'the Output panel, channel "MCP: <name>"' },
  zed: {
    name: 'Zed',
    files: { macos: '~/Library/Logs/Zed/Zed.log', linux: '~/.local/share/zed/logs/Zed.log' },
  },
  cline: { name: 'Cline', panel: 'the Output panel, channel "Cline"' },
  roo: { name: 'Roo Code', panel: 'the Output panel, channel "Roo-Code"' },
  codex: { name: 'Codex', files: { macos: '~/.codex/log/codex-tui.log', linux: '~/.codex/log/codex-tui.log' } },
  'gemini-cli': { name: 'Gemini CLI', debug: 'gemini --debug' },
  opencode: {
    name: 'opencode',
    files: { macos: '~/.local/share/opencode/log/*', linux: '~/.local/share/opencode/log/*' },
  },
  'amazon-q': { name: 'Amazon Q', files: { macos: '$TMPDIR/qlog/chat.log', linux: '$TMPDIR/qlog/chat.log' } },
  kiro: { name: 'Kiro', panel: 'the Output panel, channel "Kiro - MCP Logs"' },
};
