/** Signs in the words that the connection had been opened and a tool was being called. */
import { find, type Hit, type Line } from './words.js';

/** A tool call is named. */
const CALL = [
  /"method"\s*:\s*"tools\/call"|\btools\/call\b|\bCallTool(?:Request|Result)?\b|\bcall_tool\b|\bcallTool\b|\bmcp[:-]call-tool\b/,
  /\b(?:call(?:ing|ed|s)?|invok(?:e|ing|ed)|execut(?:e|ing|ed)|run(?:ning)?|us(?:e|ing)) (?:the |an? |any |an MCP |MCP |this |that |my |its )?(?:[`"'][\w.:-]{1,80}[`"'] )?tools?\b|\btool[- ](?:call|execution|invocation|run|request|use)s?\b|\btool ["'`<][\w.:<> -]{1,80}["'`>]/i,
  /\bError (?:calling|executing|invoking|running) (?!remote method\b)(?:MCP )?(?:tool )?\S|\bCalled \S+\.\S+\(|\bmcp__\w+__\w+|\bTool Error: |\bNo such tool available|\bTOOL_TIMEOUT|\btool_timeout|\bNo result received from\b|\b[Tt]ool [`'"]?[\w.-]{2,60}[`'"]? (?:started|finished|completed|invoked|called|took \d)|\boccurred invoking '|\bCallToolAsync\b/i,
  /\bcall(?:s|ing)? [`'"]?\w+[`'"]? (?:with|on|for|again)\b|\b(?:on|during|after|at|in) (?:one|the|a|every|each|any|that|its|the first|the second|subsequent) (?:\w+ )?call\b|\bsubsequent calls?\b|(?:工具调用|调用.{0,12}工具|呼叫工具|ツール(?:呼び出し|の呼び出し)|도구 호출)/i,
  // Claude Code shows a call as: server - tool (MCP)(argument: "value").
  /\b[\w.-]+ - [\w.-]+ \(MCP\)\(/,
];
/** The lists were read: the handshake was over. */
const OPENED =
  /\b(?:discovered|found|loaded|registered|listed|received|got) \d+ (?:\w+ )?tools?\b|"method"\s*:\s*"(?:tools|resources|prompts)\/list"|\bListTools(?:Request|Result)\b|\b(?:successfully )?connected to (?:the )?(?:stdio )?server, fetching offerings|\bnotifications\/initialized\b|\ball \d+ tools\b/i;

/** The line that names a tool call, or null. */
export const callIn = (lines: Line[]): Hit | null => find(lines, ...CALL);

/** The line that shows an open connection, or null. */
export const openedIn = (lines: Line[]): Hit | null => find(lines, OPENED);
