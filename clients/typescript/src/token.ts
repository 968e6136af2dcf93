import { errorOf, YipiiError } from "./error.js";

/** Gives the bearer token of a request. */
export interface TokenSource {
  /** A token that is good for now. */
  token(): Promise<string>;
  /** Says that the server refused a token; true if another can be had. */
  refused(token: string): boolean;
}

/** The credentials of an OAuth client. */
export interface Credentials {
  clientId: string;
  clientSecret: string;
  /** To ask for; all that the client may have if left out. */
  scopes?: readonly string[];
}

/** An API key as a source. Printed or written as JSON, it shows no key. */
export class ApiKey implements TokenSource {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  async token(): Promise<string> {
    return this.#key;
  }

  refused(): boolean {
    return false;
  }
}

/** How long before its end a token is replaced: a fifth of its life, at most a minute. */
const early = (lifetime: number) => Math.min(lifetime / 5, 60_000);

/**
 * Gets access tokens by the client credentials grant (RFC 6749 §4.4): keeps the token, asks for another before it ends, and
 * once for all callers that wait. Printed or written as JSON, it shows neither secret nor token.
 */
export class Tokens implements TokenSource {
  readonly #endpoint: string;
  readonly #credentials: Credentials;
  readonly #fetch: typeof fetch;
  #token: string | undefined;
  #renew = 0;
  #expires = 0;
  #asking: Promise<string> | undefined;
  #again = 0;
  #refusal: YipiiError | undefined;

  constructor(baseUrl: string, credentials: Credentials, options: { fetch?: typeof fetch } = {}) {
    this.#endpoint = baseUrl.replace(/\/+$/, "") + "/oauth/token";
    this.#credentials = { ...credentials };
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
  }

  async token(): Promise<string> {
    const now = Date.now();
    if (this.#token !== undefined && now < this.#renew) return this.#token;
    if (this.#refusal && now < this.#again) {
      // The server has asked not to be asked.
      if (this.#token !== undefined && now < this.#expires) return this.#token;
      throw this.#refusal;
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Throws away the token that is kept, if it is this one: of many callers with it, the first makes room for the next token. */
  refused(token: string): boolean {
    if (token === this.#token) this.#token = undefined;
    return true;
  }

  async #ask(): Promise<string> {
    try {
      const { token, lifetime } = await this.#request();
      const now = Date.now();
      this.#token = token;
      this.#expires = now + lifetime;
      this.#renew = this.#expires - early(lifetime);
      this.#refusal = undefined;
      return token;
    } catch (error) {
      if (error instanceof YipiiError && error.retryAfter !== undefined) {
        this.#again = Date.now() + error.retryAfter;
        this.#refusal = error;
      }
      if (this.#token !== undefined && Date.now() < this.#expires) return this.#token; // good for a while yet
      throw error;
    }
  }

  async #request(): Promise<{ token: string; lifetime: number }> {
    const { clientId, clientSecret, scopes } = this.#credentials;
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret });
    if (scopes && scopes.length > 0) form.set("scope", scopes.join(" "));
    const response = await this.#fetch(this.#endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: form.toString(),
      redirect: "error", // the secret goes nowhere else
      credentials: "omit",
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw await errorOf(response);
    const answer: unknown = await response.json().catch(() => undefined);
    const { access_token: token, expires_in: seconds } = (answer ?? {}) as { access_token?: unknown; expires_in?: unknown };
    if (typeof token !== "string" || token === "" || typeof seconds !== "number" || seconds <= 0) {
      throw new YipiiError(response.status, "what the token endpoint answered holds no token"); // without the answer: it may hold one
    }
    return { token, lifetime: seconds * 1000 };
  }
}
