/** Name and version of this tool, as they stand in case files, verdicts and requests. The build fills the version in. */
declare const __VERSION__: string | undefined;

export const TOOL = { name: 'mcp-verdict', version: typeof __VERSION__ === 'string' ? __VERSION__ : '0.0.0-dev' };
