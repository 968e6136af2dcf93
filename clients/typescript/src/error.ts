/** A refusal of the server. */
export class YipiiError extends Error {
  override readonly name = "YipiiError";

  constructor(
    /** Of HTTP. */
    readonly status: number,
    message: string,
    /** Such as "invalid_client" (RFC 6749 §5.2) or "invalid_token" (RFC 6750 §3.1). */
    readonly code?: string,
    /** Wrong fields and why, with status 422. */
    readonly fields?: Record<string, string[]>,
    /** For whoever runs the server. */
    readonly requestId?: string,
    /** Milliseconds until asking again makes sense. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** Reads a refusal. */
export async function errorOf(response: Response): Promise<YipiiError> {
  let body: { message?: unknown; error?: unknown; error_description?: unknown; errors?: unknown } = {};
  try {
    body = (await response.json()) ?? {};
  } catch {
    // A proxy between, perhaps: its page says nothing that helps a program.
  }
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  return new YipiiError(
    response.status,
    text(body.error_description) ?? text(body.message) ?? `HTTP status ${response.status}`,
    text(body.error),
    typeof body.errors === "object" && body.errors !== null ? (body.errors as Record<string, string[]>) : undefined,
    response.headers.get("X-Request-Id") ?? undefined,
    retryAfter(response.headers.get("Retry-After")),
  );
}

/** Reads seconds or a date (RFC 9110 §10.2.3) as milliseconds from now. */
function retryAfter(text: string | null): number | undefined {
  if (!text) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return wait > 0 ? wait : undefined;
}
