/** Where web frameworks keep the list of hosts and origins that they serve, as a step to take. */
import type { FixStep } from './cause.js';

/** By the marks of the stack. The first that fits is shown, the last fits always. */
export const STACKS: [name: string, mark: RegExp, step: (host: string, origin: string) => FixStep][] = [
  [
    'django',
    /\bALLOWED_HOSTS\b|\bDisallowedHost\b|\bHTTP_HOST\b|\bCSRF_TRUSTED/,
    (host, origin) => ({
      say: 'Name the host in the settings of Django:',
      edit: { file: 'settings.py', to: `ALLOWED_HOSTS = ["${host}"]\nCSRF_TRUSTED_ORIGINS = ["${origin}"]` },
    }),
  ],
  [
    'rails',
    /\bBlocked hosts?\b|\bHostAuthorization\b|\bdidn't match request\.base_url/,
    (host) => ({
      say: 'Name the host in the settings of Rails:',
      edit: { file: 'config/environments/production.rb', to: `config.hosts << "${host}"` },
    }),
  ],
  [
    'vite',
    /\bserver\.allowedHosts\b|\bThis host \(/,
    (host) => ({
      say: 'Name the host in the settings of Vite:',
      edit: { file: 'vite.config.ts', to: `server: { allowedHosts: ["${host}"] }` },
    }),
  ],
  [
    'aspnet',
    /\bInvalid Hostname\b|kestrel|asp\.net|microsoft-(?:iis|httpapi)/i,
    (host) => ({
      say: 'Name the host in the settings of ASP.NET Core, or add the binding in IIS:',
      edit: { file: 'appsettings.json', to: `"AllowedHosts": "localhost;${host}"` },
    }),
  ],
  [
    'python',
    /transport_security|\b421\b|uvicorn|fastmcp|starlette|python|httpx/i,
    (host, origin) => ({
      say: 'Name the host and the origin where the FastMCP server is made (official SDK: TransportSecuritySettings; FastMCP 3: FASTMCP_HTTP_ALLOWED_HOSTS):',
      edit: {
        file: 'the server',
        to: `mcp = FastMCP("server", transport_security=TransportSecuritySettings(\n    enable_dns_rebinding_protection=True,\n    allowed_hosts=["localhost:*", "127.0.0.1:*", "${host}", "${host.replace(/:\d+$/, '')}:*"],\n    allowed_origins=["http://localhost:*", "${origin}"],\n))`,
      },
    }),
  ],
  [
    'typescript',
    /(?:)/,
    (host, origin) => ({
      say: 'Name the host and the origin where the transport or the Express application of the server is made:',
      edit: {
        file: 'the server',
        to: `new StreamableHTTPServerTransport({ sessionIdGenerator, enableDnsRebindingProtection: true, allowedHosts: ["localhost:3000", "${host}"], allowedOrigins: ["${origin}"] })\n// or: createMcpExpressApp({ allowedHosts: ["localhost", "${host.replace(/:\d+$/, '')}"] })`,
      },
    }),
  ],
];
