/** The reply to a message of a client, or null when it asks for none. */
export function reply(message: unknown): object | null;
