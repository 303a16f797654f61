import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertOnce, explore, type HandlerKit, testHandler } from "millrace/testing";
import audit from "./audit.handler";
import { corpus, type WebhookEvent } from "./corpus";
import pullRequests from "./pull-requests.handler";
import pushes from "./pushes.handler";

/** GitHub's own payloads, as the endpoint publishes them. */
const events = corpus(1);
const first = (type: string, poison?: WebhookEvent["poison"]) =>
  events.find(({ event, poison: how }) => event === type && how === poison)!;

const messageOf = <Payload>(kit: HandlerKit<Payload>, { body, event, delivery, orderingKey }: WebhookEvent) =>
  kit.event(body, { attributes: { event, delivery }, ...(orderingKey !== undefined && { orderingKey }) });

const push = first("push");
const pull = first("pull_request");

describe.each([
  { name: "pushes", handler: pushes, webhook: push, path: `repository-events/${push.delivery}` },
  { name: "pull-requests", handler: pullRequests, webhook: pull, path: `pull-request-events/${pull.delivery}` },
])("$name", ({ handler, webhook, path }) => {
  it("has one effect for a webhook that GitHub sends twice at once, and again a day later", async () => {
    const kit = testHandler(handler);
    const event = messageOf(kit, webhook);
    const [one, other] = await Promise.all([kit.deliver(event), kit.duplicate(event)]);
    await kit.advance("1d");
    const late = await kit.duplicate(event);
    expect([one, other, late].map(({ outcome }) => outcome.kind)).toEqual(["done", "replayed", "replayed"]);
    assertOnce(kit, path);
  });

  it.each(["C0", "C2", "C3", "C6"] as const)("has one effect when its process dies at %s", async (crashAt) => {
    const kit = testHandler(handler);
    const deliveries = await kit.settle(messageOf(kit, webhook), { crashAt });
    expect(deliveries.at(-1)!.acked).toBe(true);
    assertOnce(kit, path);
  });

  it("has one effect when it is frozen for longer than its lease", async () => {
    const kit = testHandler(handler);
    const event = messageOf(kit, webhook);
    const [zombie] = await Promise.all([kit.deliver(event, { pauseAt: "C3" }), kit.redeliver(event)]);
    expect(zombie.outcome.kind).toBe("leaseLost");
    assertOnce(kit, path);
  });

  it("has one effect, or none and is parked, under any schedule", async () => {
    const { outcomes } = await explore({
      runs: 40,
      setup(seed) {
        const kit = testHandler(handler, { seed });
        const check = () => expect(kit.writesTo(path).length + kit.parked.length).toBe(1);
        return { kit, events: [messageOf(kit, webhook)], check };
      },
    });
    expect(outcomes.crashed).toBeGreaterThan(0);
  });
});

describe("a webhook that names no repository", () => {
  it("is parked at once, as it was sent", async () => {
    const kit = testHandler(pullRequests);
    const webhook = first("pull_request", "fatal");
    const deliveries = await kit.settle(messageOf(kit, webhook));
    expect(deliveries).toMatchObject([{ outcome: { kind: "parked", cause: { class: "RepositoryMissing" } } }]);
    expect(kit.parked).toMatchObject([{ by: "handler", cause: "RepositoryMissing" }]);
    expect(kit.parked[0]!.data).toEqual(webhook.body);
    expect(kit.writes).toEqual([]);
  });
});

describe("a webhook that does not parse", () => {
  it("is left to the subscription, which dead-letters it after its last delivery", async () => {
    const kit = testHandler(pushes);
    const deliveries = await kit.settle(messageOf(kit, first("push", "unparsable")));
    expect(new Set(deliveries.map(({ outcome }) => outcome.kind))).toEqual(new Set(["rejected"]));
    expect(deliveries).toHaveLength(pushes.contract.manifest.attempts + 2);
    expect(kit.parked).toMatchObject([{ by: "transport" }]);
  });
});

describe("a message without a delivery id", () => {
  it("is parked: nobody could tell its duplicates from it", async () => {
    const kit = testHandler(pushes);
    await kit.deliver(kit.event(push.body, { attributes: { event: "push" } }));
    expect(kit.parked).toMatchObject([{ cause: "DeliveryMissing" }]);
  });
});

describe("the audit", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-audit-"));
  const file = join(folder, "audit.ndjson");
  const lines = () => readFileSync(file, "utf8").trimEnd().split("\n");
  const before = process.env["AUDIT_FILE"];
  beforeEach(() => {
    rmSync(file, { force: true });
    process.env["AUDIT_FILE"] = file;
  });
  afterAll(() => {
    if (before === undefined) delete process.env["AUDIT_FILE"];
    else process.env["AUDIT_FILE"] = before;
    rmSync(folder, { recursive: true });
  });

  it("writes one line for a webhook that is sent twice", async () => {
    const kit = testHandler(audit);
    const event = messageOf(kit, push);
    await Promise.all([kit.deliver(event), kit.duplicate(event)]);
    expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      { delivery: push.delivery, event: "push", action: null },
    ]);
  });

  it("writes a second line, with the same delivery id, when its process dies before the record", async () => {
    const kit = testHandler(audit);
    await kit.settle(messageOf(kit, push), { crashAt: "C4" });
    expect(lines()).toHaveLength(2);
    expect(new Set(lines()).size).toBe(1);
  });
});
