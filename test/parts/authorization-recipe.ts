/** A set-up of the authorization of a server: what is wrong, and what must be found. */
import type { Recipe } from '../support/authorization/index.js';

/** Where on the way it fails. */
export type Step =
  | 'challenge'
  | 'resource metadata'
  | 'server metadata'
  | 'registration'
  | 'authorization'
  | 'token'
  | 'access'
  | 'call';

export interface SetupRecipe extends Recipe {
  name: string;
  /** What is wrong, in the words of whoever set it up. */
  says: string;
  /** The cause that must be the root; null where all is right, or where only the server's own protection is weak: see `weak`. */
  expects: string | null;
  step?: Step;
  /** Clients get on well, but the server lets in whom it must not. */
  weak?: string;
  /** What a client of SDK v1 with a provider shows, after its user has signed in wherever it asked: see test/support/authorization.test.ts. */
  clientSees: string;
  /** The same for SDK v2, where it shows something else. */
  v2Sees?: string;
}

/** Without metadata the SDKs take the server itself for the authorization server, and fail at the last of the default endpoints. */
export const NOWHERE = 'HTTP 404: Invalid OAuth error response';
export const NOWHERE_V2 = 'Dynamic Client Registration rejected (HTTP 404)';

export const at = (step: Step, recipes: Omit<SetupRecipe, 'step'>[]): SetupRecipe[] =>
  recipes.map((recipe) => ({ ...recipe, step }));
