import { createLog } from "../../runtime/log";

describe("the log", () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    (line) => {
      expect(line).toMatch(/^[^\n]*\n$/);
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
    { handler: "orders" },
  );
  beforeEach(() => lines.splice(0));

  it("writes one JSON object a line, with Cloud Logging's severities", () => {
    log.debug("a\nb");
    log.info("i", { n: 1 });
    log.with({ messageId: "m" }).warn("w");
    log.error("e");
    expect(lines).toEqual([
      { severity: "DEBUG", message: "a\nb", handler: "orders" },
      { severity: "INFO", message: "i", handler: "orders", n: 1 },
      { severity: "WARNING", message: "w", handler: "orders", messageId: "m" },
      { severity: "ERROR", message: "e", handler: "orders" },
    ]);
  });

  it("shows an error's class and message, and its stack where Error Reporting looks", () => {
    log.error("e", { error: new RangeError("no") });
    expect(lines[0]).toMatchObject({
      error: { class: "RangeError", message: "no" },
      stack_trace: expect.stringMatching(/^RangeError: no\n/),
    });
  });

  it("never fails because of what it is asked to say", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    log.info("c", { circle, big: 1n });
    expect(lines).toEqual([{ severity: "INFO", message: "c", fields: "not serializable" }]);
  });
});
