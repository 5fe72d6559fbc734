declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** An HTTP server that speaks DynamoDB's protocol, without transactions. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
