import type { Method, Methods } from "../wire/grpc";
import type { RestHandler } from "../wire/rest";

/**
 * Answers only once what the answer promises is kept: a message that a publisher knows to be published must not be
 * forgotten because the engine died in the next instant.
 * @param written waits for the journal
 */
export const durableRest =
  (rest: RestHandler, written: () => Promise<void>): RestHandler =>
  async (request) => {
    const response = await rest(request);
    await written();
    return response;
  };

/** The same for gRPC. Acks on a stream have no answer; one that is lost makes a redelivery. */
export const durableGrpc = (methods: Methods, written: () => Promise<void>): Methods =>
  new Map(
    [...methods].map(([path, method]): [string, Method] => {
      if (method.kind !== "unary") return [path, method];
      const handle: typeof method.handle = async (request, call) => {
        const response = await method.handle(request, call);
        await written();
        return response;
      };
      return [path, { ...method, handle }];
    }),
  );
