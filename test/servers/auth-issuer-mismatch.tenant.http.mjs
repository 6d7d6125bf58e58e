// client sees: Missing Authorization header
// The common endpoint of a server of many tenants: its issuer is a template.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), issuer: `${origin}/{tenantid}/v2.0` }) });
