/**
 * What the official TypeScript SDK gives a server of the client's environment: the list that clients built on it hand on.
 * https://github.com/modelcontextprotocol/typescript-sdk/blob/v1.29.0/src/client/stdio.ts
 */
export const SDK_POSIX: readonly string[] = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];

/** The second generation of the SDK adds PATHEXT and PROGRAMFILES(X86), which the first one leaves out. */
export const SDK_WINDOWS: readonly string[] = [
  'APPDATA',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATH',
  'PROCESSOR_ARCHITECTURE',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'USERNAME',
  'USERPROFILE',
  'PROGRAMFILES',
];
