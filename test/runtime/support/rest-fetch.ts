import type { RestHandler } from "../../../local/wire/rest";

/** What a service answers. A `Response` of Node would read its own text over several turns of the event loop. */
export function answer(status: number, text: string, headers: Record<string, string> = {}): Response {
  const made: Pick<Response, "status" | "ok" | "headers" | "text" | "json"> = {
    status,
    ok: status >= 200 && status < 300,
    headers: new Headers(headers),
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
  };
  return made as Response;
}

/** `fetch` that reaches a REST surface of the engine without a socket, and without the loop of events turning. */
export function restFetch(handler: RestHandler): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { status, body } = await handler({
      method: init?.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: Buffer.from((init?.body as string | undefined) ?? ""),
      signal: NEVER,
    });
    if (typeof body !== "string" && !Buffer.isBuffer(body))
      throw new TypeError(`${url.pathname} answers with a stream`);
    return answer(status, body.toString());
  };
}

const NEVER = new AbortController().signal;
