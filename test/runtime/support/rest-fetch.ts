import type { RestHandler } from "../../../local/wire/rest";

/** `fetch` that reaches a REST surface of the engine without a socket. */
export function restFetch(handler: RestHandler): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { status, body } = await handler({
      method: init?.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: Buffer.from((init?.body as string | undefined) ?? ""),
      signal: new AbortController().signal,
    });
    if (typeof body !== "string" && !Buffer.isBuffer(body))
      throw new TypeError(`${url.pathname} answers with a stream`);
    return new Response(body.toString(), { status });
  };
}
