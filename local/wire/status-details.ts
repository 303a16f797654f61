import { type IMapField, Root } from "protobufjs/light";
import { ERROR_INFO, STATUS, type StatusError } from "./rest";

const METADATA: IMapField = { keyType: "string", type: "string", id: 3 };

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto and error_details.proto */
const root = Root.fromJSON({
  nested: {
    Any: { fields: { typeUrl: { type: "string", id: 1 }, value: { type: "bytes", id: 2 } } },
    ErrorInfo: {
      fields: {
        reason: { type: "string", id: 1 },
        domain: { type: "string", id: 2 },
        metadata: METADATA,
      },
    },
    Status: {
      fields: {
        code: { type: "int32", id: 1 },
        message: { type: "string", id: 2 },
        details: { rule: "repeated", type: "Any", id: 3 },
      },
    },
  },
});

/** The trailer `grpc-status-details-bin`: google.rpc.Status in base64. */
export function statusDetails({ status, message, info }: StatusError): string {
  const details = info && [
    {
      typeUrl: ERROR_INFO,
      value: root
        .lookupType("ErrorInfo")
        .encode({ ...info })
        .finish(),
    },
  ];
  const bytes = root
    .lookupType("Status")
    .encode({ code: STATUS[status].code, message, details: details ?? [] })
    .finish();
  return Buffer.from(bytes).toString("base64");
}
