/** Time limits that proxies, platforms and clients have when nobody changed them, for silence and for an answer. */

interface Limit {
  /** Seconds, from and to: what is measured is a little later than what is set. */
  from: number;
  to: number;
  who: string;
  /** Marks by which a report or an answer names this layer. */
  mark: RegExp;
  /** How the limit is raised there. */
  raise: string;
}

/** Vendors' documentation, November 2026; the widest known range where a limit has changed. */
const LIMITS: Limit[] = [
  {
    from: 29,
    to: 31.5,
    who: 'AWS API Gateway (29 s to 30 s for an answer)',
    mark: /api ?gateway|apigw|execute-api/i,
    raise:
      'API Gateway: raise the integration timeout by a quota request (REST APIs), or use a Lambda function URL or a load balancer, which stream.',
  },
  {
    from: 30,
    to: 31.5,
    who: 'Heroku (30 s to the first byte) or a Google load balancer (30 s backend timeout)',
    mark: /heroku|cowboy|google|gcp|gke/i,
    raise:
      'Google: gcloud compute backend-services update <service> --timeout 3600. Heroku: send a first byte within 30 s and one every 55 s.',
  },
  {
    from: 50,
    to: 52,
    who: 'HAProxy (timeout client/server 50 s in the usual configuration)',
    mark: /haproxy/i,
    raise: 'HAProxy: timeout server 1h, timeout client 1h and timeout tunnel 1h in the backend.',
  },
  {
    from: 55,
    to: 57,
    who: 'Heroku (55 s of silence)',
    mark: /heroku|cowboy/i,
    raise: 'Heroku: the limit is fixed; send something every 30 s.',
  },
  {
    from: 59,
    to: 64,
    who: 'nginx or its ingress (proxy_read_timeout 60 s)',
    mark: /nginx|openresty|ingress/i,
    raise:
      'nginx: proxy_read_timeout 3600s; proxy_buffering off; in the location. Ingress: annotation nginx.ingress.kubernetes.io/proxy-read-timeout: "3600".',
  },
  {
    from: 59,
    to: 64,
    who: 'an AWS load balancer (idle timeout 60 s)',
    mark: /\bALB\b|\bELB\b|awselb|aws|ecs|fargate/i,
    raise:
      'AWS: aws elbv2 modify-load-balancer-attributes --load-balancer-arn <arn> --attributes Key=idle_timeout.timeout_seconds,Value=4000',
  },
  {
    from: 59,
    to: 64,
    who: 'Apache (ProxyTimeout 60 s), Fly.io (60 s of silence) or the request limit of an MCP SDK (60 s)',
    mark: /apache|fly\.io|\bfly\b/i,
    raise: 'Apache: ProxyTimeout 3600. Fly.io: send something every 30 s.',
  },
  {
    from: 99,
    to: 127,
    who: 'Cloudflare (100 s to 125 s without a byte)',
    mark: /cloudflare|cf-ray|cloudflared/i,
    raise: 'Cloudflare: the limit is fixed below the Enterprise plan; send a comment every 30 s.',
  },
  {
    from: 119,
    to: 132,
    who: 'Kestrel or an application server (120 s to 130 s keep-alive)',
    mark: /kestrel|asp\.?net|iis|\.net/i,
    raise: 'Kestrel: options.Limits.KeepAliveTimeout, and IIS requestTimeout in web.config.',
  },
  {
    from: 228,
    to: 245,
    who: 'Azure (230 s in App Service, 240 s in its load balancer)',
    mark: /azure|app ?service/i,
    raise:
      'Azure: az network lb rule update --idle-timeout 30 (minutes); in App Service the 230 s are fixed, send a comment every 30 s.',
  },
  {
    from: 298,
    to: 306,
    who: 'a client built on Node.js (undici bodyTimeout 300 s)',
    mark: /body timeout|undici|terminated|node|cursor|cline|vscode|mcp-remote|claude/i,
    raise:
      'Node.js client: new Agent({ bodyTimeout: 0 }) as dispatcher; the user of a finished client can only ask for keep-alive comments from the server.',
  },
  {
    from: 298,
    to: 306,
    who: 'Cloud Run (request timeout 300 s), Envoy (stream idle timeout 300 s) or the Python SDK (sse_read_timeout 300 s)',
    mark: /cloud ?run|gcp|envoy|istio|python|httpx/i,
    raise:
      'Cloud Run: gcloud run services update <service> --timeout 3600. Envoy: stream_idle_timeout: 0s. Python: sse_read_timeout=3600.',
  },
  {
    from: 348,
    to: 356,
    who: 'an AWS NAT gateway or network load balancer (350 s)',
    mark: /\bNAT\b|\bNLB\b|aws/i,
    raise:
      'AWS NAT gateway: the 350 s are fixed, use TCP keep-alive below them; network load balancer: tcp.idle_timeout.seconds=6000 on the listener.',
  },
  {
    from: 596,
    to: 612,
    who: 'a Google firewall or a proxy with 10 minutes',
    mark: /google|gcp|gke/i,
    raise: 'Google: the 600 s are fixed, send something every minute.',
  },
  {
    from: 896,
    to: 912,
    who: 'AWS Lambda (15 minutes at most)',
    mark: /lambda|aws/i,
    raise: 'AWS Lambda: 900 s is the maximum; end streams by yourself and let clients reconnect.',
  },
  {
    from: 3_590,
    to: 3_620,
    who: 'Cloud Run (60 minutes at most) or a proxy with one hour',
    mark: /cloud ?run|gcp/i,
    raise: 'Cloud Run: 60 minutes is the maximum; let clients reconnect.',
  },
];

export interface Layers {
  who: string[];
  raise: string[];
}

/** Who cuts after so many seconds. The layers that the marks name come first; without a mark all that fit are named. */
export function layersAt(seconds: number, marks: string): Layers {
  const fitting = LIMITS.filter(({ from, to }) => seconds >= from && seconds <= to);
  const named = fitting.filter(({ mark }) => mark.test(marks));
  const chosen = named.length > 0 ? named : fitting;
  return { who: chosen.map(({ who }) => who), raise: chosen.map(({ raise }) => raise) };
}

/** "60 seconds", "~5m", "5 minutes", "2 h" in seconds. */
export function secondsOf(span: string): number | null {
  const { n, unit } = /(?<n>\d+(?:\.\d+)?)[ -]?(?<unit>ms|h|m|s)?/i.exec(span)?.groups ?? {};
  if (n === undefined) return null;
  const factor: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600 };
  return Number(n) * (factor[(unit ?? 's').toLowerCase()] ?? 1);
}
