/** What people tell, in words of their own, of a deployment: its port, its health check, its start. Logs are read by the causes. */
import type { Line } from './words.js';

/** A path that is there for health checks. */
export const HEALTH_PATH =
  /^\/(?:[\w-]+\/){0,3}(?:_?health\w*|livez?|liveness|readyz?|readiness|alive|ping|up|status)\/?$/i;
export const MCP_PATH = /^\/(?:[\w-]+\/){0,3}(?:mcp|sse|messages?)\/?$/i;

/** Health checks, by all their names. */
export const CHECK_TOLD =
  /\bhealth[-_ ]?checks?\b|\bhealth[-_ ]?check\w{0,12}\b|\b(?:liveness|readiness)\b.{0,12}\b(?:probes?|checks?|restarts?|fail\w*)\b|\bstart-?up (?:probes?|checks?)\b|\b(?:liveness|readiness|startup)Probe\b|\bhealth probes?\b|\bkube-probe\b|\b(?:k8s|kubernetes|kubelet|platform|load balancer|ALB|ELB|NLB|orchestrator) probes?\b|\btarget group\b|\bHEALTHCHECK\b|\b(?:pod|container|replica|task|instance|service)s?\b.{0,24}\b(?:never|not) (?:becam?e|becoming|gets?|getting|turn\w*|go(?:es)?|marked)? ?(?:ready|healthy)\b/i;
const CHECK_PATH =
  /(?:^|[\s`'"(])(?<path>\/(?:[\w-]+\/)?(?:healthz?|health-?check|livez|readyz|live|ready|ping|_health|status)\/?)(?=[\s`'".,;:)]|$)/i;
/** What is wrong with it. */
const CHECK_FAULT =
  /\b(?:40[0-6]|415|421|426)s?\b|\bhard[- ]?cod\w+|\bwrong\b|\bmismatch|\bdo(?:es)?(?:n't| not) (?:exist|have|serve|expose|support|implement|match|respect|honou?r|know|answer|handle)|\b(?:not|isn't|no longer) (?:present|installed|available|there|implemented|supported|included|shipped|exposed|a thing|served|part of)\b|\black(?:s|ing)?\b|\bmissing\b|\bno (?:such|GET|health|route|curl|wget|dedicated|plain)\b|\bonly (?:accepts|allows|answers|handles|POST)\b|\bwithout (?:curl|wget|a|the|an|Host|Accept|auth)\b|\bhangs?\b|\bstdio\b|\binstead of\b|\bwhile the (?:server|app)\b|\bbut (?:the )?(?:server|app|it)\b|\bnever (?:closes?|ends?|returns?|completes?)\b|\bignor(?:es|ing)\b/i;
const CHECK_PASSES =
  /\b(?:health[- ]?checks?|probes?)\b (?:still |all |do |does |is |are |was |were )?(?:pass\w*|succeed\w*|ok|green|fine|healthy|return(?:s|ed)? 200|works?)\b/i;
const CHECK_WELL = /\b(?:pass(?:es|ed|ing)?|succeed\w*|succeeded|works?|ok|fine|200|healthy)\b/i;
const CHECK_ILL =
  /\bfail|\bnever\b|\bunhealthy\b|\bnot\b|n't\b|\b4\d\ds?\b|\bhard[- ]?cod|\bbut\b|\bexpects?\b|\bonly\b|\bhang/i;

export interface CheckTold {
  line: Line;
  status: number | null;
  path: string | null;
}

/** A health check of which somebody says what is wrong with it. */
export function checkTold(lines: Line[]): CheckTold | null {
  for (const line of lines) {
    const { text } = line;
    const named = CHECK_TOLD.test(text);
    const path = CHECK_PATH.exec(text)?.groups?.path ?? null;
    if (
      !named ||
      CHECK_PASSES.test(text) ||
      !CHECK_FAULT.test(text) ||
      (CHECK_WELL.test(text) && !CHECK_ILL.test(text))
    )
      continue;
    const status = /(?<![:.\d])(?<status>40[0-6]|415|421|426)s?\b(?!\.\d)/.exec(text)?.groups?.status;
    const mcp = /(?:^|[\s`'"(])(?<path>\/(?:mcp|sse|messages)?\/?)(?=[\s`'".,;:)]|$)/i.exec(text)?.groups?.path ?? null;
    return { line, status: Number(status ?? 0) || null, path: path ?? mcp };
  }
  return null;
}

/** What stands before a number: an address is none. */
const NUMBER = '(?:[^\\d\\n]|0\\.0\\.0\\.0|127\\.0\\.0\\.1)';
const EXPECTS = [
  /\bforward(?:s|ed|ing)?\b[^\n]{0,40}\bto (?:port )?(?<port>\d{2,5})\b/i,
  new RegExp(
    `(?:\\b(?:expect(?:s|ed|ing)?|inject(?:s|ed)?|assign(?:s|ed)?|requires?|EXPOSEs?|publish(?:es|ed)|maps?|mapped|(?:must|should|has to|needs to|have to) (?:listen|bind|run|be)|provid(?:es|ed)|sends? (?:traffic|requests)|routes?|looks?|prob(?:es?|ing)|target[ _]?port|internal[ _]?port|ports[ _]exposes|containerPort)\\b|\\$?\\bPORT ?[=:])${NUMBER}{0,60}?\\b(?<port>\\d{2,5})\\b(?!\\.\\d)`,
    'i',
  ),
];
const HEARS = new RegExp(
  `\\b(?:listen(?:s|ing|ed)?|binds?|bound|runs?|running|opens?|opened|start(?:s|ed)|serves?|serving|uses?|using|stays|defaults?)\\b${NUMBER}{0,30}?\\b(?<port>\\d{2,5})\\b(?!\\.\\d)`,
  'gi',
);
const IGNORES = [
  /\b(?:ignor(?:es?|ed|ing)|hard[- ]?cod(?:es?|ed|ing)|overrid(?:es|den|ing))\b.{0,60}\b(?:PORT|port)\b/i,
  /\bport\b.{0,40}\b(?:hard[- ]?coded|ignored|(?:not|never|isn't|wasn't) (?:being )?(?:read|used|respected|honou?red|picked up|taken|applied|passed))\b/i,
  /\b(?:should|must|do(?:es)?(?:n't| not)|did(?:n't| not)|not|never|fails? to|needs? to|have to|has to)\b.{0,12}?\b(?:us|read|respect|honou?r|bind|listen|pick|support|tak|pars)\w{0,5}\b.{0,40}(?:\$PORT\b|\bPORT\b|process\.env\.PORT|\bport (?:from|of|in|via) (?:the )?env)/,
];
/** Ports of somebody else: of a sign-in, of a debugger, of the client. */
const OTHER_PORT =
  /\bcallback\b|\bredirect\b|\boauth\b|\bEADDRINUSE\b|\bin use\b|\bInspector\b|\bdebug(?:ger)?\b|\bSMTP\b|\bdatabase\b|\bpostgres|\bredis\b/i;

export interface PortTold {
  line: Line;
  wanted: number | null;
  got: number | null;
}

/** A port of which somebody says that the server does not take it. */
export function portTold(lines: Line[]): PortTold | null {
  for (const line of lines) {
    const { text } = line;
    if (OTHER_PORT.test(text) || /\bHEALTHCHECK\b|\bhealth ?check\w*\b(?!s? failed)[^.\n]{0,60}\bport\b/i.test(text))
      continue;
    const expects = EXPECTS.map((form) => form.exec(text)).find((match) => match !== null);
    const wanted = Number(expects?.groups?.port ?? 0) || null;
    const heard = [...text.matchAll(HEARS)].map(({ groups }) => Number(groups?.port));
    const got = heard.find((port) => port !== wanted) ?? null;
    const ignores = IGNORES.some((form) => form.test(text));
    if (ignores || (wanted !== null && got !== null)) return { line, wanted, got };
  }
  return null;
}

/** The server is started over stdio, says somebody; or it is not what is started. */
const STDIO_TOLD =
  /\b(?:defaults? to|default(?:s|ing)? (?:transport|mode)\b.{0,12}\b|(?:starts?|started|starting|runs?|running|launch(?:es|ed)|boots?|booted|came up|comes up|remains?|stays?|stuck|falls? back|fell back|still|always|only|hard[- ]?coded|configured|built|set|using|uses?|startCommand)\b[^\n.]{0,30}?)\W{0,3}(?:stdio|stdin)\b/i;
const NOT_STARTED =
  /\bserver (?:process )?(?:is |was |gets? )?(?:never|not) (?:started|launched|run|deployed|built)\b|\b(?:only|just) (?:contains|serves|runs|starts|deploys|deployed|has) (?:the|a) (?:front-?end|landing|web ?site|web app|back-?end|api|static)|\b(?:builds?|starts?|deploys?|runs?|launche?s|picks up|serves)\b.{0,60}\b(?:instead of|rather than|and not)\b.{0,12}\b(?:MCP|HTTP)\b.{0,12}\bserver\b|\b(?:builds?|starts?|deploys?|runs?|uses?)\b.{0,20}\bwrong (?:start command|entry ?point|Dockerfile|image|directory|folder|root directory|service|module|command)\b/i;
const ELSEWHERE = /\b(?:mcp-remote|proxy|bridge|supergateway|mcpo|locally|client|desktop|inspector)\b/i;

export function startTold(lines: Line[]): { line: Line; stdio: boolean } | null {
  for (const line of lines) {
    if (ELSEWHERE.test(line.text)) continue;
    if (STDIO_TOLD.test(line.text)) return { line, stdio: true };
    if (NOT_STARTED.test(line.text)) return { line, stdio: false };
  }
  return null;
}

/** Pages that a platform, a base image or a web server shows as long as nobody deployed anything of their own. */
export const PLACEHOLDER =
  /\bIt's running!|\bCongratulations\b.{0,60}\b(?:Cloud Run|container|service)\b|\bplaceholder (?:page|image|container|app)|\bwaiting for your content\b|\bWelcome to nginx\b|\bApache2? (?:\w+ )?Default Page\b|\bIt works!|\bWelcome to your new app\b|\bsample (?:container|app|page|image)\b|\bApplication is not deployed\b|\bdefault backend\b/i;

/** Pages that only a platform itself shows, in place of a deployment. */
export const OF_PLATFORM =
  /Congratulations[^<]{0,40}\bCloud Run\b|successfully deployed a container image to Cloud Run|\bYour web app is running and waiting for your content\b|\bYour Azure Container Apps app is live\b|Welcome to your new (?:Heroku )?app\b/i;
/** A program that prints how it is called does not do what it was deployed for. */
export const USAGE = [
  /^(?:\S{1,40}\s?\| ?)?\s{0,4}[Uu]sage: (?<name>[\w./-]{1,60})(?: |$)/,
  /\bRun ['"`](?<name>[\w./-]{1,40})(?: [\w-]{1,30})? (?:--help|-h)['"`] for (?:usage|more)/,
  /\b(?:unknown|unrecogni[sz]ed) (?:sub)?command ["'`](?<name>[\w:-]{1,40})["'`]|\bfound argument ["'`](?<arg>[\w-]{1,40})["'`] which wasn't expected|\bunexpected argument ["'`](?<arg2>[\w-]{1,40})["'`] found|\bGot unexpected extra argument/,
  /\bunrecogni[sz]ed arguments?:? .{0,20}--?(?<arg3>transport|http|sse|streamable|port|host)\b|\b(?:unknown|unexpected|invalid) (?:option|argument|flag)s?:? ["'`]?--(?<arg4>transport|http|sse|streamable|port|host)\b/i,
  /\bTry ['"`](?<name>[\w./-]{1,40}) (?:--help|-h)['"`] for help/,
  /^\s{0,4}(?:Error: )?(?:Missing command|No such command|the following arguments are required)\b/,
];

/** The probe is a command that the image does not hold. */
export const NO_PROGRAM =
  /(?:^|[\s:"'])(?<program>curl|wget|nc|ncat|bash|python3?|node)['"]?: (?:(?:command )?not found|executable file not found|No such file)|exec(?:utable)?:? "(?<exec>curl|wget|nc|bash|python3?)"/i;

/** Settings in which a health check is written down, and the path or port it names. */
export const IN_ENTRY =
  /"(?:health_?check_?path|health_?check|health_?check_?url|livenessProbe|readinessProbe|startupProbe|httpGet|http_checks|checks|HEALTHCHECK)"\s*:\s*(?<value>"[^"]{0,300}"|\[[^\]]{0,300}\]|\{[^}]{0,300}\}?)/i;

/** The same as a container engine shows it. */
export const INSPECTED =
  /"?Test"?\s*:\s*(?<value>\[\s*"CMD(?:-SHELL)?"[^\]]{0,300}\]?)|\bHEALTHCHECK\b.{0,60}\bCMD (?<cmd>.{1,200})/;
