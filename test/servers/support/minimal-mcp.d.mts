/** The reply to a message of a client, or undefined when it asks for none. */
export function reply(message: unknown): object | undefined;
