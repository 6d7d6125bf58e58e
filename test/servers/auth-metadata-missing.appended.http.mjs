// client sees: Missing Authorization header
// The RFC 8414 document stands behind the path of the issuer, where no client looks: it has to stand before it.
import { serveProtected } from './support/minimal-oauth.mjs';

serveProtected({ serverAt: '/login/.well-known/oauth-authorization-server' });
