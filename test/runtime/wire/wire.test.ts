import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { IssuesError, renderIssue } from "../../../contract/issue";
import { type FunctionRequest, toFunction } from "../../../runtime/functions";
import { readTask } from "../../../runtime/job/task";
import { goodClaims, strippedToken } from "../support/tokens";
import { REQUESTS, type RequestVector } from "../../vectors/requests";
import { ENVIRONMENTS } from "../../vectors/run-jobs/environment";
import { type Receiver, startReceiver } from "./receiver";

const bytesOf = ({ body }: RequestVector) => (typeof body === "string" ? Buffer.from(body) : body);
const statusOf = ({ status, events }: RequestVector) => status ?? (events.length > 0 ? 204 : 400);

/** What holds of a vector, whatever received it. */
function holds(vector: RequestVector, receiver: Receiver, answer: { readonly status: number; readonly text: string }) {
  expect({ status: answer.status, events: receiver.events }).toEqual({
    status: statusOf(vector),
    events: vector.events,
  });
  if (vector.text !== undefined) expect(answer.text).toBe(vector.text);
  else if (answer.status === 204) expect(answer.text).toBe("");
  const refused = receiver.lines.filter(({ outcome }) => outcome === "rejected");
  if (vector.reason === undefined) return;
  expect(refused).toEqual([expect.objectContaining({ severity: "ERROR", code: "MR3020" })]);
  expect(refused[0]!["reason"]).toContain(vector.reason);
}

describe.each(REQUESTS)("$title", (vector) => {
  it("is understood so, and answered so", async () => {
    const receiver = startReceiver();
    holds(vector, receiver, await receiver.post(vector.headers, bytesOf(vector)));
  });

  it("likewise by a function", async () => {
    const receiver = startReceiver();
    const host = Object.assign(new EventEmitter(), { exit: () => {} });
    const answer = await callFunction(toFunction(receiver.handler, receiver.options, host), vector);
    holds(vector, receiver, answer);
  });
});

/** Calls a function as the framework does: with the bytes of the body kept aside, and the rest as Express has it. */
async function callFunction(run: ReturnType<typeof toFunction>, vector: RequestVector) {
  let status = 0;
  let text = "";
  const request = {
    method: "POST",
    originalUrl: "/",
    headers: { authorization: strippedToken(goodClaims(Date.now())), ...vector.headers },
    rawBody: bytesOf(vector),
    socket: {},
  };
  const response = {
    setHeader: () => {},
    writeHead: (code: number) => void (status = code),
    end(body: string, sent: () => void) {
      text = body;
      sent();
    },
  };
  await run(request as unknown as FunctionRequest, response as unknown as ServerResponse);
  return { status, text };
}

describe.each(ENVIRONMENTS)("a job's process that is told of $title", ({ env, task }) => {
  it("knows which task it is, or says what it lacks", () => {
    if (!(task instanceof RegExp)) return expect(readTask("nightly", env)).toEqual(task);
    let said = "";
    try {
      readTask("nightly", env);
    } catch (error) {
      said = (error as IssuesError).issues.map(renderIssue).join("\n");
    }
    expect(said).toMatch(task);
  });
});
