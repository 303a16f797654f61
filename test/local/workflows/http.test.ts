import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { plain, result, run } from "./run";

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!, "http://localhost");
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const reply = (status: number, type: string, body: string | Buffer) =>
        response.writeHead(status, { "Content-Type": type, "X-Two": ["a", "b"] }).end(body);
      if (pathname === "/echo")
        reply(
          200,
          "application/json",
          JSON.stringify({
            method: request.method,
            search,
            type: request.headers["content-type"] ?? null,
            agent: request.headers["user-agent"],
            body: Buffer.concat(chunks).toString(),
          }),
        );
      else if (pathname === "/text") reply(200, "text/plain", "hi");
      else if (pathname === "/bytes") reply(200, "application/pdf", Buffer.from([1, 2]));
      else if (pathname === "/big") reply(200, "text/plain", "x".repeat(2 * 1024 * 1024 + 1));
      else if (pathname === "/moved") response.writeHead(302, { Location: "/text" }).end();
      else if (pathname === "/reset") request.socket.destroy();
      else if (pathname === "/slow") return;
      else reply(404, "application/json", '{"error": "none"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const call = (name: string, args: string, give = "${r}") =>
  result(`- a: {call: ${name}, args: ${args}, result: r}\n- b: {return: '${give}'}`);
const caught = (args: string, give: string) =>
  result(`- a: {try: {call: http.get, args: ${args}}, except: {as: e, steps: [b: {return: '${give}'}]}}`);

describe("http", () => {
  it("sends maps as JSON, and bytes and forms as they are typed", async () => {
    expect(await call("http.post", `{url: ${base}/echo, body: {a: 1}}`, "${r.body}")).toEqual({
      method: "POST",
      search: "",
      type: "application/json; charset=utf-8",
      agent: "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)",
      body: '{"a":1}',
    });
    expect(await call("http.put", `{url: ${base}/echo, body: '\${text.encode("x")}'}`, "${r.body.type}")).toBe(
      "application/octet-stream",
    );
    expect(
      await call(
        "http.post",
        `{url: ${base}/echo, headers: {Content-Type: application/x-www-form-urlencoded}, body: {a: b c}}`,
        "${r.body.body}",
      ),
    ).toBe("a=b+c");
    expect(await call("http.delete", `{url: ${base}/echo}`, "${r.body.type}")).toBeNull();
  });

  it("appends queries, lists too, and its agent", async () => {
    const args = `{method: PATCH, url: "${base}/echo?z=0", query: {a: 1, b: [x, true]}, headers: {User-Agent: mine}}`;
    expect(await call("http.request", args, "${[r.body.method, r.body.search, r.body.agent]}")).toEqual([
      "PATCH",
      "?z=0&a=1&b=x&b=true",
      "mine GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)",
    ]);
  });

  it("reads a body by its type, and follows redirects", async () => {
    expect(await call("http.get", `{url: ${base}/text}`)).toMatchObject({
      body: "hi",
      code: 200,
      headers: { "x-two": "a, b" },
    });
    expect(await call("http.get", `{url: ${base}/bytes}`, "${get_type(r.body)}")).toBe("bytes");
    expect(await call("http.get", `{url: ${base}/moved}`, "${r.body}")).toBe("hi");
  });

  it("raises HttpError with code, headers and body from 400", async () => {
    expect(await caught(`{url: ${base}/none}`, "${[e.code, e.tags, e.body.error]}")).toEqual([
      404,
      ["HttpError"],
      "none",
    ]);
  });

  it("tells a refused connection from a broken one and a late one", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    expect(await caught(`{url: http://127.0.0.1:${port}/}`, "${e.tags}")).toEqual(["ConnectionFailedError"]);
    expect(await caught(`{url: ${base}/reset}`, "${e.tags}")).toEqual(["ConnectionError"]);
    expect(await caught(`{url: ${base}/slow, timeout: 0.05}`, "${e.tags}")).toEqual(["TimeoutError"]);
    expect(await caught(`{url: ${base}/slow, timeout: '\${1801}'}`, "${e.tags}")).toEqual(["ValueError"]);
    expect(await caught(`{url: ${base}/big}`, "${e.tags}")).toEqual(["ResourceLimitError"]);
    expect(await caught("{url: nowhere}", "${e.tags}")).toEqual(["ValueError"]);
  });

  it("never leaves this machine, whatever catches errors", async () => {
    const text = "- a: {try: {call: http.get, args: {url: 'https://example.com/'}}, except: {steps: [b: {return: 1}]}}";
    await expect(run(text)).rejects.toMatchObject({ issues: [{ code: "MR6102", path: "GET https://example.com/" }] });
  });

  it("asks a stub first", async () => {
    const stubs = { "http.get": (args: ReadonlyMap<string, unknown>) => String(args.get("url")) };
    const { outcome } = await run(
      "- a: {call: http.get, args: {url: 'https://example.com/'}, result: r}\n- b: {return: '${r}'}",
      { stubs },
    );
    expect(outcome.state === "SUCCEEDED" && plain(outcome.result)).toBe("https://example.com/");
  });
});
