/** The two forms of an error in the evidence: one of the operating system, and one of JSON-RPC. */
import { z } from 'zod';

/** How an operation of the operating system failed: `code` is the errno name (ENOENT, ECONNREFUSED ...). */
export const systemError = z.object({
  code: z.string(),
  message: z.string(),
  syscall: z.string().optional(),
  path: z.string().optional(),
});

/** A JSON-RPC error object as received (JSON-RPC 2.0, section 5.1). `data` is its JSON text, cut at 1,000 characters. */
export const rpcError = z.object({ code: z.number(), message: z.string(), data: z.string().optional() });
