import { errorOf } from "./error.js";
import type { paths } from "./schema.js";
import { Tokens, type Credentials, type TokenSource } from "./token.js";

type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that have an operation of this method. */
export type PathsOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P][M];

type Member<T, K extends string> = T extends { [name in K]: infer V } ? V : T extends { [name in K]?: infer V } ? V : never;
type Parameters<O, K extends string> = Member<Member<O, "parameters">, K>;
type Json<T> = T extends { content: infer C } ? (C extends { "application/json": infer V } ? V : C extends Record<string, infer V> ? V : undefined) : undefined;
type Body<O> = O extends { requestBody: infer B } ? Json<B> : O extends { requestBody?: infer B } ? Json<B> | undefined : undefined;

/** What an operation answers when all is well. */
export type Answer<O> = O extends { responses: infer R } ? { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R] : never;

/** Makes keys optional where nothing in the value is required. */
type Part<K extends string, V> = [V] extends [never | undefined] ? { [name in K]?: undefined } : {} extends V ? { [name in K]?: V } : { [name in K]: V };

/** What a request is made of; the compiler knows which of these an operation needs. */
export type RequestOf<O> = Part<"path", Parameters<O, "path">> &
  Part<"query", Parameters<O, "query">> &
  Part<"body", Body<O>> & { headers?: Record<string, string>; signal?: AbortSignal };

/** Lets the last argument be left out where nothing of it is required. */
type Arguments<T> = {} extends T ? [request?: T] : [request: T];

export interface Options {
  /** Another fetch than the global one. */
  fetch?: typeof fetch;
  /** The longest that a request waits when the server says 429 or 503 with Retry-After, in ms; 10 seconds if left out. */
  maxWait?: number;
}

/** Sends requests to one server. */
export class Yipii {
  readonly #base: string;
  readonly #source: TokenSource;
  readonly #fetch: typeof fetch;
  readonly #maxWait: number;

  /** @param from the credentials of an OAuth client, or a source such as an ApiKey. */
  constructor(baseUrl: string, from: Credentials | TokenSource, options: Options = {}) {
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    this.#source = "token" in from ? from : new Tokens(baseUrl, from, { fetch: this.#fetch });
    this.#maxWait = options.maxWait ?? 10_000;
  }

  get<P extends PathsOf<"get">>(path: P, ...args: Arguments<RequestOf<Operation<P, "get">>>): Promise<Answer<Operation<P, "get">>> {
    return this.#call("GET", path, args[0] as Loose | undefined) as Promise<Answer<Operation<P, "get">>>;
  }

  post<P extends PathsOf<"post">>(path: P, ...args: Arguments<RequestOf<Operation<P, "post">>>): Promise<Answer<Operation<P, "post">>> {
    return this.#call("POST", path, args[0] as Loose | undefined) as Promise<Answer<Operation<P, "post">>>;
  }

  put<P extends PathsOf<"put">>(path: P, ...args: Arguments<RequestOf<Operation<P, "put">>>): Promise<Answer<Operation<P, "put">>> {
    return this.#call("PUT", path, args[0] as Loose | undefined) as Promise<Answer<Operation<P, "put">>>;
  }

  patch<P extends PathsOf<"patch">>(path: P, ...args: Arguments<RequestOf<Operation<P, "patch">>>): Promise<Answer<Operation<P, "patch">>> {
    return this.#call("PATCH", path, args[0] as Loose | undefined) as Promise<Answer<Operation<P, "patch">>>;
  }

  delete<P extends PathsOf<"delete">>(path: P, ...args: Arguments<RequestOf<Operation<P, "delete">>>): Promise<Answer<Operation<P, "delete">>> {
    return this.#call("DELETE", path, args[0] as Loose | undefined) as Promise<Answer<Operation<P, "delete">>>;
  }

  async #call(method: string, template: string, request: Loose = {}): Promise<unknown> {
    const headers: Record<string, string> = { Accept: "application/json", ...request.headers };
    let body: string | null = null;
    if (request.body !== undefined) {
      body = JSON.stringify(request.body);
      headers["Content-Type"] = "application/json";
    }
    const response = await this.send(method, fill(template, request.path) + queryOf(request.query), { headers, body, signal: request.signal ?? null });
    if (response.status === 204) return undefined;
    const kind = response.headers.get("Content-Type") ?? "";
    return /json(;|$)/.test(kind) && !kind.includes("ndjson") ? response.json() : response.text();
  }

  /**
   * Sends a request with a token and answers the response; a refusal is thrown as a YipiiError. A token that is refused is
   * replaced once; 429 and 503 are waited for once, as long as maxWait allows: the server has done nothing then.
   */
  async send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    for (let replaced = false, waited = false; ; ) {
      const token = await this.#source.token();
      const headers = new Headers(init.headers);
      headers.set("Authorization", `Bearer ${token}`);
      const response = await this.#fetch(this.#base + path, { credentials: "omit", ...init, method, headers });
      if (response.ok) return response;
      const refused = await errorOf(response);
      if (response.status === 401 && !replaced && this.#source.refused(token)) {
        replaced = true;
      } else if ((response.status === 429 || response.status === 503) && !waited && refused.retryAfter !== undefined && refused.retryAfter <= this.#maxWait) {
        waited = true;
        await sleep(refused.retryAfter, init.signal ?? undefined);
      } else {
        throw refused;
      }
    }
  }

  /** Reads a list from its first page to its last, a record at a time. */
  async *all<P extends PathsOf<"get">>(path: P, ...args: Arguments<RequestOf<Operation<P, "get">>>): AsyncGenerator<RecordOf<Answer<Operation<P, "get">>>> {
    const request = (args[0] ?? {}) as Loose;
    for (let page = 1; ; page++) {
      const answer = (await this.#call("GET", path, { ...request, query: { ...request.query, page } })) as {
        data: RecordOf<Answer<Operation<P, "get">>>[];
        links: { next: string | null };
      };
      yield* answer.data;
      if (!answer.links.next) return;
    }
  }
}

type RecordOf<A> = A extends { data: (infer R)[]; links: unknown } ? R : never;

/** A request as the code sees it; what it may hold is checked by the types above. */
interface Loose {
  path?: Record<string, unknown> | undefined;
  query?: Record<string, unknown> | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Fills in the parameters of a path. */
function fill(template: string, values: Record<string, unknown> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === null || value === "") throw new TypeError(`${template} needs ${name}`);
    return encodeURIComponent(String(value));
  });
}

function queryOf(values: Record<string, unknown> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null) query.append(name, String(value));
  }
  const text = query.toString();
  return text && "?" + text;
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
}
