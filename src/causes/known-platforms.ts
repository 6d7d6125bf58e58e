/** Platforms on which servers are deployed, by the marks of the edge before them. */
import type { Edge } from './known-edges.js';

const MB = 1024 * 1024;

export const PLATFORMS: readonly Edge[] = [
  {
    name: 'Railway',
    header: /^server: railway|^x-railway-/m,
    host: /\.up\.railway\.app$/,
    own: [
      {
        kind: 'starting',
        words: /"message":\s*"[^"]{0,80}\b(?:deploying|starting up|building|initializing)\b/i,
        says: 'the service is still being deployed',
      },
      {
        kind: 'absent',
        words:
          /"message":\s*"Application not found"|\bApplication not found\b.{0,80}request_id|train has not arrived at the station/i,
        says: 'no running service owns this domain',
      },
      {
        kind: 'unreachable',
        words: /Application failed to respond/i,
        header: /^x-railway-fallback: *true/m,
        says: 'nothing answered on the port of the service (variable PORT, target port of the domain)',
      },
    ],
    limits: {
      idleS: 60,
      requestS: 900,
      buffers: 'no',
      change: null,
      docs: 'https://docs.railway.com/reference/public-networking',
      seen: '2025-10',
    },
  },
  {
    name: 'Vercel',
    header: /^server: vercel|^x-vercel-/m,
    host: /\.(?:vercel\.app|now\.sh)$/,
    own: [
      {
        kind: 'browser-only',
        words: /_vercel_sso_nonce|vercel\.com\/sso-api|Vercel Security Checkpoint|Vercel Authentication/i,
        header: /^x-vercel-mitigated: *challenge/m,
        says: 'the protection of this deployment wants a browser with a Vercel sign-in, or a bypass secret',
      },
      {
        kind: 'blocked',
        header: /^x-vercel-mitigated: *deny/m,
        says: 'a rule of the Vercel firewall',
      },
      {
        kind: 'slow',
        words:
          /\b(?:FUNCTION_INVOCATION_TIMEOUT|EDGE_FUNCTION_INVOCATION_TIMEOUT|ROUTER_EXTERNAL_TARGET_CONNECTION_ERROR_TIMEOUT)\b/,
        header: /^x-vercel-error: *\w*TIMEOUT/m,
        says: 'the function reached its maximum duration',
      },
      {
        kind: 'absent',
        words: /\bDEPLOYMENT_(?:NOT_FOUND|DELETED|DISABLED|PAUSED|BLOCKED)\b|deployment could not be found on Vercel/i,
        header: /^x-vercel-error: *(?:DEPLOYMENT_|NOT_FOUND)/m,
        says: 'no deployment, or no route, under this address',
      },
      { kind: 'limit', words: /\bFUNCTION_(?:PAYLOAD_TOO_LARGE|THROTTLED)\b/, says: 'a limit of functions' },
      {
        kind: 'unreachable',
        words:
          /\b(?:NO_RESPONSE_FROM_FUNCTION|ROUTER_EXTERNAL_TARGET_\w+|DNS_HOSTNAME_\w+|INTERNAL_FUNCTION_NOT_READY)\b/,
        says: 'the function, or the external target, gave no answer',
      },
    ],
    limits: {
      requestS: 300,
      bodyBytes: 4.5 * MB,
      buffers: 'no',
      change: 'export const maxDuration = 800',
      docs: 'https://vercel.com/docs/functions/limitations',
      seen: '2025-12',
    },
  },
  {
    name: 'Fly.io',
    header: /^server: fly\b|^fly-request-id:|^via: .*\bfly\.io/m,
    host: /\.fly\.dev$/,
    own: [
      {
        kind: 'unreachable',
        words:
          /instance refused connection|could(?: not|n't) find a good candidate|\bno known healthy instances\b|error\.code=20\d\d\b/i,
        says: 'no machine listens on internal_port at 0.0.0.0',
      },
    ],
    limits: {
      idleS: null,
      requestS: null,
      buffers: 'no',
      change: null,
      docs: 'https://community.fly.io/t/tcp-idle-timeouts-restrictions-have-been-removed/15160',
      seen: '2023-09',
    },
  },
  {
    name: 'Render',
    header: /^x-render-|^rndr-id:/m,
    host: /\.onrender\.com$/,
    own: [
      { kind: 'absent', header: /^x-render-routing: *no-server/m, says: 'no service owns this host name' },
      {
        kind: 'unreachable',
        words: /\bService Suspended\b|This service has been suspended/i,
        header: /^x-render-routing: *\S*suspend/m,
        says: 'the service is suspended',
      },
      {
        kind: 'starting',
        words: /\bSERVICE WAKING UP\b|APPLICATION LOADING/i,
        header: /^x-render-routing: *\S*(?:hibernat|wak)/m,
        says: 'a free instance wakes up, which takes about a minute',
      },
    ],
    limits: {
      requestS: 6_000,
      buffers: 'plan',
      change: 'X-Accel-Buffering: no',
      docs: 'https://render.com/docs/web-services',
      seen: '2026-04',
    },
  },
  {
    name: 'Heroku',
    header: /^server: (?:cowboy|heroku)|^via: .*(?:vegur|heroku)/m,
    host: /\.herokuapp\.com$/,
    own: [
      { kind: 'slow', words: /\bcode=H12\b/, says: 'no first byte within 30 s (H12)' },
      { kind: 'absent', words: /herokucdn\.com\/error-pages\/no-such-app|\bNo such app\b/, says: 'no such app' },
      {
        kind: 'unreachable',
        words:
          /herokucdn\.com\/error-pages\/application-error|\bcode=H(?:10|1[34]|2[0-7]|8[12]|99)\b|no web processes running/i,
        says: 'the dyno crashed, or none is running',
      },
    ],
    limits: {
      idleS: 55,
      requestS: 30,
      untilFirstByte: true,
      buffers: 'no',
      change: null,
      docs: 'https://devcenter.heroku.com/articles/request-timeout',
      seen: '2024-05',
    },
  },
  {
    name: 'AWS API Gateway',
    header: /^x-amz-apigw-id:|^apigw-requestid:/m,
    host: /\.execute-api\.[\w-]+\.amazonaws\.com(?:\.cn)?$/,
    own: [
      {
        kind: 'slow',
        words: /endpoint request timed out/i,
        says: 'the integration took longer than 29 s (REST) or 30 s (HTTP API)',
      },
      {
        kind: 'unreachable',
        words: /"message"\s*:\s*"Service Unavailable"/,
        says: 'the integration cannot be reached',
      },
      {
        kind: 'absent',
        words: /"message"\s*:\s*"Missing Authentication Token"/,
        says: 'no route for this path and method',
      },
    ],
    limits: {
      idleS: 30,
      requestS: 29,
      bodyBytes: 10 * MB,
      buffers: 'yes',
      change: 'response transfer mode "stream" of a REST API',
      docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
      seen: '2025-11',
    },
  },
  {
    name: 'AWS Lambda function URL',
    host: /\.lambda-url\.[\w-]+\.on\.aws$/,
    own: [
      {
        kind: 'blocked',
        words: /^\s*\{"Message":"Forbidden(?:\. [^"]{0,200})?"\}\s*$/,
        says: 'the policy of the function URL does not allow this caller',
      },
      { kind: 'slow', words: /Task timed out after \d+(?:\.\d+)? seconds/, says: 'the function reached its timeout' },
    ],
    limits: {
      requestS: 900,
      bodyBytes: 6 * MB,
      buffers: 'yes',
      change: 'InvokeMode: RESPONSE_STREAM',
      docs: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html',
      seen: '2025-10',
    },
  },
  {
    name: 'AWS load balancer',
    header: /^server: awselb/m,
    host: /\.elb\.(?:[\w-]+\.)?amazonaws\.com$/,
    own: [],
    limits: {
      idleS: 60,
      requestS: 60,
      untilFirstByte: true,
      buffers: 'no',
      change: 'aws elbv2 modify-load-balancer-attributes --attributes Key=idle_timeout.timeout_seconds,Value=600',
      docs: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html',
      seen: '2026-06',
    },
  },
  {
    name: 'Cloud Run',
    header: /^server: google frontend/m,
    host: /\.(?:run\.app|cloudfunctions\.net|appspot\.com)$/,
    own: [
      {
        kind: 'unreachable',
        words: /no available instance|connection to the instance had an error|container failed to start and listen/i,
        says: 'no instance could be started, or it broke the connection off',
      },
      {
        kind: 'unreachable',
        words: /The server encountered a temporary error and could not complete your request/i,
        says: 'no healthy backend',
      },
      {
        kind: 'blocked',
        words: /Your client does not have permission to get URL/i,
        says: 'the service allows no unauthenticated callers',
      },
    ],
    limits: {
      idleS: null,
      requestS: 300,
      bodyBytes: 32 * MB,
      buffers: 'no',
      change: 'gcloud run services update <service> --timeout=3600',
      docs: 'https://cloud.google.com/run/docs/configuring/request-timeout',
      seen: '2025-10',
    },
  },
  {
    name: 'Azure API Management',
    header: /^(?:ocp-)?apim-|^x-ms-apim/m,
    host: /\.azure-api\.net$/,
    own: [
      {
        kind: 'absent',
        words: /Unable to match incoming request to an operation/i,
        says: 'no operation matches this path and method',
      },
    ],
    limits: {
      idleS: 240,
      requestS: 240,
      buffers: 'yes',
      change: '<forward-request timeout="120" buffer-response="false"/>',
      docs: 'https://learn.microsoft.com/azure/api-management/how-to-server-sent-events',
      seen: '2026-06',
    },
  },
  {
    name: 'Azure App Service',
    header: /^x-ms-middleware-request-id:/m,
    host: /\.(?:azurewebsites\.net|azurecontainerapps\.io)$/,
    own: [
      {
        kind: 'unreachable',
        words:
          /acting as a gateway or proxy server|<title>Web App - Unavailable|web app is stopped|Azure Container App[^<]{0,20}Unavailable/i,
        says: 'the container or site is stopped, or does not answer on its port',
      },
      {
        kind: 'absent',
        words: /<title>Microsoft Azure Web App - Error 404|404 Web Site not found/i,
        says: 'no site under this name',
      },
    ],
    limits: {
      idleS: 230,
      requestS: 230,
      untilFirstByte: true,
      bodyBytes: 100 * MB,
      buffers: 'no',
      change: null,
      docs: 'https://learn.microsoft.com/troubleshoot/azure/app-service/web-apps-performance-faqs',
      seen: '2025-06',
    },
  },
  {
    name: 'OpenShift router',
    own: [
      {
        kind: 'unreachable',
        words:
          /not serving requests at this endpoint|Route and path matches, but all pods are down|Possible reasons you are seeing this page/i,
        says: 'no route matches, or all pods behind it are down',
      },
    ],
  },
  {
    name: 'Netlify',
    header: /^server: netlify|^x-nf-request-id:/m,
    host: /\.netlify\.app$/,
    own: [{ kind: 'absent', words: /Not Found - Request ID: [\w-]+/, says: 'no site under this name' }],
    limits: {
      requestS: 60,
      buffers: 'yes',
      change: 'export a streaming function',
      docs: 'https://docs.netlify.com/build/functions/overview/',
      seen: '2025-10',
    },
  },
];
