// client sees: Missing Authorization header
// The metadata names the URL with a slash more at the end.
import { resourceOf, serveProtected } from './support/minimal-oauth.mjs';

serveProtected({ resource: (origin) => ({ ...resourceOf(origin), resource: `${origin}/mcp/` }) });
