/** Platforms that run a server for its owner: their host names, what their logs say, and where the server listens. */
import type { Evidence } from '../case/evidence.js';
import { hostOf, isRemote, targetOf } from './way.js';
import { type Line, words } from './words.js';

interface Platform {
  name: string;
  /** How reports call it. */
  is: RegExp;
  /** Names it gives to deployments. `forgets`: such a name leaves the DNS together with its deployment. */
  host: RegExp;
  forgets?: true;
  /** Where it shows the log of a deployment. */
  logs: string;
}

const PLATFORMS: Platform[] = [
  { name: 'Railway', is: /railway/i, host: /\.up\.railway\.app$/, logs: 'railway logs' },
  { name: 'Vercel', is: /vercel/i, host: /\.vercel\.(?:app|sh)$/, logs: 'vercel logs <deployment>' },
  { name: 'Fly.io', is: /\bfly(?:\.io|ctl)?\b/i, host: /\.fly\.dev$/, forgets: true, logs: 'fly logs' },
  { name: 'Render', is: /\brender(?:\.com)?\b|onrender/i, host: /\.onrender\.com$/, logs: 'render logs' },
  { name: 'Heroku', is: /heroku/i, host: /\.herokuapp\.com$/, logs: 'heroku logs --tail' },
  {
    name: 'Cloud Run',
    is: /cloud[- ]?run|\bgcp\b|google cloud/i,
    host: /\.run\.app$/,
    logs: 'gcloud run services logs read <service>',
  },
  {
    name: 'Azure Container Apps',
    is: /container ?apps?|\baca\b/i,
    host: /\.azurecontainerapps\.io$/,
    forgets: true,
    logs: 'az containerapp logs show -n <app> -g <group> --type system',
  },
  {
    name: 'Azure App Service',
    is: /app ?service|azure/i,
    host: /\.azurewebsites\.net$/,
    forgets: true,
    logs: 'az webapp log tail -n <app> -g <group>',
  },
  {
    name: 'AWS',
    is: /\baws\b|app ?runner|\becs\b|fargate|agentcore|lambda|bedrock/i,
    host: /\.(?:awsapprunner\.com|elb\.amazonaws\.com|elasticbeanstalk\.com|on\.aws)$|\.execute-api\.[\w-]+\.amazonaws\.com$/,
    forgets: true,
    logs: 'aws logs tail <log group> --follow',
  },
  { name: 'Kubernetes', is: /kube|\bk8s\b|\b[egak]ks\b|helm|openshift/i, host: /^(?!)/, logs: 'kubectl logs <pod>' },
  {
    name: 'DigitalOcean',
    is: /digital ?ocean/i,
    host: /\.ondigitalocean\.app$/,
    forgets: true,
    logs: 'doctl apps logs <app id> --type run',
  },
  { name: 'Coolify', is: /coolify/i, host: /^(?!)/, logs: 'docker logs <container>' },
  { name: 'Smithery', is: /smithery/i, host: /(?:^|\.)smithery\.ai$/, logs: 'smithery logs' },
  {
    name: 'Cloudflare',
    is: /cloudflare|workers?\b/i,
    host: /\.(?:workers|pages)\.dev$/,
    forgets: true,
    logs: 'wrangler tail',
  },
  { name: 'Netlify', is: /netlify/i, host: /\.netlify\.app$/, logs: 'netlify logs' },
  { name: 'Supabase', is: /supabase/i, host: /\.supabase\.co$/, forgets: true, logs: 'supabase functions logs' },
  { name: 'Hugging Face', is: /hugging ?face|\bhf\b/i, host: /\.hf\.space$/, logs: 'the Logs tab of the Space' },
  { name: 'Koyeb', is: /koyeb/i, host: /\.koyeb\.app$/, logs: 'koyeb service logs <service>' },
  { name: 'Modal', is: /\bmodal\b/i, host: /\.modal\.run$/, logs: 'modal app logs <app>' },
  {
    name: 'Replit',
    is: /replit/i,
    host: /\.(?:replit\.(?:app|dev)|repl\.co)$/,
    logs: 'the Logs tab of the Deployment',
  },
  { name: 'Docker', is: /docker|compose|podman|\bcontainer\b/i, host: /^(?!)/, logs: 'docker logs <container>' },
];

/** Words with which platforms sign their logs. */
const SIGNED: [RegExp, string][] = [
  [/heroku\[(?:router|web)|\bR10 \(Boot timeout\)|\bState changed from \w+ to\b/, 'Heroku'],
  [/\bfly-proxy\b|\bMain child exited\b|\bfly\.toml\b|\/\.fly\/hallpass/, 'Fly.io'],
  [/^==> |render\.com\/docs/, 'Render'],
  [
    /\bnixpacks\b|\brailpack\b|\breplicas? never became healthy|\bCreating containers?\b.*railway|x-railway/i,
    'Railway',
  ],
  [/\bgcloud\.(?:\w+\.)?run\b|\bCloud Run\b|\bContainer called exit\(|STARTUP (?:TCP|HTTP) probe failed/, 'Cloud Run'],
  [/\bTargetPort \d+ does not match|\breason 'ProcessExited'|\bContainerAppSystem/, 'Azure Container Apps'],
  [/HTTP pings on port|\bfailing site start\b|\bfor site \S+ (?:has )?exited/, 'Azure App Service'],
  [/\bELB-HealthChecker|ELB health checks|\bEssential ?container in task|target-group |\bbedrock-agentcore\b/i, 'AWS'],
  [
    /\bkube-probe\b|\bkubelet\b|\b(?:Readiness|Liveness|Startup) probe (?:failed|errored)|\bCrashLoopBackOff\b/,
    'Kubernetes',
  ],
  [/\bDeployContainer\w+/, 'DigitalOcean'],
  [/FUNCTION_INVOCATION_|\/vercel\/path\d|\bx-vercel-/, 'Vercel'],
];

type Told = Partial<Pick<Evidence, 'launch' | 'stderr' | 'stdout' | 'reported' | 'process' | 'handshake' | 'network'>>;

/** The platform whose name for a deployment this host is. */
export const platformOfHost = (host: string | undefined): Platform | undefined =>
  host === undefined ? undefined : PLATFORMS.find((platform) => platform.host.test(host));

const named = (name: string | undefined): Platform | undefined => PLATFORMS.find((platform) => platform.name === name);

/** The platform on which the server runs: by its host name, as told, or by the words of its log. */
export function platformOf(given: Told): Platform | undefined {
  const told = given.reported?.platform;
  const lines = words(given);
  const host = given.network?.host ?? hostOf(targetOf(given));
  return (
    platformOfHost(host) ??
    (told === undefined ? undefined : PLATFORMS.find(({ is }) => is.test(told))) ??
    named(SIGNED.find(([form]) => lines.some(({ text }) => form.test(text)))?.[1])
  );
}

/** The server is meant to be reached over the network: whatever a client starts by itself is deployed nowhere. */
export function isDeployed(given: Told): boolean {
  if (given.reported?.transport === 'stdio') return false;
  return isRemote(given) || platformOf(given) !== undefined || (!given.launch && !given.process && !!given.reported);
}

/** A named error, of any language, which the program itself wrote: it says more than the platform's word that it ended. */
const REASON =
  /^(?!.*(?:health ?check|probe failed)).*(?:\b[A-Z]\w*(?:Error|Exception)\b(?:: \S| \[ERR_)|\bTraceback \(most recent|\bpanicked at\b|^panic: |\bCannot find (?:module|package)\b|\bNo module named\b|\bEADDRINUSE\b|\bheap out of memory\b|\bOOMKilled\b|\b(?:environment variables?|env(?:ironment)? var)\b.{0,60}\b(?:required|missing|not set)|\b(?:required|missing)\b.{0,40}\b(?:environment variable|env var)|exec format error|: (?:command )?not found\b|\bcan't open file\b|\bNo such file or directory\b)/;

/** Whether the program's own log shows why it failed. */
export const reasonIn = (lines: Line[]): boolean => lines.some(({ text }) => REASON.test(text));

export interface Listener {
  line: Line;
  host: string | null;
  port: number;
}

const LISTENS =
  /\b(?:listening|running|started|serving|serves?|available|bound|ready|accessible|starting|LISTEN)\b[^\n]{0,80}?(?:https?:\/\/|\bport\b\W{0,3}|\bon\W{1,2}|\bat\W{1,2}|:)(?<host>localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|::1?|\*)?:?(?<port>\d{4,5}|80)\b(?!\.\d|-\d|:\d\d)/i;

/** Where the server says that it listens. */
export const listeners = (lines: Line[]): Listener[] =>
  lines.flatMap((line) => {
    if (line.joined || /\b(?:expected address|does not match|failed|refused|not listening|probe)\b/i.test(line.text))
      return [];
    const { host, port } = LISTENS.exec(line.text)?.groups ?? {};
    return port === undefined ? [] : [{ line, host: host ?? null, port: Number(port) }];
  });

export const isLoopback = (host: string | null): boolean =>
  host !== null && /^(?:localhost|127\.|\[?::1\]?$)/i.test(host);

/** Ports at which the platform looks for the server. */
const WANTED = [
  /\bPORT(?: environment variable)?["']?\s?(?:=|:|is|set to)\s?["']?(?<port>\d{2,5})\b/,
  /\bHTTP pings on port:? (?<port>\d{2,5})/,
  /\bTarget ?Port (?<port>\d{2,5}) does not match/i,
  /\bon (?:the expected address|0\.0\.0\.0):(?<port>\d{2,5})|^\s{0,4}- 0\.0\.0\.0:(?<dash>\d{2,5})\b/,
  /\b(?:dial tcp|Failed to connect to|connect to|connect(?:ion)? (?:to|refused).{0,30}) ?\[?[\w.:-]{1,60}?\]?(?::| port )(?<port>\d{2,5})\b/i,
  /\bprobe failed\b.{0,120}\bport (?<port>\d{2,5})|\[Port: '(?<app>\d{2,5})'\]|\bhealth check\b.{0,40}\bport (?<fly>\d{2,5})/i,
];

/** The port at which the platform, or the check of it, looks for the server. */
export function wantedPort(lines: Line[], entry = ''): { port: number; at: string | null } | null {
  for (const form of WANTED)
    for (const { text, at } of lines) {
      const port = Object.values(form.exec(text)?.groups ?? {}).find((value) => value !== undefined);
      if (port !== undefined) return { port: Number(port), at };
    }
  const inEntry =
    /"(?:PORT|ports_exposes|internal_port|targetPort|target_port|containerPort)"\s*:\s*"?(?<port>\d{2,5})|\bPORT=(?<text>\d{2,5})/.exec(
      entry,
    )?.groups;
  const port = inEntry?.port ?? inEntry?.text;
  return port === undefined ? null : { port: Number(port), at: null };
}
