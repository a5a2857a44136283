import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";

export interface TokenClient {
  readonly id: string;
  readonly secret: string;
}

/** An OAuth 2.0 token endpoint for client credentials, as RFC 6749 describes it, and the tokens that it issued. */
export class TokenEndpoint {
  readonly tokens = new Set<string>();
  /** How many tokens were requested, including refused requests. */
  asked = 0;
  lifetimeSeconds: number | undefined = 3_600;
  readonly #client: TokenClient;

  constructor(client: TokenClient) {
    this.#client = client;
  }

  answer(headers: IncomingHttpHeaders, body: string, response: ServerResponse): void {
    this.asked += 1;
    const form = new URLSearchParams(body);
    response.setHeader("content-type", "application/json");
    if (form.get("grant_type") !== "client_credentials") {
      response.writeHead(400).end('{"error":"unsupported_grant_type"}');
    } else if (!this.#knows(headers, form)) {
      response.writeHead(401).end('{"error":"invalid_client"}');
    } else {
      const token = randomUUID();
      this.tokens.add(token);
      response.end(JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: this.lifetimeSeconds }));
    }
  }

  admits({ authorization = "" }: IncomingHttpHeaders): boolean {
    return this.tokens.has(authorization.replace(/^Bearer /, ""));
  }

  #knows({ authorization }: IncomingHttpHeaders, form: URLSearchParams): boolean {
    const { id, secret } = this.#client;
    if (authorization === undefined) return form.get("client_id") === id && form.get("client_secret") === secret;
    const pair = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
    return pair === `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  }
}
